//! The login: what a token stands for. A token is worth nothing once its login is gone. Knows nothing of how tokens are signed.

use super::{Grants, Timestamp, User, UserId};

/// One way into a user's account, from login to logout or from creation to revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its id, which tokens name.
    pub id: LoginId,
    /// Whose it is.
    pub user: UserId,
    /// How it came to be.
    pub kind: LoginKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; `None`: only when it is revoked.
    pub expires_at: Option<Timestamp>,
}

impl Login {
    /// Whether it still counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The name, if it is a personal access token.
    #[must_use]
    pub fn token_name(&self) -> Option<&str> {
        match &self.kind {
            LoginKind::Password => None,
            LoginKind::Token { name, .. } => Some(name),
        }
    }
}

/// 17 characters of Meteor's unmistakable alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoginId(String);

impl LoginId {
    /// Takes any text: an id that names nothing is not found.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a login came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginKind {
    /// By password; removed by logout and by a new password.
    Password,
    /// A personal access token with its name, unique for its user; outlives a new password.
    Token {
        /// The name its owner gave it.
        name: String,
        /// The last six characters of the token, for its owner to tell it from others.
        tail: String,
        /// Whether its owner wants it to do without a second factor. There is none here; clients are told what was asked for.
        bypass_two_factor: bool,
    },
}

/// What a login opens, as the store knows it at one moment.
#[derive(Debug, Clone)]
pub struct Session {
    /// The login.
    pub login: Login,
    /// Its user, who may be deactivated by now.
    pub user: User,
    /// What the user's roles grant.
    pub grants: Grants,
}
