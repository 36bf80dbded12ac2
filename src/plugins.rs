//! The one list of compiled-in hooks, and how a hook of the contract crate becomes a consumer of the outbox. Hooks are told of
//! custom statuses and of people's own; every other event is passed over here.
//!
//! Each hook runs on a thread of its own: one that blocks, spins or panics harms itself alone. A hook is not called again while an
//! earlier call still runs, however long ago its time was up. Knows neither the store nor the API.

use crate::config::Config;
use crate::domain::{Change, CustomStatus, Event, Timestamp, UserId, Username};
use crate::outbox::{Consumer, Failure};
use crate::threads::Threads;
use async_trait::async_trait;
use doorsign_audit_log::AuditLog;
use doorsign_hook::{
    Actor, HookError, PostCreateHook, Status, StatusCreated, StatusDeleted, StatusUpdated,
    UserStatusChanged,
};
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
        Ok(Self {
            thread: Threads::start(hook.name(), 1)?,
            hook,
            calling: Arc::default(),
        })
    }
}

#[async_trait]
impl Consumer for HookConsumer {
    fn name(&self) -> &str {
        self.hook.name()
    }

    async fn ready(&self) {
        drop(self.calling.lock().await);
    }

    async fn deliver(&self, event: &Event) -> Result<(), Failure> {
        let (Some(told), Some(thread)) = (Told::of(event), self.thread.handle()) else {
            return Ok(());
        };
        let (hook, calling) = (self.hook.clone(), self.calling.clone().lock_owned().await);
        let call = thread.spawn(async move {
            let _calling = calling;
            told.tell(&*hook).await
        });
        match AbortOnDropHandle::new(call).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(HookError::Permanent(reason))) => Err(Failure::Permanent(reason)),
            Ok(Err(refused)) => Err(Failure::Retry(refused.to_string())),
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

/// An event in the contract's form.
enum Told {
    Created(StatusCreated),
    Updated(StatusUpdated),
    Deleted(StatusDeleted),
    StatusChanged(UserStatusChanged),
}

impl Told {
    /// `None` for events that hooks are not told of.
    fn of(Event { id, event }: &Event) -> Option<Self> {
        let (id, at) = (id.as_u64(), event.at.as_millis());
        let actor = user(&event.actor, &event.actor_name);
        Some(match &event.change {
            Change::StatusCreated(it) => {
                Self::Created(StatusCreated::new(id, at, actor, status(it)))
            }
            Change::StatusUpdated(it) => {
                Self::Updated(StatusUpdated::new(id, at, actor, status(it)))
            }
            Change::StatusDeleted(it) => {
                Self::Deleted(StatusDeleted::new(id, at, actor, status(it)))
            }
            Change::PresenceChanged(change) => {
                let whose = user(&change.user, &change.username);
                let (word, text) = (change.status.as_str(), change.text.as_str());
                let changed = UserStatusChanged::new(id, at, actor, whose, word, text);
                let end = change.expires_at.map(Timestamp::as_millis);
                Self::StatusChanged(match change.source {
                    Some(source) => changed.held_by(source.as_str(), end),
                    None => changed,
                })
            }
            _ => return None,
        })
    }

    async fn tell(&self, hook: &dyn PostCreateHook) -> Result<(), HookError> {
        match self {
            Self::Created(created) => hook.post_create(created).await,
            Self::Updated(updated) => hook.post_update(updated).await,
            Self::Deleted(deleted) => hook.post_delete(deleted).await,
            Self::StatusChanged(changed) => hook.status_changed(changed).await,
        }
    }
}

fn user(id: &UserId, username: &Username) -> Actor {
    Actor::new(id.as_str(), username.as_str())
}

fn status(status: &CustomStatus) -> Status {
    Status::new(
        status.id.as_str(),
        status.name.as_str(),
        status.status_type.as_str(),
        status.updated_at.as_millis(),
    )
}
