//! The contract between doorsign and its post-create hooks: the trait, the events and the error.
//!
//! A hook receives every custom user status that doorsign creates. With optional methods, it also
//! receives every update and deletion of one, and every change of a user's own status. To write a
//! hook, implement [`PostCreateHook`]; the server does the rest.
//!
//! ```
//! use std::sync::Mutex;
//!
//! use doorsign_hook::{HookError, PostCreateHook, StatusCreated, async_trait, conformance};
//!
//! /// Keeps the names of the statuses created, each once.
//! #[derive(Default)]
//! struct Names(Mutex<Vec<(u64, String, String)>>);
//!
//! #[async_trait]
//! impl PostCreateHook for Names {
//!     fn name(&self) -> &'static str {
//!         "names"
//!     }
//!
//!     async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
//!         let mut names = self.0.lock().map_err(|_| HookError::Retry("the list is poisoned".into()))?;
//!         let seen = |(event, status, _): &(u64, String, String)| {
//!             *event == created.event_id && *status == created.status.id
//!         };
//!         if !names.iter().any(seen) {
//!             names.push((created.event_id, created.status.id.clone(), created.status.name.clone()));
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // In your own tests, on any runtime:
//! conformance::check(&Names::default()).await.unwrap();
//! # }
//! ```
//!
//! # Adding it to a server
//!
//! Your own doorsign is a binary crate whose `main` passes its hooks to the server, as in
//! `doorsign::cli::run(vec![Arc::new(Names::default())])`. See `examples/own_server.rs` in
//! doorsign's repository for a complete one. Hooks of this trait are compiled in. Hooks that are
//! added at run time (webhooks, programs, WebAssembly modules) receive events through hooks of the
//! same trait, in `plugins/`.
//!
//! # What the server guarantees
//!
//! The same for every method:
//!
//! - **After commit.** The event is written in the same transaction as its change, and delivered
//!   only once that is on disk. A change that was rejected or rolled back is never delivered.
//! - **At least once.** The position of each hook survives a crash of the server. Events delivered
//!   since it was last saved are delivered again: see [Duplicates](#duplicates).
//! - **In order, one at a time.** A hook receives its events by increasing `event_id`, whichever
//!   method each goes to. The next delivery starts only when the previous one has been answered or
//!   has timed out. A later event never overtakes one that is being retried; only parking leaves a
//!   gap.
//! - **Isolated.** The client already has its response, and other hooks continue. A slow, stuck or
//!   panicking hook delays only itself.
//! - **Time-limited.** After 10 seconds the future is dropped at its current await, and the attempt
//!   counts as [`HookError::Retry`]. A stopping server drops it too, and the event is delivered
//!   again after the next start.
//! - **Retried, then parked.** After [`HookError::Retry`] the same event is delivered again, after
//!   a pause that grows with each attempt up to a maximum, with some jitter. After 16 attempts it
//!   is parked: set aside for the operator with the number of attempts and the last reason. The
//!   hook then continues with the next event. Attempts and pauses survive a restart. A hook may
//!   have its own [pace](PostCreateHook::pace).
//! - **Parked at once** with its reason after [`HookError::Permanent`]; the operator may redeliver
//!   it.
//! - **Disabled** after [`HookError::Gone`]: nothing is delivered until the operator enables the
//!   hook, and then this event first.
//! - **A panic counts as [`HookError::Retry`]** and affects neither the server nor other hooks.
//!
//! # What the server requires
//!
//! - **Never block the thread.** The time limit cannot interrupt code that does not await. Each
//!   hook has one thread, and while it is blocked nothing else is delivered to the hook. Move file
//!   access and other blocking work to a blocking thread (`tokio::task::spawn_blocking`; the server
//!   runs on tokio). Such work continues after its future was dropped, so it can still be running
//!   when the same event is delivered again.
//! - **Finish before you return `Ok`.** `Ok` means that the event need not be delivered again. Work
//!   left to a background task is lost when the server crashes.
//! - **Choose the error with care.** A failure that may pass (a full disk, an unreachable peer) is
//!   a `Retry`. One that will never pass (the peer answers that it will never accept this event) is
//!   a `Permanent`.
//!
//! # Duplicates
//!
//! Deduplicate by the pair of [`StatusCreated::event_id`] and [`Status::id`]: if the pair has been
//! processed, return `Ok` and do nothing. The number alone is not enough, because a database
//! restored from a backup assigns the numbers after the backup again, to other statuses. Remember
//! more than the last pair: after a crash, many events may be delivered again. A receiver that can
//! deduplicate by itself needs only the pair, for example as an idempotency key.
//!
//! A status is created once but updated often, and so is a user's own status. There, a reused
//! number may belong to another change of the same one. Add `at_ms` to the key of these events, and
//! the method if several share the key.

