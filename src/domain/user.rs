//! Users, and the actor that a user becomes during a request.

use super::{
    By, Error, Field, Grants, Login, LoginKind, Origin, Permission, Problem, Profile, Result,
    Timestamp, check_name,
};

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

impl User {
    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> UserKind {
        let holds = |id: &str| self.roles.iter().any(|role| role == id);
        match (holds("app"), holds("bot")) {
            (true, _) => UserKind::App,
            (false, true) => UserKind::Bot,
            (false, false) => UserKind::Person,
        }
    }

    /// Checks that an administrator remains after a change of this user into `after`, or `None` for
    /// a deletion: the last active administrator cannot be deleted, deactivated or demoted.
    /// `another` tells whether another user is an active administrator, and is called only if it
    /// matters.
    ///
    /// # Errors
    /// [`Error::LastAdministrator`], and any error of `another`.
    pub fn leave_an_administrator(
        &self,
        after: Option<&Self>,
        another: impl FnOnce() -> Result<bool>,
    ) -> Result<()> {
        let administrates =
            |user: &Self| user.active && user.roles.iter().any(|role| role == ADMIN);
        if !administrates(self) || after.is_some_and(administrates) || another()? {
            return Ok(());
        }
        Err(Error::LastAdministrator)
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

/// 17 characters of Meteor's unambiguous alphabet. Ids from clients are looked up unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// Accepts any text: an unknown id is not found.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A username: 1 to 64 of `0-9 a-z A-Z - _ .`, Rocket.Chat's default `UTF8_User_Names_Validation`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    const MAX_CHARS: usize = 64;

    /// Validates `username`.
    ///
    /// # Errors
    /// [`Problem::Missing`] if it is empty, [`Problem::NotValid`] if it contains other characters
    /// or more than 64.
    pub fn parse(username: String) -> Result<Self> {
        let problem = if username.is_empty() {
            Problem::Missing
        } else if username.len() > Self::MAX_CHARS
            || !username
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        {
            Problem::NotValid(username)
        } else {
            return Ok(Self(username));
        };
        Err(Error::invalid(Field::Username, problem))
    }

    /// Wraps a name read from the store.
    #[must_use]
    pub fn stored(username: String) -> Self {
        Self(username)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Rejects names that address everyone or could be mistaken for the system. `accepted` is an
    /// exception: the user's current name, or the operator's choice.
    ///
    /// Source: Rocket.Chat's default of `Accounts_SystemBlockedUsernameList`, and the names that
    /// `checkUsernameAvailability.ts` adds.
    ///
    /// # Errors
    /// [`Problem::Reserved`] with the name.
    pub fn refuse_reserved(&self, accepted: Option<&str>) -> Result<()> {
        const RESERVED: [&str; 6] = ["admin", "administrator", "all", "here", "system", "user"];
        let key = Self::key(&self.0);
        if !RESERVED.contains(&key.as_str()) || accepted == Some(&key) {
            return Ok(());
        }
        Err(Error::invalid(
            Field::Username,
            Problem::Reserved(self.0.clone()),
        ))
    }

    /// Returns the key that must be unique: the name without regard to case.
    #[must_use]
    pub fn key(text: &str) -> String {
        text.to_lowercase()
    }
}

/// An email address: non-empty parts around a single `@`, at most 254 bytes, no white space. Only a
/// mail server can check more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Validates `email`.
    ///
    /// # Errors
    /// [`Problem::NotValid`] with the text.
    pub fn parse(email: String) -> Result<Self> {
        let valid = email.len() <= 254
            && !email.contains(char::is_whitespace)
            && email.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty() && !host.is_empty() && !host.contains('@')
            });
        check_name(Field::Email, &email)?;
        if valid {
            Ok(Self(email))
        } else {
            Err(Error::invalid(Field::Email, Problem::NotValid(email)))
        }
    }

    /// Wraps an address read from the store.
    #[must_use]
    pub fn stored(email: String) -> Self {
        Self(email)
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The actor of a request: an active user with a live login and the permissions of its roles.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user.
    pub user: User,
    /// The login that the request used.
    pub login: Login,
    /// The permissions granted by the user's roles.
    pub grants: Grants,
}

impl Actor {
    /// Succeeds if the actor holds `permission`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] otherwise.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.grants.contains(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden { needs: permission })
        }
    }

    /// Succeeds unless the user must change the password first. Personal access tokens do not
    /// depend on the password, so they always pass.
    ///
    /// # Errors
    /// [`Error::PasswordChangeRequired`].
    pub fn require_password_settled(&self) -> Result<()> {
        let by_password = matches!(self.login.kind, LoginKind::Password);
        if by_password && self.user.profile.require_password_change {
            return Err(Error::PasswordChangeRequired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(role: &str, active: bool) -> User {
        User {
            id: UserId::new("a"),
            username: Username::stored("ann".to_owned()),
            name: String::new(),
            email: None,
            roles: vec![role.to_owned()],
            active,
            profile: Profile::default(),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn the_last_active_administrator_stays_one() {
        let admin = user(ADMIN, true);
        for after in [None, Some(user(ADMIN, false)), Some(user("bot", true))] {
            let leave = |another| admin.leave_an_administrator(after.as_ref(), || Ok(another));
            assert!(leave(true).is_ok(), "another one remains");
            let refused = leave(false).unwrap_err();
            assert!(matches!(refused, Error::LastAdministrator), "{after:?}");
        }
        let unasked = || -> Result<bool> { unreachable!("it makes no difference") };
        admin.leave_an_administrator(Some(&admin), unasked).unwrap();
        for other in [user(ADMIN, false), user("bot", true)] {
            other.leave_an_administrator(None, unasked).unwrap();
        }
    }

    #[test]
    fn usernames_hold_the_default_alphabet_only() {
        for good in ["bob", "Ann.Lee-2_x", &"a".repeat(64)] {
            assert!(Username::parse(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "jörg", "a@b", "a/b", &"a".repeat(65)] {
            assert!(Username::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn reserved_names_are_refused_in_every_case() {
        let refused = |name: &str, accepted| {
            Username::stored(name.to_owned())
                .refuse_reserved(accepted)
                .is_err()
        };
        for name in [
            "all",
            "here",
            "system",
            "administrator",
            "user",
            "admin",
            "ALL",
            "Admin",
        ] {
            assert!(refused(name, None), "{name}");
        }
        for name in ["ann", "users", "admin2", "al"] {
            assert!(!refused(name, None), "{name}");
        }
        assert!(!refused("admin", Some("admin")) && refused("all", Some("admin")));
    }

    #[test]
    fn addresses_have_two_sides() {
        assert!(Email::parse("a@b".to_owned()).is_ok());
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a\0@b",
            "a\u{202e}@b",
        ] {
            assert!(Email::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
