//! Deletes old events that all consumers have received, in small batches, so that writers do not
//! wait long. The store decides which events are still needed.

use crate::app::{Clock, set_by_hand};
use crate::domain::Timestamp;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Maximum rows deleted in one transaction.
pub const BATCH: usize = 128;
/// The pause after a batch, which leaves the writer to others.
const PAUSE: Duration = Duration::from_millis(50);
/// How often to look for old events.
const INTERVAL: Duration = Duration::from_secs(600);
/// The delay after the clock was set. Events that just happened may be old by then; the publisher
/// must read them first.
const SETTLED: Duration = Duration::from_secs(1);

/// The deletion loop.
pub struct Retention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    stop: CancellationToken,
}

impl Retention {
    /// Deletes events of `store` older than `days` by `clock` until `stop`. Returns `None` for 0
    /// days: all events are kept.
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
            let pause = if is_more { PAUSE } else { INTERVAL };
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = set_by_hand(&mut set), if !is_more => tokio::time::sleep(SETTLED).await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Deletes a batch and returns whether there may be more.
    async fn sweep(&self) -> bool {
        let before = self.clock.now().as_millis();
        let keep = i64::try_from(self.keep.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::from_millis(before.saturating_sub(keep));
        let swept = self.store.sweep_events(before, BATCH).await;
        swept.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot delete old events; will retry");
            false
        })
    }
}
