//! The runtime for live connections. It has its own threads, so that a broadcast to thousands of
//! listeners does not delay requests.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where live connections run, and the signal that ends them.
#[derive(Default)]
pub struct Realtime {
    /// The runtime's threads; `None`: live connections run on the requests' threads.
    pub runtime: Option<Handle>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
}

impl Realtime {
    /// Spawns `task`.
    pub(in crate::api) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        match &self.runtime {
            Some(runtime) => runtime.spawn(task),
            None => tokio::spawn(task),
        }
    }
}
