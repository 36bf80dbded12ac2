//! The login: what a token stands for. A token is worth nothing once its login is gone. Knows nothing of how tokens are signed.

use super::{Grants, SortOrder, Timestamp, User, UserId};
use std::net::IpAddr;

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

/// Where a login came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginOrigin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub client: Option<String>,
}

impl LoginOrigin {
    /// What is kept of a client's name for itself: enough for its owner to tell it from others.
    const CLIENT_CHARS: usize = 200;

    /// The client at `address` that calls itself `agent`, which is shortened and may hold anything.
    #[must_use]
    pub fn new(address: IpAddr, agent: Option<&str>) -> Self {
        let shortened = |agent: &str| {
            let shown = agent.chars().filter(|c| !c.is_control());
            shown.take(Self::CLIENT_CHARS).collect()
        };
        Self {
            address: Some(address),
            client: agent.map(shortened),
        }
    }
}

/// A login as its owner sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// The login.
    pub login: Login,
    /// Where it came from. Logins from before version 5 of the schema have none.
    pub origin: LoginOrigin,
    /// When it was last used, accurate to a few minutes; `None`: not since it was made.
    pub last_used_at: Option<Timestamp>,
    /// The user's name to log in with.
    pub username: String,
    /// The user's name to show.
    pub name: String,
}

/// Which logins by password to list, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginQuery {
    /// Of this user only.
    pub user: Option<UserId>,
    /// This one only.
    pub id: Option<LoginId>,
    /// Only those with this text in the client, address or id, or in a name where no user is given.
    pub filter: Option<String>,
    /// Only those that are live at this time.
    pub now: Timestamp,
    /// What to sort by first; the newest first otherwise.
    pub sort: Vec<(LoginSort, SortOrder)>,
    /// How many to leave out at the beginning.
    pub offset: u64,
    /// How many to return at most; `None`: all.
    pub limit: Option<u64>,
}

impl LoginQuery {
    /// Everything that is live at `now`, newest first.
    #[must_use]
    pub const fn all(now: Timestamp) -> Self {
        Self {
            user: None,
            id: None,
            filter: None,
            now,
            sort: Vec::new(),
            offset: 0,
            limit: None,
        }
    }
}

/// What logins can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginSort {
    /// When it was made.
    CreatedAt,
    /// What the client calls itself.
    Client,
    /// The user's name to log in with.
    Username,
    /// The user's name to show.
    Name,
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
