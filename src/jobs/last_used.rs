//! Records when logins were last used. A request only updates the session cache; this job writes
//! those times to the database in batches. A crash loses a few minutes of them.

use crate::app::{App, set_by_hand};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the times are collected.
const INTERVAL: Duration = Duration::from_secs(60);
/// A use is written only if it is this much later than the stored one: at most one write per login
/// in this time.
const GRANULARITY: Duration = Duration::from_secs(300);

/// The job that records last uses.
pub struct LastUsed {
    app: Arc<App>,
    stop: CancellationToken,
}

impl LastUsed {
    /// Records the logins of `app` until `stop`.
    #[must_use]
    pub fn new(app: Arc<App>, stop: CancellationToken) -> Self {
        Self { app, stop }
    }

    /// Runs until it is stopped, then writes the remaining times.
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

    /// A failure is only logged at debug level: a full database has no space for this, and nothing
    /// depends on it.
    async fn note(&self) {
        let used = self.app.auth.sessions.take_used();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.app.store.note_used(used, GRANULARITY).await {
            tracing::debug!(%error, "cannot record when some logins were last used");
        }
    }
}
