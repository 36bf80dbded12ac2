//! The seam between the rules and a database: one trait, whose methods are the use cases' units of work.
//!
//! The contract of every implementation, which `tests/it/store_contract` checks:
//! - A method that writes is one transaction: all of it is durable when the method returns, or none of it happened.
//! - Dropping the future of a write does not undo the write.
//! - Ids and times come in as arguments; the store invents none, except the event's position.
//! - Events are appended in the order of commit, together with the change they tell of.
//!   [`Store::events_after`] never returns an event while an earlier one may still appear.
//! - A unique name is decided by the database, not by looking first.
//! - A full or busy database answers [`Error::Unavailable`](crate::domain::Error) and recovers by itself.
//!
//! This file knows no SQL and no database: a second one is a folder beside `sqlite` and one line in `server.rs`.

pub mod sqlite;

use crate::domain::{
    CustomStatus, Event, EventId, Login, LoginId, NewEvent, Page, PermissionGrant, Result, Role,
    Session, StatusId, StatusName, StatusQuery, Timestamp, User, UserId, UserKey,
};
use async_trait::async_trait;
use tokio::sync::watch;

/// Everything the use cases ask of a database. See the module for what every method promises.
#[async_trait]
pub trait Store: Send + Sync {
    // Custom statuses

    /// Adds a status and the event that tells of it.
    ///
    /// # Errors
    /// `NameTaken` when another status has exactly this name.
    async fn create_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Replaces a status's name, type and time, and adds the event.
    ///
    /// # Errors
    /// `NotFound` when there is no status with this id, `NameTaken` when another one has this name.
    async fn update_status(&self, status: CustomStatus, event: NewEvent) -> Result<()>;

    /// Removes a status. `event` is made of the status as it was last.
    ///
    /// # Errors
    /// `NotFound` when there is no status with this id.
    async fn delete_status(&self, id: StatusId, event: EventOf) -> Result<()>;

    /// The status with this id.
    async fn find_status(&self, id: StatusId) -> Result<Option<CustomStatus>>;

    /// The status with exactly this name.
    async fn find_status_named(&self, name: StatusName) -> Result<Option<CustomStatus>>;

    /// One page of the statuses that match, with how many match in all, both as of one moment.
    async fn list_statuses(&self, query: StatusQuery) -> Result<Page<CustomStatus>>;

    // Users

    /// Adds a user with its password hash and roles.
    ///
    /// # Errors
    /// `Invalid { Username | Email, Taken }` when another user has it, `Invalid { Role, Unknown }` for a role that does not exist.
    async fn create_user(&self, user: User, password_hash: String) -> Result<()>;

    /// The user, with its password hash, that `key` names.
    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>>;

    /// All users, by user name.
    async fn list_users(&self) -> Result<Vec<User>>;

    /// Changes a user and ends logins as [`UserPatch`] says.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid { Role, Unknown }`.
    async fn update_user(&self, id: UserId, patch: UserPatch, at: Timestamp) -> Result<()>;

    // Permissions

    /// Every role, by id.
    async fn list_roles(&self) -> Result<Vec<Role>>;

    /// Every permission with its roles, by name.
    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>>;

    /// Sets the roles of each permission named, all or none.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist.
    async fn update_permissions(&self, grants: Vec<PermissionGrant>) -> Result<()>;

    // Logins

    /// Adds a login, and removes those of its user that had expired when it was made.
    ///
    /// # Errors
    /// `Invalid { TokenName, Taken }` when its user has a token of that name, `NotFound` when there is no such user.
    async fn create_login(&self, login: Login) -> Result<()>;

    /// The login, its user and what the user's roles grant, as of one moment.
    async fn find_session(&self, id: LoginId) -> Result<Option<Session>>;

    /// The logins of a user, oldest first.
    async fn list_logins(&self, user: UserId) -> Result<Vec<Login>>;

    /// Removes a login; `false` when there was none.
    async fn delete_login(&self, id: LoginId) -> Result<bool>;

    // Outbox

    /// At most `limit` events after `cursor`, in order. One that cannot be read any more stands in its place with the reason.
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>>;

    /// Where `consumer` stands. One that is new starts after the newest event, and is remembered from then on.
    async fn cursor(&self, consumer: &str) -> Result<EventId>;

    /// Moves `consumer` to `cursor` and records, in the same transaction, the events it gave up on.
    async fn advance(&self, consumer: &str, cursor: EventId, parked: Vec<Parked>) -> Result<()>;

    // The whole

    /// The position of the newest durable event. Raised after the commit and before the writer is answered.
    fn committed(&self) -> watch::Receiver<EventId>;

    /// A number that rises with every change to who may do what: a user or permission changed, a login removed. Raised after the
    /// commit and before the writer is answered, so whatever was read under an older number may be out of date.
    fn access_version(&self) -> u64;

    /// Takes notice of what other processes may have written since the last look, and raises both marks to it. The access version
    /// rises in any case: it may be raised too often, and never too seldom.
    async fn refresh(&self) -> Result<()>;
}

/// An event as it was found: itself, or its position and why it cannot be read.
pub type StoredEvent = std::result::Result<Event, (EventId, String)>;

/// Makes the event of a status that is only known inside the transaction.
pub type EventOf = Box<dyn FnOnce(CustomStatus) -> NewEvent + Send>;

/// What to change about a user; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// A new password hash. Ends every login by password; tokens stay.
    pub password_hash: Option<String>,
    /// The role ids, replacing all.
    pub roles: Option<Vec<String>>,
    /// Whether the user may log in. Switching it off ends every login, tokens too.
    pub active: Option<bool>,
}

/// An event that a consumer gave up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Which one.
    pub event: EventId,
    /// Why, in one line.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub at: Timestamp,
}
