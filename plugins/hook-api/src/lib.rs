//! The contract between doorsign and its post-create hooks: the trait, the events and the error, and nothing else.
//! It does not know how a server stores events, schedules deliveries or reads its settings.
//!
//! A hook is told of every custom user status that doorsign has created and, where it implements the methods for
//! it, of every update and deletion of one and of every change of a person's own status. Write one by implementing
//! [`PostCreateHook`]; the server does the rest.
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
//! A doorsign of your own is a binary crate whose `main` hands its hooks to the server, as in
//! `doorsign::cli::run(vec![Arc::new(Names::default())])`; `examples/own_server.rs` in doorsign's repository is
//! a whole one. Hooks of this trait are compiled in. What comes and goes while a server runs (webhooks, programs,
//! WebAssembly modules) is told of events by hooks of the same trait, in `plugins/`.
//!
//! # What the server promises
//!
//! The same for every method:
//!
//! - **After commit.** The event is written in the same transaction as its change, and delivered only once that
//!   is on disk. A change that was refused or rolled back is never delivered.
//! - **At least once.** The position of each hook survives a crash of the server, but what was delivered since it
//!   was last saved comes again: see [Duplicates](#duplicates).
//! - **In order, one at a time.** One hook gets its events by rising `event_id`, whichever method each goes to, and
//!   the next delivery starts only when the one before has been answered or given up. A later event never overtakes
//!   one that is being retried; parking is the one way to leave a gap.
//! - **Apart from everything else.** The client has its answer already, and other hooks go on. A slow, stuck or
//!   panicking hook delays only itself.
//! - **Time-limited.** After 10 seconds the future is dropped at its current await, and the attempt counts as
//!   [`HookError::Retry`]. A stopping server drops it too, and the event comes again after the next start.
//! - **Retried, then parked.** On [`HookError::Retry`] the same event comes again after a pause that grows with
//!   each attempt up to a cap, with some jitter. After 16 attempts it is parked: set aside with the number of
//!   attempts and the last reason, for the operator to see, and the hook goes on with the next event. Attempts and
//!   pauses outlive a restart. A hook may have a [pace](PostCreateHook::pace) of its own.
//! - **Parked at once** with its reason on [`HookError::Permanent`]; the operator may send it again.
//! - **Switched off** on [`HookError::Gone`]: nothing is delivered until the operator says so, and then this event
//!   first.
//! - **A panic counts as [`HookError::Retry`]**; it reaches neither the server nor other hooks.
//!
//! # What the server asks
//!
//! - **Never block the thread.** The time limit cannot interrupt code that does not await; each hook has one thread,
//!   and until it is back nothing else is delivered to the hook. Put files and other blocking work on a blocking thread (`tokio::task::spawn_blocking`; the
//!   server runs on tokio). Such work goes on after its future was dropped, so it can still be running when the
//!   same event comes again.
//! - **Be done before `Ok`.** `Ok` means that the event need never come again. Work left to a task in the
//!   background is lost when the server dies.
//! - **Choose the error with care.** What may pass by itself (a full disk, a peer that is down) is a `Retry`; what
//!   will fail for ever (the peer answers "I will never take this") is a `Permanent`.
//!
//! # Duplicates
//!
//! Be idempotent by the pair of [`StatusCreated::event_id`] and [`Status::id`]: if the pair has been dealt with,
//! answer `Ok` and do nothing. The number alone will not do, since a database restored from a backup gives the
//! numbers after the backup a second time, to other statuses. Remember more than the last pair: after a crash a
//! whole run of events may come again. A receiver that can do the remembering itself needs only the pair, for
//! instance as an idempotency key.
//!
//! A status is created once, but updated often, and so is a person's own: there, a number given a second time may
//! tell of another change to the same one. Take `at_ms` into the key of these, and the method if they share it.

#![warn(missing_docs)]

pub mod conformance;
mod delivery;
mod error;
mod event;
mod json;
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

/// Something that wants to know of every status created, and perhaps of what becomes of it.
///
/// What is said of [`post_create`](Self::post_create) goes for every method: one order, one call at a time, the same
/// limit and the same errors. Those that a hook leaves out take their events and do nothing.
#[async_trait]
pub trait PostCreateHook: Send + Sync {
    /// The hook's name in logs, and the key under which its position is kept: a renamed hook is a new hook.
    ///
    /// Not empty, only `a`–`z`, `0`–`9` and `-`, always the same, and no two hooks of one server alike.
    fn name(&self) -> &str;

    /// Deals with one created status; `Ok` only when whatever must outlive a crash is safe.
    ///
    /// - Ordering: by rising [`StatusCreated::event_id`], one at a time; an event may come more than once.
    /// - Atomicity: the future may be dropped at any await (10 seconds, or the server stops). Leave nothing behind
    ///   that hinders the next attempt.
    ///
    /// # Errors
    ///
    /// [`HookError::Retry`] brings the same event again, up to 16 attempts in all; [`HookError::Permanent`] parks it
    /// at once. A panic counts as `Retry`.
    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError>;

    /// Deals with one updated status, on the terms of [`post_create`](Self::post_create).
    ///
    /// A hook that is new gets updates of statuses whose creation it was never told of; so with deletions.
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn post_update(&self, updated: &StatusUpdated) -> Result<(), HookError> {
        let _ = updated;
        Ok(())
    }

    /// Deals with one deleted status, on the terms of [`post_create`](Self::post_create).
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn post_delete(&self, deleted: &StatusDeleted) -> Result<(), HookError> {
        let _ = deleted;
        Ok(())
    }

    /// Deals with one change of a person's own status, on the terms of [`post_create`](Self::post_create).
    ///
    /// # Errors
    ///
    /// As [`post_create`](Self::post_create).
    async fn status_changed(&self, changed: &UserStatusChanged) -> Result<(), HookError> {
        let _ = changed;
        Ok(())
    }

    /// Deals with any event; the server calls nothing else. Left out, it calls the method for the kind of event.
    ///
    /// To implement it is for hooks that hand events on as they are, in [JSON](Event::json): they get kinds that are
    /// added later, too, and can keep [notes](Delivery::note) with the delivery.
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

    /// How patient the server is to be with this hook; `None`: as with every other, 10 seconds and 16 attempts.
    fn pace(&self) -> Option<Pace> {
        None
    }
}
