//! The contract between the rules and a database: one trait per noun, whose methods are the units
//! of work of the use cases, and [`Store`], which combines them.
//!
//! `tests/it/store_contract` checks the contract of every implementation:
//! - A method that writes is one transaction: all of it is durable when the method returns, or none
//!   of it happened.
//! - Dropping the future of a write does not undo the write.
//! - Ids and times are arguments. The store only generates event positions and the fencing numbers
//!   of consumers.
//! - Events are appended in commit order, in the transaction of their change.
//!   [`Outbox::events_after`] never returns an event while an earlier one may still appear, nor one
//!   that [`Store::committed`] has not announced. A reader that sees an event therefore finds every
//!   [`Store::version`] already raised for it.
//! - A method that makes a security-relevant change adds its audit record in the same transaction.
//! - A unique index decides about a unique name, inside the transaction. A method may look first to
//!   report which of two names is taken; the index still decides.
//! - A full or busy database returns [`Error::Unavailable`](crate::domain::Error) and recovers by
//!   itself. A database that has reached its configured limit still accepts deletions: of logins,
//!   users, roles held, grants, claims, custom statuses, webhooks and old events. It also still
//!   moves cursors and accepts hook administration.
//!
//! Only [`open`] knows which database it is. A second one needs a folder next to `sqlite` and a
//! branch there.

mod audit;
mod avatars;
mod custom_status;
mod database;
mod displays;
mod hooks;
mod invitations;
mod logins;
mod open;
mod outbox;
mod permissions;
mod presence;
mod record;
mod seed;
mod settings;
mod sql;
mod sqlite;
mod users;
mod webhooks;

pub use audit::Audit;
pub use avatars::Avatars;
pub use custom_status::CustomStatuses;
pub use database::{Database, DatabaseSettings};
pub use displays::Displays;
pub use hooks::Hooks;
pub use invitations::Invitations;
pub use logins::Logins;
pub use open::{OpenError, open, open_beside_server, open_in_memory};
pub use outbox::{ConsumerState, Cursor, FailedDelivery, Outbox, StoredEvent, position};
pub use permissions::Permissions;
pub use presence::{
    BoardSnapshot, ClaimEffect, PresenceChange, PresenceQuery, PresenceRule, PresenceSnapshot,
    Presences, VisibilityRules,
};
pub use seed::Seeded;
pub use settings::Settings;
pub use users::Users;
pub use webhooks::Webhooks;

use crate::domain::{DatabaseSize, EventId, Result};
use async_trait::async_trait;
use tokio::sync::watch;

/// Everything that use cases need from a database. See the module for the contract of every method.
#[async_trait]
pub trait Store:
    CustomStatuses
    + Users
    + Invitations
    + Presences
    + Permissions
    + Logins
    + Settings
    + Outbox
    + Hooks
    + Webhooks
    + Displays
    + Avatars
    + Audit
{
    /// The position of the newest durable event. Raised after the commit and before the writer gets
    /// its result.
    fn committed(&self) -> watch::Receiver<EventId>;

    /// Returns a number that rises with every change of `part`. It rises after the commit and
    /// before the writer gets its result. Anything read under an older number may be stale.
    fn version(&self, part: ChangeKind) -> u64;

    /// Notifies after every commit that may have moved the next claim expiry forward.
    fn deadlines(&self) -> watch::Receiver<()>;

    /// Checks, without writing, that the database can be read and does not refuse every write.
    ///
    /// # Errors
    /// `Broken` for a damaged or removed database; `Unavailable`.
    async fn check(&self) -> Result<()>;

    /// Returns how large the database is.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    async fn size(&self) -> Result<DatabaseSize>;

    /// Picks up writes of other processes since the last call, and raises all signals. Every
    /// version rises, even if nothing changed: a version may rise too often, but never too rarely.
    async fn refresh(&self) -> Result<()>;

    /// Like [`refresh`](Self::refresh), but raises nothing unless another process has written.
    /// Cheap enough for a timer.
    async fn notice_other_processes(&self) -> Result<()>;
}

/// Data that readers may cache while its version is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Access control: users, roles, permissions, ended logins, settings.
    Access,
    /// The custom statuses.
    CustomStatuses,
    /// Who may see whose status: the rules of users, and the settings of
    /// [`VisibilitySwitches`](crate::domain::VisibilitySwitches).
    StatusVisibility,
    /// The displays and their keys.
    Displays,
}
