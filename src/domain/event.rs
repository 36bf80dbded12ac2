//! What happened, in the past tense. Knows nothing of who listens nor of how events are stored.

use super::{ClaimSource, CustomStatus, StatusText, Timestamp, UserId, UserStatus, Username};

/// A position in the sequence of all events: 1, 2, 3 …, in the order of commit. 0 stands before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(u64);

impl EventId {
    /// The position `n`.
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// The position as a number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// An event that is about to be stored with the change it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: UserId,
    /// The actor's name at that time.
    pub actor_name: Username,
    /// What changed.
    pub change: Change,
}

/// An event that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its position.
    pub id: EventId,
    /// What was stored.
    pub event: NewEvent,
}

/// What changed. A custom status is as it was after the change; for a deletion, as it was last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A status was created.
    StatusCreated(CustomStatus),
    /// A status got another name or type.
    StatusUpdated(CustomStatus),
    /// A status was deleted.
    StatusDeleted(CustomStatus),
    /// Somebody's own status changed, by hand or because a claim ended.
    PresenceChanged(StatusChange),
}

/// Somebody's status after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Whose.
    pub user: UserId,
    /// Their name at that time.
    pub username: Username,
    /// What was chosen.
    pub status: UserStatus,
    /// The text beside it.
    pub text: StatusText,
    /// Where the claim that counts comes from; `None`: there is none.
    pub source: Option<ClaimSource>,
    /// When that claim ends.
    pub expires_at: Option<Timestamp>,
}
