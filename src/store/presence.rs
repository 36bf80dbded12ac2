//! What the use cases ask of a database about how people are shown. Knows no SQL, and no rule: those of claims come in as a function.

use crate::domain::{By, EventId, Person, Presence, Result, Timestamp, UserId};
use async_trait::async_trait;

/// How people are shown. See the [module](super) for what every method promises.
#[async_trait]
pub trait Presences: Send + Sync {
    /// A user's presence.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    async fn find_presence(&self, user: UserId) -> Result<Presence>;

    /// Everything that is told of somebody's status, as of one moment, and which moment that is.
    async fn find_presence_snapshot(&self, user: UserId) -> Result<Option<PresenceSnapshot>>;

    /// The active users whom `whom` names, by id.
    async fn list_presences(&self, whom: Whom) -> Result<Vec<Person>>;

    /// Those of `ids` that users have, active or not.
    async fn existing_users(&self, ids: Vec<UserId>) -> Result<Vec<UserId>>;

    /// Lets a rule change a user's presence, ends what has expired by then, and adds the event that tells of both. What they leave as
    /// it was is no change, and adds none. Answers the presence after the change.
    ///
    /// # Errors
    /// `NotFound` when there is no such user, and what the rule refuses: then nothing has changed.
    async fn change_presence(&self, change: PresenceChange) -> Result<Presence>;

    /// Ends claims that have expired at `now`, `limit` at most and the longest expired first, each with its event. A claim that was
    /// renewed meanwhile is not ended: whether it has expired is asked in the transaction that ends it. Answers how many ended.
    async fn expire_claims(&self, now: Timestamp, limit: usize) -> Result<usize>;

    /// When the next claim expires, be it in the past.
    async fn next_expiry(&self) -> Result<Option<Timestamp>>;
}

/// Everything that is told of somebody's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceSnapshot {
    /// Who, and how they are shown.
    pub person: Person,
    /// The ids of the roles, in alphabetical order.
    pub roles: Vec<String>,
    /// Whether they may log in.
    pub active: bool,
    /// The newest event that the card includes: what later ones tell is not on it, what it and earlier ones tell is.
    pub as_of: EventId,
}

/// What may change a presence inside the transaction.
pub type PresenceRule = Box<dyn FnOnce(&mut Presence) -> Result<()> + Send>;

/// A change of somebody's presence.
pub struct PresenceChange {
    /// Whose.
    pub user: UserId,
    /// Who changes it, and when.
    pub by: By,
    /// Whether a claim may end sooner for it.
    pub expires: bool,
    /// Whether it takes nothing but a claim away.
    pub ends: bool,
    /// How.
    pub rule: PresenceRule,
}

/// Which people are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// These, whether they ever said anything or not.
    Ids(Vec<UserId>),
    /// All who ever said anything or are always online, and these, who are connected.
    Everybody(Vec<UserId>),
    /// All whose presence changed at or after this, and these, whose connections did.
    ChangedSince(Timestamp, Vec<UserId>),
}
