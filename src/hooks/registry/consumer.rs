//! A hook of the contract as a consumer of the outbox. It runs on threads that are not the requests': what blocks, spins or panics there
//! harms nobody who asks the server for something. A hook is not called again while an earlier call still runs, however long ago its
//! time was up. Knows nothing of what the hook does.

use super::event::told;
use crate::domain::Event;
use crate::hooks::delivery::{Consumer, Failure, Outcome, Pace};
use crate::hooks::threads::Threads;
use async_trait::async_trait;
use doorsign_hook::{Delivery, HookError, PostCreateHook};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

/// A hook as a consumer.
pub struct HookConsumer {
    hook: Arc<dyn PostCreateHook>,
    /// Where it runs: a call that never ends does not keep the server from stopping.
    threads: Arc<Threads>,
    /// Held by a call until it has really ended.
    calling: Arc<Mutex<()>>,
}

impl HookConsumer {
    /// `hook`, on threads that it may share with others.
    pub(crate) fn on(threads: Arc<Threads>, hook: Arc<dyn PostCreateHook>) -> Self {
        Self {
            hook,
            threads,
            calling: Arc::default(),
        }
    }

    /// `hook`, on a thread of its own, since nothing is known of its manners.
    ///
    /// # Errors
    /// When the machine refuses a thread.
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
        let (Some(event), Some(threads)) = (told(event), self.threads.handle()) else {
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
        // What a later contract may say.
        other => Failure::Retry(other.to_string()),
    }
}
