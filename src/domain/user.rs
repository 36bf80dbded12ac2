//! User accounts.

use super::{By, Email, Origin, Profile, Timestamp, UserId, Username};

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, which never changes.
    pub id: UserId,
    /// The username to log in with, unique without regard to case.
    pub username: Username,
    /// The display name.
    pub name: String,
    /// The email address, if any. Unique without regard to case.
    pub email: Option<Email>,
    /// The ids of its roles, in alphabetical order.
    pub roles: Vec<String>,
    /// Whether the user may log in.
    pub active: bool,
    /// Further fields.
    pub profile: Profile,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The id of the role that initially grants everything. At least one active user always holds it.
pub const ADMIN: &str = "admin";

/// The kind of a user, given by its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A person.
    Person,
    /// A program with the role `bot`.
    Bot,
    /// A program with the role `app`, which Rocket.Chat would host.
    App,
}

impl UserKind {
    /// Returns the kind of a user with these roles.
    #[must_use]
    pub fn of(roles: &[String]) -> Self {
        let holds = |id: &str| roles.iter().any(|role| role == id);
        match (holds("app"), holds("bot")) {
            (true, _) => Self::App,
            (false, true) => Self::Bot,
            (false, false) => Self::Person,
        }
    }
}

impl User {
    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> UserKind {
        UserKind::of(&self.roles)
    }

    /// Returns whether a public board shows the user.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.active && self.profile.public_board
    }

    /// Returns this user as the author of a change that the server makes at `at`.
    #[must_use]
    pub fn by(&self, at: Timestamp) -> By {
        By {
            user: self.id.clone(),
            username: self.username.clone(),
            at,
            origin: Origin::Server,
        }
    }
}

/// A key to look up a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// By id.
    Id(UserId),
    /// By username, without regard to case.
    Username(String),
    /// By email address, without regard to case.
    Email(String),
}

impl UserKey {
    /// Returns the id, name or address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Username(text) | Self::Email(text) => text,
        }
    }
}
