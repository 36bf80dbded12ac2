//! Logins. Every token belongs to a login, and is invalid once that login has ended.

use super::id::id;
use super::{Grants, SortOrder, Timestamp, User, UserId};
use std::net::IpAddr;

/// A login: access to a user's account, from login to logout or from creation to revocation of a
/// token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its id, which its tokens contain.
    pub id: LoginId,
    /// The owner.
    pub user: UserId,
    /// How it was created.
    pub kind: LoginKind,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires. `None`: only when it is revoked.
    pub expires_at: Option<Timestamp>,
}

impl Login {
    /// Returns whether the login is live at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns the name, if the login is a personal access token.
    #[must_use]
    pub fn token_name(&self) -> Option<&str> {
        match &self.kind {
            LoginKind::Password => None,
            LoginKind::Token { name, .. } => Some(name),
        }
    }
}

id! {
    /// 17 characters of Meteor's unambiguous alphabet.
    LoginId
}

/// How a login was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginKind {
    /// With a password. Ended by logout and by a password change.
    Password,
    /// As a personal access token. Survives a password change.
    Token {
        /// The name given by its owner, unique per user.
        name: String,
        /// The last six characters of the token, so that its owner can recognize it.
        tail: String,
        /// Whether the owner asked to bypass two-factor authentication. There is none here; clients
        /// get the value back.
        bypass_two_factor: bool,
    },
}

/// The origin of a login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginOrigin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's user agent.
    pub client: Option<String>,
}

impl LoginOrigin {
    /// Maximum length of the stored user agent, enough to recognize a client.
    const CLIENT_CHARS: usize = 200;

    /// Creates the origin for a client at `address` with the user agent `agent`. Removes control
    /// characters and shortens it to 200 characters.
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

/// A login to add, with its conditions.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The login.
    pub login: Login,
    /// Its origin.
    pub origin: LoginOrigin,
    /// The login that requested it. Nothing is added if that one has ended.
    pub asked_by: Option<LoginId>,
    /// Maximum number of password logins of the user, including this one. `None` means no limit.
    pub most: Option<u32>,
}

impl From<Login> for NewLogin {
    fn from(login: Login) -> Self {
        Self {
            login,
            origin: LoginOrigin::default(),
            asked_by: None,
            most: None,
        }
    }
}

impl NewLogin {
    /// Returns the logins that end to make room for this one, given the number of password logins
    /// that its user has. The limit counts as at least one, so that the new login itself stays.
    #[must_use]
    pub fn evicted(&self, held: u32) -> Option<EndedLogins> {
        let most = self.most?.max(1);
        let is_full = matches!(self.login.kind, LoginKind::Password) && held >= most;
        is_full.then_some(EndedLogins::Unused { kept: most - 1 })
    }
}

/// Logins of one user that end together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedLogins {
    /// Every login, including tokens.
    All,
    /// Every password login except `kept`. Tokens do not depend on the password.
    Password {
        /// The login that stays.
        kept: Option<LoginId>,
    },
    /// The password logins unused for longest, so that `kept` of them remain.
    Unused {
        /// Number of logins that stay.
        kept: u32,
    },
}

/// A login as listed for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// The login.
    pub login: Login,
    /// The origin. Logins from before schema version 5 have none.
    pub origin: LoginOrigin,
    /// When it was last used, accurate to a few minutes. `None` if never since its creation.
    pub last_used_at: Option<Timestamp>,
    /// The owner's username.
    pub username: String,
    /// The owner's display name.
    pub name: String,
}

/// A query for password logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginQuery {
    /// Only logins of this user.
    pub user: Option<UserId>,
    /// Only this login.
    pub id: Option<LoginId>,
    /// Only logins with this text in client, address or id. Without a user, names are searched as
    /// well.
    pub filter: Option<String>,
    /// Only logins that are live at this time.
    pub now: Timestamp,
    /// The sort keys. Falls back to newest first.
    pub sort: Vec<(LoginSort, SortOrder)>,
    /// Number of logins to skip.
    pub offset: u64,
    /// Maximum number of logins to return. `None` means all.
    pub limit: Option<u64>,
}

impl LoginQuery {
    /// Selects every login that is live at `now`, newest first.
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

/// A sort key of logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginSort {
    /// The creation time.
    CreatedAt,
    /// The user agent.
    Client,
    /// The owner's username.
    Username,
    /// The owner's display name.
    Name,
}

/// A login with its user and permissions, as stored at one moment.
#[derive(Debug, Clone)]
pub struct Session {
    /// The login.
    pub login: Login,
    /// The owner, possibly deactivated.
    pub user: User,
    /// The permissions granted by the user's roles.
    pub grants: Grants,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(kind: LoginKind, most: Option<u32>) -> NewLogin {
        let login = Login {
            id: LoginId::new("l"),
            user: UserId::new("a"),
            kind,
            created_at: Timestamp::from_millis(0),
            expires_at: None,
        };
        NewLogin {
            most,
            ..login.into()
        }
    }

    #[test]
    fn a_login_beyond_the_limit_ends_those_unused_for_longest() {
        let kept = |most, held| match new(LoginKind::Password, most).evicted(held) {
            Some(EndedLogins::Unused { kept }) => Some(kept),
            other => {
                assert_eq!(other, None);
                None
            }
        };
        assert_eq!(kept(Some(3), 2), None);
        assert_eq!(kept(Some(3), 3), Some(2));
        assert_eq!(kept(Some(3), 9), Some(2));
        assert_eq!(kept(Some(0), 1), Some(0), "the new login itself stays");
        assert_eq!(kept(None, 1_000), None);
        let token = LoginKind::Token {
            name: "t".to_owned(),
            tail: String::new(),
            bypass_two_factor: false,
        };
        assert_eq!(new(token, Some(1)).evicted(1_000), None);
    }
}
