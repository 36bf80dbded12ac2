//! Returns memory to the system after many connections have closed. The allocator would keep it,
//! because some small allocation above it is always in use.

use crate::transport::Slots;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Delay after a burst of connections closes, so that memory is returned once. Also limits the
/// frequency, because other threads may wait for memory meanwhile.
const INTERVAL: Duration = Duration::from_secs(2);

/// The job that returns memory.
pub struct ReturnMemory {
    slots: Arc<Slots>,
    stop: CancellationToken,
}

impl ReturnMemory {
    /// Watches the connections of `slots` until `stop`.
    #[must_use]
    pub fn new(slots: Arc<Slots>, stop: CancellationToken) -> Self {
        Self { slots, stop }
    }

    /// Runs until it is stopped.
    pub async fn run(self) {
        while self.stop.run_until_cancelled(self.next()).await.is_some() {
            // Takes milliseconds of CPU time, too long for a thread that serves requests.
            let _ = tokio::task::spawn_blocking(doorsign_malloc_trim::trim).await;
        }
    }

    async fn next(&self) {
        self.slots.crowd_left().await;
        tokio::time::sleep(INTERVAL).await;
    }
}
