//! Events: durable records of changes, each with a position.

use super::{
    Attribution, Author, Baseline, ClaimSource, CustomStatus, HiddenFrom, PermissionGrant, Role,
    Setting, SettingValue, StatusText, StatusVisibility, Timestamp, UserId, UserStatus, Username,
};
use std::net::IpAddr;

/// A position in the sequence of all events: 1, 2, 3 …, in commit order. 0 precedes the first
/// event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(u64);

impl EventId {
    /// Creates the position `n`.
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// Returns the previous position. The result for 0 and 1 is 0.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Returns the position as a number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// The origin of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client at this address.
    Client(IpAddr),
    /// The operator, on the command line.
    Operator,
    /// The server.
    Server,
}

/// The author of a change, with time and origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The author.
    pub user: UserId,
    /// The username at that time.
    pub username: Username,
    /// The time of the change.
    pub at: Timestamp,
    /// The origin of the change, for the audit trail. An event from the operator has the affected
    /// user as its actor, or `system` if it affects no single user.
    pub origin: Origin,
}

impl By {
    /// The operator's change of something that belongs to no user. No user can have the reserved
    /// name `system`.
    #[must_use]
    pub fn operator(at: Timestamp) -> Self {
        const SYSTEM: &str = "system";
        Self {
            user: UserId::new(SYSTEM),
            username: Username::stored(SYSTEM.to_owned()),
            at,
            origin: Origin::Operator,
        }
    }

    /// Returns the same author with another origin.
    #[must_use]
    pub fn through(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Converts to the form used by the audit trail.
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

    /// Creates the event that describes `change`.
    #[must_use]
    pub fn event(&self, change: Change) -> NewEvent {
        NewEvent {
            at: self.at,
            actor: self.user.clone(),
            actor_name: self.username.clone(),
            change,
        }
    }
}

/// An event before it is stored, in the transaction of its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// The user who made the change.
    pub actor: UserId,
    /// The actor's username at that time.
    pub actor_name: Username,
    /// The change.
    pub change: Change,
}

/// A stored, durable event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its position.
    pub id: EventId,
    /// The stored content.
    pub event: NewEvent,
}

/// A change. A custom status is given as it was after the change, or last was before a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A status was created.
    StatusCreated(CustomStatus),
    /// The name or type of a status changed.
    StatusUpdated(CustomStatus),
    /// A status was deleted.
    StatusDeleted(CustomStatus),
    /// A user's status changed, by hand or because a claim ended.
    PresenceChanged(StatusChange),
    /// The roles of a permission changed. The value holds the new roles.
    PermissionChanged(PermissionGrant),
    /// A custom role was created.
    RoleCreated(Role),
    /// The name, description or scope of a custom role changed.
    RoleUpdated(Role),
    /// A custom role was deleted; its last state.
    RoleDeleted(Role),
    /// A user was given a role.
    RoleGiven(RoleOf),
    /// A role was taken from a user.
    RoleTaken(RoleOf),
    /// A user was created.
    UserCreated {
        /// The new user.
        user: UserId,
        /// The username.
        username: Username,
        /// The display name.
        name: String,
    },
    /// A visible property of a user changed: the record, the roles or the presence policy.
    UserUpdated(UserChange),
    /// A user and all their logins were deleted.
    UserDeleted {
        /// The deleted user.
        user: UserId,
        /// The username at the time of deletion.
        username: Username,
        /// Whether a public board showed the user. Internal.
        was_public: bool,
    },
    /// The picture of a user changed. Internal: neither hooks nor readers of events receive it.
    AvatarChanged {
        /// The user.
        user: UserId,
        /// The username at that time.
        username: Username,
        /// The entity tag of the new picture. `None`: it was removed.
        etag: Option<String>,
    },
    /// The value of a setting changed.
    SettingChanged(Setting, SettingValue),
    /// One or more logins of a user ended before they expired. Cached sessions of that user must be
    /// looked up again.
    LoginsEnded {
        /// The owner of the logins.
        user: UserId,
    },
    /// Other users may or may no longer see a user's status. Internal: neither hooks nor readers of
    /// events receive it.
    StatusVisibilityChanged {
        /// The user whose status it is.
        user: UserId,
        /// All rules before the change.
        before: StatusVisibility,
        /// All rules after the change.
        visibility: StatusVisibility,
    },
}

/// A role, and the user who holds or held it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleOf {
    /// The user.
    pub user: UserId,
    /// The username after the change.
    pub username: Username,
    /// The id of the role.
    pub role: String,
}

/// A user after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// The user.
    pub user: UserId,
    /// The username after the change.
    pub username: Username,
    /// The display name after the change.
    pub name: String,
    /// Whether the username or the display name changed.
    pub renamed: bool,
    /// Whether the username changed.
    pub new_username: bool,
    /// Whether a public board showed the user before the change. Internal.
    pub was_public: bool,
}

/// A user's status after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The user.
    pub user: UserId,
    /// The username at that time.
    pub username: Username,
    /// The chosen status.
    pub status: UserStatus,
    /// The status text.
    pub text: StatusText,
    /// The source of the effective claim. `None` if there is none.
    pub source: Option<ClaimSource>,
    /// When that claim expires.
    pub expires_at: Option<Timestamp>,
    /// When that claim was made, if it is known. Internal: readers of events do not receive it.
    pub set_at: Option<Timestamp>,
    /// The status shown without claim and connection.
    pub baseline: Baseline,
    /// Who the rules at that time hid it from.
    pub hidden_from: HiddenFrom,
}
