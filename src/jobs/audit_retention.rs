//! Deletes old audit records in small batches, so that writers do not wait long. The number of
//! records per class is limited even without an age limit.

use crate::app::{Clock, set_by_hand};
use crate::domain::Timestamp;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Maximum records of one class deleted in one transaction.
const BATCH: usize = 128;
/// The pause between two batches.
const PAUSE: Duration = Duration::from_millis(50);
/// How often to look for old records.
const INTERVAL: Duration = Duration::from_secs(600);

/// The deletion loop.
pub struct AuditRetention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// `None`: records are kept up to the record limit.
    keep: Option<Duration>,
}

impl AuditRetention {
    /// Deletes records of `store` older than `days` by `clock`. With 0 days there is no age limit.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, days: u32) -> Self {
        let keep = Duration::from_secs(24 * 60 * 60) * days;
        Self {
            store,
            clock,
            keep: (days > 0).then_some(keep),
        }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut set = self.clock.set_by_hand();
        while !stop.is_cancelled() {
            let is_more = self.sweep().await;
            let pause = if is_more { PAUSE } else { INTERVAL };
            tokio::select! {
                () = stop.cancelled() => {}
                () = set_by_hand(&mut set), if !is_more => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Deletes a batch and returns whether there may be more.
    async fn sweep(&self) -> bool {
        let swept = self.store.sweep_audit(self.oldest(), BATCH).await;
        swept.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot delete old audit records; will retry");
            false
        })
    }

    /// The time of the oldest record to keep.
    fn oldest(&self) -> Timestamp {
        let Some(keep) = self.keep else {
            return Timestamp::from_millis(i64::MIN);
        };
        let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.clock.now().as_millis().saturating_sub(keep))
    }
}
