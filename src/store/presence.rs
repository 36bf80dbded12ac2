//! The presence part of the store contract. The rules for claims are passed in as functions.

use crate::domain::{
    By, EventId, Nickname, Presence, Result, StatusVisibility, Timestamp, UserId, UserWithPresence,
    Username,
};
use async_trait::async_trait;

/// Presence. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Presences: Send + Sync {
    /// Returns a user's presence.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist.
    async fn find_presence(&self, user: UserId) -> Result<Presence>;

    /// Returns a user's presence snapshot together with the position at which it was taken.
    async fn find_presence_snapshot(&self, user: UserId) -> Result<Option<PresenceSnapshot>>;

    /// Returns all active users as a board lists them, by display name, together with the position
    /// at which they were read.
    async fn list_board(&self) -> Result<BoardSnapshot>;

    /// Returns the active users selected by `query`, by id.
    async fn list_presences(&self, query: PresenceQuery) -> Result<Vec<UserWithPresence>>;

    /// Returns those of `ids` that belong to users, active or not.
    async fn existing_users(&self, ids: Vec<UserId>) -> Result<Vec<UserId>>;

    /// Returns the rules of status visibility together with the position at which they were read.
    async fn list_status_visibility(&self) -> Result<VisibilityRules>;

    /// Returns the current usernames of those of `ids` that belong to users, active or not.
    async fn list_usernames(&self, ids: Vec<UserId>) -> Result<Vec<(UserId, Username)>>;

    /// Applies a rule to a user's presence, removes claims expired by then, and appends one event
    /// for both. Appends no event if nothing changed. Returns the new presence.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist, and any error of the rule. Nothing has changed then.
    async fn change_presence(&self, change: PresenceChange) -> Result<Presence>;

    /// Ends claims that have expired at `now`: at most `limit`, the longest expired first, with one
    /// event each. The expiry is checked in the same transaction, so a claim renewed meanwhile is
    /// not ended. Returns the number of ended claims.
    async fn expire_claims(&self, now: Timestamp, limit: usize) -> Result<usize>;

    /// Returns the next claim expiry, possibly in the past.
    async fn next_expiry(&self) -> Result<Option<Timestamp>>;
}

/// The data that clients receive about a user's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceSnapshot {
    /// The user and their presence.
    pub person: UserWithPresence,
    /// The role ids, in alphabetical order.
    pub roles: Vec<String>,
    /// Whether the user may log in.
    pub active: bool,
    /// The additional display name.
    pub nickname: Option<Nickname>,
    /// The entity tag of the picture, if the user has one.
    pub avatar: Option<String>,
    /// Whether the user chose to appear on a public board.
    pub is_public: bool,
    /// The newest event that the snapshot includes. It reflects this and all earlier events, and no
    /// later ones.
    pub as_of: EventId,
}

/// All active users, as a board lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSnapshot {
    /// The users, by display name.
    pub people: Vec<PresenceSnapshot>,
    /// The newest event that these include. They reflect this and all earlier events, and maybe
    /// later ones.
    pub as_of: EventId,
}

/// Who may see whose status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibilityRules {
    /// The users who have rules, by id.
    pub people: Vec<(UserId, StatusVisibility)>,
    /// The newest event that these include. They reflect this and all earlier events, and no later
    /// ones.
    pub as_of: EventId,
}

/// A function that changes a presence inside the transaction. Called again if the transaction is
/// repeated.
pub type PresenceRule = Box<dyn Fn(&mut Presence) -> Result<()> + Send>;

/// A change of a user's presence.
pub struct PresenceChange {
    /// The user.
    pub user: UserId,
    /// The author and time.
    pub by: By,
    /// What the change may do to claims.
    pub effect: ClaimEffect,
    /// The change itself.
    pub rule: PresenceRule,
}

/// What a change may do to a user's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimEffect {
    /// Adds or replaces a claim that does not expire.
    Sets,
    /// Adds or replaces a claim that expires, which may move the next claim expiry forward.
    SetsExpiring,
    /// Only removes claims.
    Removes,
}

impl ClaimEffect {
    /// Returns the effect of a claim that expires at `expires_at`.
    #[must_use]
    pub const fn of(expires_at: Option<Timestamp>) -> Self {
        match expires_at {
            Some(_) => Self::SetsExpiring,
            None => Self::Sets,
        }
    }
}

/// A query for the presence of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresenceQuery {
    /// These users, even if they never set a status.
    Ids(Vec<UserId>),
    /// All users who ever set a status or are always online, and these connected ones.
    All(Vec<UserId>),
    /// All users whose presence changed at or after this time, and these, whose connections
    /// changed.
    ChangedSince(Timestamp, Vec<UserId>),
}
