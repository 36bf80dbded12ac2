//! What happened, in the past tense. Knows nothing of who listens nor of how events are stored.

use super::{
    Attribution, Author, ClaimSource, CustomStatus, PermissionGrant, Rest, Setting, SettingValue,
    StatusText, Timestamp, UserId, UserStatus, Username,
};
use std::net::IpAddr;

/// A position in the sequence of all events: 1, 2, 3 …, in the order of commit. 0 stands before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(u64);

impl EventId {
    /// The position `n`.
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// The position before this one; before the first, still 0.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The position as a number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// Which way a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client at this address sent it.
    Client(IpAddr),
    /// The operator made it at the command line.
    Operator,
    /// The server made it.
    Server,
}

/// Who changes something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub user: UserId,
    /// Their name at that time.
    pub username: Username,
    /// When.
    pub at: Timestamp,
    /// Which way the change came. For the audit trail: an event of the operator's has the user it is about as its actor.
    pub origin: Origin,
}

impl By {
    /// The same, with another origin.
    #[must_use]
    pub fn through(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same for the audit trail.
    #[must_use]
    pub fn attribution(&self) -> Attribution {
        match self.origin {
            Origin::Operator => Attribution::operator(self.at),
            Origin::Server => Attribution::server(self.at),
            Origin::Client(address) => Attribution {
                at: self.at,
                author: Author::User {
                    id: self.user.clone(),
                    username: self.username.clone(),
                },
                address: Some(address),
            },
        }
    }

    /// The event that tells of `change`.
    #[must_use]
    pub fn event(self, change: Change) -> NewEvent {
        NewEvent {
            at: self.at,
            actor: self.user,
            actor_name: self.username,
            change,
        }
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
    /// A permission was given its roles. They are as they were after the change.
    PermissionChanged(PermissionGrant),
    /// Somebody was given a role.
    RoleGiven(RoleOf),
    /// A role was taken from somebody.
    RoleTaken(RoleOf),
    /// Something of a user changed that others may see: the record, the roles, or by what they count as connected.
    UserUpdated(UserChange),
    /// A user was deleted, with every login.
    UserDeleted {
        /// Who it was.
        user: UserId,
        /// Their name at the end.
        username: Username,
    },
    /// A setting got another value.
    SettingChanged(Setting, SettingValue),
    /// One or more logins of a user ended, and not because their time was up: whoever holds a token of that user has to look again.
    LoginsEnded {
        /// Whose they were.
        user: UserId,
    },
}

/// A role and who holds it, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleOf {
    /// Who.
    pub user: UserId,
    /// Their name after the change.
    pub username: Username,
    /// The id of the role.
    pub role: String,
}

/// A user after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// Who.
    pub user: UserId,
    /// Their name after the change.
    pub username: Username,
    /// The name to show after the change.
    pub name: String,
    /// Whether the user name or the name to show is another than before.
    pub renamed: bool,
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
    /// What is shown without claim and connection.
    pub rest: Rest,
}
