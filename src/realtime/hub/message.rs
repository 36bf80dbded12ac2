//! Live messages and the topics under which they are published.

use crate::domain::{
    BoardPerson, ClaimSource, CustomStatus, Event, PermissionGrant, Role, RoleOf, Setting,
    SettingValue, Timestamp, User, UserId, UserStatus, Username,
};
use bytes::Bytes;
use std::sync::OnceLock;

/// A topic to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Status changes of all users.
    Statuses,
    /// Status changes of this user.
    StatusOf(UserId),
    /// Custom statuses that were created or changed.
    CustomStatuses,
    /// Custom statuses that were deleted.
    DeletedCustomStatuses,
    /// The roles that grant each permission.
    Permissions,
    /// Role assignments.
    Roles,
    /// Custom roles that were created, changed or deleted.
    RoleRecords,
    /// Name changes of users.
    Names,
    /// Changed pictures of users.
    Avatars,
    /// Deleted users.
    DeletedUsers,
    /// Public settings.
    Settings,
    /// Messages for this user alone.
    OwnUser(UserId),
    /// The board of all active users.
    Board,
    /// The board of those who chose to appear in public.
    PublicBoard,
    /// Every event that all logged-in users may see, in commit order.
    Events,
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A user's visible status changed.
    Shown(ShownUser),
    /// The form of [`Shown`](News::Shown) for viewers that the status is hidden from: offline.
    Hidden(ShownUser),
    /// A person on a board changed.
    BoardShown(BoardPerson),
    /// The form of [`BoardShown`](News::BoardShown) for viewers that the status is hidden from.
    BoardHidden(BoardPerson),
    /// A person is no longer on a board.
    BoardGone(UserId),
    /// A custom status was created or changed.
    CustomStatus(CustomStatus),
    /// A custom status was deleted; its last state.
    CustomStatusDeleted(CustomStatus),
    /// The roles that grant a permission changed.
    Permission(PermissionGrant),
    /// A custom role was created or changed.
    RoleChanged(Role),
    /// A custom role was deleted; its last state.
    RoleDeleted(Role),
    /// A role was given to a user.
    RoleGiven(RoleOf),
    /// A role was taken from a user.
    RoleTaken(RoleOf),
    /// A user was renamed.
    Renamed {
        /// The user.
        user: UserId,
        /// The new login name.
        username: Username,
        /// The new display name.
        name: String,
    },
    /// A user's picture changed.
    AvatarChanged {
        /// The login name.
        username: Username,
        /// The entity tag of the new picture. `None`: it was removed.
        etag: Option<String>,
    },
    /// A user was deleted.
    UserDeleted(UserId),
    /// A setting was changed.
    Setting(Setting, SettingValue),
    /// The listener's own user record was changed; its new state.
    OwnRecord(Box<User>),
    /// Logins of the listener were ended, possibly the one it uses.
    LoginsEnded,
    /// A stored event.
    Event(Box<Event>),
}

/// A user's visible status, with the user's names and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUser {
    /// The user.
    pub user: UserId,
    /// The login name.
    pub username: Username,
    /// The display name.
    pub name: String,
    /// The ids of the roles.
    pub roles: Vec<String>,
    /// The visible status.
    pub status: UserStatus,
    /// The status text.
    pub text: String,
    /// The source of the active claim; `None` without one.
    pub source: Option<ClaimSource>,
    /// When that claim expires.
    pub expires_at: Option<Timestamp>,
}

/// What a listener receives of news that have two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The first form.
    First,
    /// The second form.
    Second,
    /// None of them.
    Neither,
}

/// A published message, with its encoded form.
#[derive(Debug)]
pub struct Message {
    topic: Topic,
    news: News,
    encoded: OnceLock<Bytes>,
}

impl Message {
    pub(super) fn new(topic: Topic, news: News) -> Self {
        let encoded = OnceLock::new();
        Self {
            topic,
            news,
            encoded,
        }
    }

    /// The topic it was published under.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Its content.
    pub fn news(&self) -> &News {
        &self.news
    }

    /// Returns the encoded form, which the first caller builds. All listeners of a topic must use
    /// the same encoding.
    pub fn encoded(&self, encode: impl FnOnce(&News) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| encode(&self.news)).clone()
    }

    /// Returns the user whose status or row the message shows. A newer message about the same user replaces
    /// it.
    pub fn subject(&self) -> Option<&UserId> {
        match &self.news {
            News::Shown(shown) | News::Hidden(shown) => Some(&shown.user),
            News::BoardShown(person) | News::BoardHidden(person) => Some(&person.id),
            News::BoardGone(user) => Some(user),
            _ => None,
        }
    }
}
