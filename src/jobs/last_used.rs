//! Notes when logins were last used. A request only leaves a mark in the session cache; here the marks become rows, a batch at a
//! time. What a crash loses is a few minutes of them.

use crate::app::{App, set_by_hand};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the marks are collected.
const INTERVAL: Duration = Duration::from_secs(60);
/// How much later a use must be than the one on record to be written: one write for a login in this time.
const GRANULARITY: Duration = Duration::from_secs(300);

/// The job, until it is stopped.
pub struct LastUsed {
    app: Arc<App>,
    stop: CancellationToken,
}

impl LastUsed {
    /// For the logins of `app`, until `stop`.
    #[must_use]
    pub fn new(app: Arc<App>, stop: CancellationToken) -> Self {
        Self { app, stop }
    }

    /// Runs until it is stopped, and writes what is left then.
    pub async fn run(self) {
        let mut clock = self.app.clock.set_by_hand();
        loop {
            let is_stopping = tokio::select! {
                () = tokio::time::sleep(INTERVAL) => false,
                () = set_by_hand(&mut clock) => false,
                () = self.stop.cancelled() => true,
            };
            self.note().await;
            if is_stopping {
                return;
            }
        }
    }

    /// A full database has no room for this, and nothing depends on it.
    async fn note(&self) {
        let used = self.app.auth.sessions.take_used();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.app.store.note_used(used, GRANULARITY).await {
            tracing::debug!(%error, "the last use of some logins is not on record");
        }
    }
}
