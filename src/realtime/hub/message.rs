//! What listeners are told of. Knows nothing of who listens.

use crate::domain::{
    ClaimSource, CustomStatus, Event, PermissionGrant, RoleOf, Setting, SettingValue, Timestamp,
    User, UserId, UserStatus, Username,
};
use bytes::Bytes;
use std::sync::OnceLock;

/// What somebody may listen to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// How people are shown.
    Statuses,
    /// How this one is shown.
    StatusOf(UserId),
    /// Custom statuses that are created or changed.
    CustomStatuses,
    /// Custom statuses that are deleted.
    DeletedCustomStatuses,
    /// What roles grant.
    Permissions,
    /// Who holds which role.
    Roles,
    /// Names of people.
    Names,
    /// People who are deleted.
    DeletedUsers,
    /// The settings that everybody may read.
    Settings,
    /// Everything about this one that is told to themselves alone.
    Oneself(UserId),
    /// Every event that is told to everybody who is logged in, in the order of commit.
    Events,
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody is shown otherwise now.
    Shown(ShownUser),
    /// A custom status was created or changed.
    CustomStatus(CustomStatus),
    /// A custom status was deleted; as it was last.
    CustomStatusDeleted(CustomStatus),
    /// A permission is granted by these roles now.
    Permission(PermissionGrant),
    /// Somebody was given a role.
    RoleGiven(RoleOf),
    /// A role was taken from somebody.
    RoleTaken(RoleOf),
    /// Somebody has another name now.
    Renamed {
        /// Who.
        user: UserId,
        /// The name to log in with.
        username: Username,
        /// The name to show.
        name: String,
    },
    /// A user was deleted.
    UserDeleted(UserId),
    /// A setting has another value now.
    Setting(Setting, SettingValue),
    /// The listener's own record was changed; as it is now.
    OwnRecord(Box<User>),
    /// Logins of the listener were ended, perhaps the one that it listens by.
    LoginsEnded,
    /// An event, as it is stored.
    Event(Box<Event>),
}

/// How somebody is shown, with what is told beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUser {
    /// Who.
    pub user: UserId,
    /// The name to log in with.
    pub username: Username,
    /// The name to show.
    pub name: String,
    /// The ids of the roles.
    pub roles: Vec<String>,
    /// What is shown.
    pub status: UserStatus,
    /// The text beside it.
    pub text: String,
    /// Where the claim that counts comes from; `None`: there is none.
    pub source: Option<ClaimSource>,
    /// When that claim ends.
    pub expires_at: Option<Timestamp>,
}

/// Something to be told, with the one form it goes out in.
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

    /// What it was published under.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// What there is to tell.
    pub fn news(&self) -> &News {
        &self.news
    }

    /// The form it goes out in, made by the first who asks. All listeners of a topic have to ask for the same one.
    pub fn encoded(&self, encode: impl FnOnce(&News) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| encode(&self.news)).clone()
    }

    /// Whom it is about, where a newer message about the same makes it worthless.
    pub(super) fn subject(&self) -> Option<&UserId> {
        if let News::Shown(shown) = &self.news {
            Some(&shown.user)
        } else {
            None
        }
    }
}