#![warn(missing_docs)]

pub mod conformance;
mod delivery;
mod error;
mod event;
pub mod json;
mod retry_schedule;
mod source;

pub use async_trait::async_trait;

pub use delivery::{Delivery, NOTES_MAX_BYTES, Pace};
pub use error::HookError;
pub use event::{
    Actor, Event, Status, StatusCreated, StatusDeleted, StatusUpdated, UserStatusChanged,
};
pub use json::VERSION;
pub use retry_schedule::RETRY_WAITS;
pub use source::{Found, HookSource};

/// A hook that is called for every created status, and optionally for later changes.
///
/// The terms of [`post_create`](Self::post_create) apply to every method: one order, one call at a
/// time, the same time limit and the same errors. The default methods ignore their events.
#[async_trait]
pub trait PostCreateHook: Send + Sync {
    /// The hook's name in logs, and the key of its stored position: a renamed hook is a new hook.
    ///
    /// Must not be empty, consists of `a`–`z`, `0`–`9` and `-`, never changes, and is unique within
    /// a server.
    fn name(&self) -> &str;

    /// Processes one created status. Return `Ok` only when everything that must survive a crash is
    /// durable.
    ///
    /// - Ordering: by increasing [`StatusCreated::event_id`], one at a time; an event may be
    ///   delivered more than once.
    /// - Atomicity: the future may be dropped at any await (after 10 seconds, or when the server
    ///   stops). Leave nothing behind that breaks the next attempt.
    ///
    /// # Errors
    ///
    /// [`HookError::Retry`] repeats the same event, up to 16 attempts in all;
    /// [`HookError::Permanent`] parks it at once. A panic counts as `Retry`.
    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError>;

    /// Processes one updated status, under the terms of [`post_create`](Self::post_create).
    ///
    /// A new hook receives updates and deletions of statuses whose creation it never received.
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn post_update(&self, updated: &StatusUpdated) -> Result<(), HookError> {
        let _ = updated;
        Ok(())
    }

    /// Processes one deleted status, under the terms of [`post_create`](Self::post_create).
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn post_delete(&self, deleted: &StatusDeleted) -> Result<(), HookError> {
        let _ = deleted;
        Ok(())
    }

    /// Processes one change of a user's own status, under the terms of
    /// [`post_create`](Self::post_create).
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn status_changed(&self, changed: &UserStatusChanged) -> Result<(), HookError> {
        let _ = changed;
        Ok(())
    }

    /// Processes any event; the server calls only this method. By default, it calls the method for
    /// the kind of event.
    ///
    /// Implement it to forward events unchanged, as [JSON](Event::json). You then also receive
    /// kinds that are added later, and can store [notes](Delivery::note) with the delivery.
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn deliver(&self, delivery: &Delivery) -> Result<(), HookError> {
        match &delivery.event {
            Event::Created(created) => self.post_create(created).await,
            Event::Updated(updated) => self.post_update(updated).await,
            Event::Deleted(deleted) => self.post_delete(deleted).await,
            Event::StatusChanged(changed) => self.status_changed(changed).await,
        }
    }

    /// The time limit and retry waits of this hook; `None` for the defaults, 10 seconds and 16
    /// attempts.
    fn pace(&self) -> Option<Pace> {
        None
    }
}
