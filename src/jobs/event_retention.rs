//! Deleting what happened long ago and everybody was told of: a little at a time, so that nobody who writes waits long for it. What is
//! kept for whom is the store's to say. Knows nothing of who reads events.

use crate::app::{Clock, set_by_hand};
use crate::domain::Timestamp;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rows deleted in one transaction at most.
pub const BATCH: usize = 128;
/// How long the writer is everybody else's after a batch.
const REST: Duration = Duration::from_millis(50);
/// How often there is something to look for.
const LOOK: Duration = Duration::from_secs(600);
/// How long after the clock was set: what has just happened may be old by then, and whoever tells live connections of it is to read it first.
const SETTLED: Duration = Duration::from_secs(1);

/// The loop that deletes.
pub struct Retention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    stop: CancellationToken,
}

impl Retention {
    /// Deletes events of `store` that are older than `days` by `clock`, until `stop`. `None`: all are kept.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        days: u32,
        stop: CancellationToken,
    ) -> Option<Self> {
        let keep = Duration::from_secs(24 * 60 * 60) * days;
        (days > 0).then_some(Self {
            store,
            clock,
            keep,
            stop,
        })
    }

    /// Runs until it is stopped.
    pub async fn run(self) {
        let mut set = self.clock.set_by_hand();
        while !self.stop.is_cancelled() {
            let is_more = self.sweep().await;
            let rest = if is_more { REST } else { LOOK };
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = set_by_hand(&mut set), if !is_more => tokio::time::sleep(SETTLED).await,
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Deletes a few, and says whether there may be more.
    async fn sweep(&self) -> bool {
        let before = self.clock.now().as_millis();
        let keep = i64::try_from(self.keep.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::from_millis(before.saturating_sub(keep));
        let swept = self.store.sweep_events(before, BATCH).await;
        swept.unwrap_or_else(|error| {
            tracing::warn!(%error, "old events could not be deleted yet");
            false
        })
    }
}
