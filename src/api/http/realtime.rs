//! What runs live connections: threads of their own, so that telling thousands of listeners something makes nobody wait who asks. Knows no
//! connection.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where live connections run, and what ends them.
#[derive(Default)]
pub struct Realtime {
    /// The threads; `None`: those of the requests.
    pub runtime: Option<Handle>,
    /// Comes when the server stops.
    pub stop: CancellationToken,
}

impl Realtime {
    /// Runs `task` to its end.
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
