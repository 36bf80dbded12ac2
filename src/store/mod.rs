//! The seam between the rules and a database: one trait a noun, whose methods are the use cases' units of work,
//! and [`Store`], which is all of them.
//!
//! The contract of every implementation, which `tests/it/store_contract` checks:
//! - A method that writes is one transaction: all of it is durable when the method returns, or none of it happened.
//! - Dropping the future of a write does not undo the write.
//! - Ids and times come in as arguments; the store invents none, except the event's position and a consumer's fencing numbers.
//! - Events are appended in the order of commit, together with the change they tell of.
//!   [`Outbox::events_after`] never returns an event while an earlier one may still appear, nor one that
//!   [`Store::committed`] has not announced: whoever sees an event finds every [`Store::version`] raised for it.
//! - A method that changes what matters to security adds its record to the audit trail in the same transaction.
//! - A unique name is decided inside the transaction by a unique index. A method may look first to say which of two names is taken;
//!   the index still decides.
//! - A full or busy database answers [`Error::Unavailable`](crate::domain::Error) and recovers by itself. One that is full by its own limit
//!   still ends and removes: logins, users, roles that are held, grants, claims, custom statuses, webhooks, old events; and moves
//!   cursors, and does what is said of hooks.
//!
//! This file knows no SQL and no database: a second one is a folder beside `sqlite` and one line in `server.rs`.

mod audit;
mod custom_status;
mod hooks;
mod logins;
mod outbox;
mod permissions;
mod presence;
mod seed;
mod settings;
pub mod sqlite;
mod users;
mod webhooks;

pub use audit::Audit;
pub use custom_status::{CustomStatuses, EventBuilder};
pub use hooks::Hooks;
pub use logins::{Logins, NewLogin};
pub use outbox::{ConsumerState, Cursor, FailedDelivery, Outbox, StoredEvent, position};
pub use permissions::Permissions;
pub use presence::{PresenceChange, PresenceRule, PresenceSnapshot, Presences, Whom};
pub use seed::Seeded;
pub use settings::Settings;
pub use users::{RoleChange, UserPatch, Users};
pub use webhooks::Webhooks;

use crate::domain::{EventId, Result};
use async_trait::async_trait;
use tokio::sync::watch;

/// Everything the use cases ask of a database. See the module for what every method promises.
#[async_trait]
pub trait Store:
    CustomStatuses
    + Users
    + Presences
    + Permissions
    + Logins
    + Settings
    + Outbox
    + Hooks
    + Webhooks
    + Audit
{
    /// The position of the newest durable event. Raised after the commit and before the writer is answered.
    fn committed(&self) -> watch::Receiver<EventId>;

    /// A number that rises with every change of `part`. Raised after the commit and before the writer is answered, so whatever was
    /// read under an older number may be out of date.
    fn version(&self, part: ChangeKind) -> u64;

    /// Changes with every commit after which a claim may end sooner than known.
    fn deadlines(&self) -> watch::Receiver<()>;

    /// Takes notice of what other processes may have written since the last look, and raises all marks to it. The versions rise in
    /// any case: they may be raised too often, and never too seldom.
    async fn refresh(&self) -> Result<()>;

    /// As [`refresh`](Self::refresh), but raises nothing while no other process has written. Cheap enough for a timer.
    async fn notice_other_processes(&self) -> Result<()>;
}

/// What readers may keep a copy of for as long as its version stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Who may do what: users, roles, permissions, the end of logins, settings.
    Access,
    /// The custom statuses.
    CustomStatuses,
}
