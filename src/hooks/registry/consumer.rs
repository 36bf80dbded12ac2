//! Adapts a hook of the plugin contract to an outbox consumer. Hooks run on separate threads, so
//! that one that blocks, spins or panics cannot delay requests. A hook is not called again while an
//! earlier call still runs, even after that call's time limit.

use super::event::event_for_hooks;
use crate::domain::Event;
use crate::hooks::delivery::{Consumer, Failure, Outcome, Pace};
use crate::hooks::threads::Threads;
use async_trait::async_trait;
use doorsign_hook::{Delivery, HookError, PostCreateHook};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

/// A hook as an outbox consumer.
pub struct HookConsumer {
    hook: Arc<dyn PostCreateHook>,
    /// The runtime of the hook. A call that never ends does not prevent shutdown.
    threads: Arc<Threads>,
    /// Held by a call until it has really ended.
    calling: Arc<Mutex<()>>,
}

impl HookConsumer {
    /// Runs `hook` on threads that it may share with others.
    pub(crate) fn on(threads: Arc<Threads>, hook: Arc<dyn PostCreateHook>) -> Self {
        Self {
            hook,
            threads,
            calling: Arc::default(),
        }
    }

    /// Runs `hook` on its own thread, because it may block.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn apart(hook: Arc<dyn PostCreateHook>) -> std::io::Result<Self> {
        let threads = Threads::in_background(hook.name(), 1)?;
        Ok(Self::on(Arc::new(threads), hook))
    }
}

#[async_trait]
impl Consumer for HookConsumer {
    fn name(&self) -> &str {
        self.hook.name()
    }

    fn pace(&self) -> Pace {
        let own = self.hook.pace().map(|pace| Pace {
            limit: pace.limit,
            waits: pace.waits,
        });
        own.unwrap_or_default()
    }

    async fn ready(&self) {
        drop(self.calling.lock().await);
    }

    async fn deliver(&self, event: &Event, attempt: u32) -> Outcome {
        let (Some(event), Some(threads)) = (event_for_hooks(event), self.threads.handle()) else {
            return Outcome::default();
        };
        let (hook, calling) = (self.hook.clone(), self.calling.clone().lock_owned().await);
        let call = threads.spawn(async move {
            let _calling = calling;
            let delivery = Delivery::new(event, attempt);
            let answer = hook.deliver(&delivery).await;
            (answer, delivery.notes())
        });
        match AbortOnDropHandle::new(call).await {
            Ok((answer, notes)) => Outcome {
                failure: answer.err().map(failure),
                notes,
            },
            Err(ended) if ended.is_panic() => Failure::Retry("it panicked".to_owned()).into(),
            Err(_) => Failure::Retry("it was stopped".to_owned()).into(),
        }
    }
}

fn failure(error: HookError) -> Failure {
    match error {
        HookError::Retry(reason) => Failure::Retry(reason),
        HookError::RetryAfter(reason, least) => Failure::RetryAfter(reason, least),
        HookError::Permanent(reason) => Failure::Permanent(reason),
        HookError::Gone(reason) => Failure::Gone(reason),
        // Variants that a later version of the contract may add.
        other => Failure::Retry(other.to_string()),
    }
}
