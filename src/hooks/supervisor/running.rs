//! A hook that runs. Knows nothing of where it was found.

use super::discovery::DiscoveredHook;
use crate::hooks::delivery::Delivery;
use crate::hooks::threads::Threads;
use doorsign_hook::PostCreateHook;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A hook whose delivery runs.
pub(super) struct Running {
    hook: Arc<dyn PostCreateHook>,
    stop: CancellationToken,
    delivery: JoinHandle<()>,
}

impl Running {
    /// Delivers to `hook` until `stop`. The loop runs in the background, too: it is no request's.
    pub(super) fn start(
        hook: Arc<dyn PostCreateHook>,
        delivery: Delivery,
        stop: CancellationToken,
        threads: &Threads,
    ) -> Self {
        let delivery = match threads.handle() {
            Some(threads) => threads.spawn(delivery.run()),
            None => tokio::spawn(delivery.run()),
        };
        Self {
            hook,
            stop,
            delivery,
        }
    }

    /// Whether `seen` has the very hook that runs, under this `name`. One that has ended by itself is to be started anew.
    pub(super) fn is_among(&self, name: &str, seen: &[DiscoveredHook]) -> bool {
        let is_it = |hook: &Arc<dyn PostCreateHook>| Arc::ptr_eq(hook, &self.hook);
        let found = seen.iter().find(|seen| seen.name == name);
        let is_seen = found.is_some_and(|seen| seen.hook.as_ref().is_ok_and(is_it));
        is_seen && !self.delivery.is_finished()
    }

    /// Stops it, and comes back when it has ended.
    pub(super) async fn end(self) {
        self.stop.cancel();
        let _ = self.delivery.await;
    }
}
