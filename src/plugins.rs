//! The one list of compiled-in hooks, and how a hook of the contract crate becomes a consumer of the outbox.
//!
//! Each hook runs on a thread of its own: one that blocks, spins or panics harms itself alone. A hook is not called again while an
//! earlier call still runs, however long ago its time was up. Knows neither the store nor the API.

use crate::config::Config;
use crate::domain::{Change, Event};
use crate::outbox::{Consumer, Failure};
use crate::threads::Threads;
use async_trait::async_trait;
use doorsign_audit_log::AuditLog;
use doorsign_hook::{Actor, HookError, PostCreateHook, Status, StatusCreated};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

/// The hooks that the settings ask for. A new plugin is a folder, a dependency and a line here.
///
/// # Errors
/// What a hook cannot be opened for, in one line.
pub fn configured(config: &Config) -> std::io::Result<Vec<Arc<dyn PostCreateHook>>> {
    let mut hooks: Vec<Arc<dyn PostCreateHook>> = Vec::new();
    if let Some(path) = &config.audit_log {
        hooks.push(Arc::new(AuditLog::open(path, config.audit_log_max_bytes)?));
    }
    Ok(hooks)
}

/// A hook as a consumer.
pub struct HookConsumer {
    hook: Arc<dyn PostCreateHook>,
    name: &'static str,
    /// The hook's thread: a call that never ends does not keep the server from stopping.
    thread: Threads,
    /// Held by a call until it has really ended.
    calling: Arc<Mutex<()>>,
}

impl HookConsumer {
    /// Starts the hook's thread.
    ///
    /// # Errors
    /// When the machine refuses a thread.
    pub fn start(hook: Arc<dyn PostCreateHook>) -> std::io::Result<Self> {
        let name = hook.name();
        Ok(Self {
            hook,
            name,
            thread: Threads::start(name, 1)?,
            calling: Arc::default(),
        })
    }
}

#[async_trait]
impl Consumer for HookConsumer {
    fn name(&self) -> &str {
        self.name
    }

    async fn ready(&self) {
        drop(self.calling.lock().await);
    }

    async fn deliver(&self, event: &Event) -> Result<(), Failure> {
        let (Some(created), Some(thread)) = (status_created(event), self.thread.handle()) else {
            return Ok(());
        };
        let (hook, calling) = (self.hook.clone(), self.calling.clone().lock_owned().await);
        let call = thread.spawn(async move {
            let _calling = calling;
            hook.post_create(&created).await
        });
        match AbortOnDropHandle::new(call).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(HookError::Retry(reason))) => Err(Failure::Retry(reason)),
            Ok(Err(HookError::Permanent(reason))) => Err(Failure::Permanent(reason)),
            Err(ended) => Err(Failure::Retry(
                if ended.is_panic() {
                    "it panicked"
                } else {
                    "it was stopped"
                }
                .to_owned(),
            )),
        }
    }
}

/// The contract's form of an event; `None` for events that are no creation.
fn status_created(event: &Event) -> Option<StatusCreated> {
    let Change::StatusCreated(status) = &event.event.change else {
        return None;
    };
    let actor = Actor::new(event.event.actor.as_str(), event.event.actor_name.as_str());
    let updated_at_ms = status.updated_at.as_millis();
    let status = Status::new(
        status.id.as_str(),
        status.name.as_str(),
        status.status_type.as_str(),
        updated_at_ms,
    );
    Some(StatusCreated::new(
        event.id.as_u64(),
        event.event.at.as_millis(),
        actor,
        status,
    ))
}
