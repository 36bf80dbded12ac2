//! Follows the audit trail and logs each new record, including those written by commands while the
//! server runs. A line is logged after the commit. A crash may lose the line but not the record.

use crate::app::audit_line;
use crate::domain::Result;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Records read at once.
const BATCH: usize = 256;
/// How long to wait before reading again after a failure.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The follower. It starts after the records that exist when it is created.
pub struct Follower {
    store: Arc<dyn Store>,
    last: u64,
}

impl Follower {
    /// Starts after the newest record.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn new(store: Arc<dyn Store>) -> Result<Self> {
        let last = store.newest_audit().await?;
        Ok(Self { store, last })
    }

    /// Logs records until `stop`, then the remaining ones.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut audited = self.store.audited();
        loop {
            audited.mark_unchanged();
            let read = self.catch_up().await;
            if let Err(error) = &read {
                tracing::warn!(%error, "cannot read the audit trail; will retry");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = audited.changed(), if read.is_ok() => {}
                () = tokio::time::sleep(RETRY_INTERVAL), if read.is_err() => {}
            }
        }
        let _ = self.catch_up().await;
    }

    async fn catch_up(&mut self) -> Result<()> {
        loop {
            let records = self.store.audit_after(self.last, BATCH).await?;
            let Some(last) = records.last() else {
                return Ok(());
            };
            self.last = last.id;
            records.iter().for_each(audit_line::write);
        }
    }
}
