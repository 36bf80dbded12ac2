//! A running hook.

use super::discovery::DiscoveredHook;
use crate::hooks::delivery::Delivery;
use crate::hooks::threads::Threads;
use doorsign_hook::PostCreateHook;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A hook and the task that delivers to it.
pub(super) struct Running {
    hook: Arc<dyn PostCreateHook>,
    stop: CancellationToken,
    delivery: JoinHandle<()>,
}

impl Running {
    /// Starts delivering to `hook` until `stop`. The loop runs in the background as well, because
    /// it serves no request.
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

    /// Returns whether `hooks` contains this very hook under `name`. A hook whose task has ended
    /// must be restarted.
    pub(super) fn is_among(&self, name: &str, hooks: &[DiscoveredHook]) -> bool {
        let is_it = |hook: &Arc<dyn PostCreateHook>| Arc::ptr_eq(hook, &self.hook);
        let found = hooks.iter().find(|hook| hook.name == name);
        let is_listed = found.is_some_and(|found| found.hook.as_ref().is_ok_and(is_it));
        is_listed && !self.delivery.is_finished()
    }

    /// Stops the hook and waits until its task has ended.
    pub(super) async fn end(self) {
        self.stop.cancel();
        let _ = self.delivery.await;
    }
}
