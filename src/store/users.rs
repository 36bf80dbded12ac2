//! What the use cases ask of a database about users and the roles they hold. Knows no SQL.

use crate::domain::{
    Attribution, Bio, By, Choice, Email, LoginId, Nickname, Page, PresencePolicy, Result, User,
    UserId, UserKey, UserQuery, Username,
};
use async_trait::async_trait;

/// People. See the [module](super) for what every method promises.
///
/// Somebody active always holds the role `admin`, once somebody does: a change that would leave nobody is refused in its own
/// transaction, so that of two such changes at once one is.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user with its password hash and roles.
    ///
    /// # Errors
    /// `Invalid { Username | Email, Taken }` when another user has it, `Invalid { Role, Unknown }` for a role that does not exist.
    async fn create_user(
        &self,
        user: User,
        password_hash: String,
        attribution: Attribution,
    ) -> Result<()>;

    /// The user, with its password hash, that `key` names.
    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>>;

    /// Whether there is at least one user. Takes as long for a million users as for one.
    async fn has_users(&self) -> Result<bool>;

    /// A page of users.
    async fn list_users(&self, query: UserQuery) -> Result<Page<User>>;

    /// Changes a user, ends logins as [`UserPatch`] says, and answers what the user is now. Adds the events of what differs: of the user,
    /// unless only preferences, the password or nothing did; of each role given or taken; and of logins that ended.
    ///
    /// # Errors
    /// `Unauthenticated` when [`UserPatch::asked_by`] has ended, `Invalid { CurrentPassword }` when [`UserPatch::checked_hash`] is not the
    /// hash any more, `NotFound`, `LastAdministrator`, `Invalid { Username | Email, Taken }`, `Invalid { Role, Unknown }`, `Invalid { Role, Unchanged }`
    /// for a role to add that is held or one to remove that is not, or `Invalid { Preferences, TooLong }` for more than
    /// [`Profile::MAX_PREFERENCES`](crate::domain::Profile::MAX_PREFERENCES) with those there were.
    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User>;

    /// Removes a user with all of its logins, and adds the event.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`.
    async fn delete_user(&self, id: UserId, by: By) -> Result<()>;
}

/// What to change about a user; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The name to log in with.
    pub username: Option<Username>,
    /// The name to show.
    pub name: Option<String>,
    /// The e-mail address. One that is new is not verified, unless `email_verified` says so.
    pub email: Option<Email>,
    /// Whether somebody vouches for the address.
    pub email_verified: Option<bool>,
    /// Some words about the user; an empty text takes them away.
    pub bio: Option<Bio>,
    /// A further name; an empty text takes it away.
    pub nickname: Option<Nickname>,
    /// A JSON object to merge into the preferences, as RFC 7396 merges: `null` takes a key away.
    pub preferences: Option<String>,
    /// Whether clients ask for a new password.
    pub require_password_change: Option<bool>,
    /// A new password hash. Ends every login by password but `keep_login`; tokens stay.
    pub password_hash: Option<String>,
    /// The password hash that the current password was checked against. Where there is another by now, the change is refused as a
    /// wrong current password.
    pub checked_hash: Option<String>,
    /// The login that asks for the change, which is refused once that one has ended.
    pub asked_by: Option<LoginId>,
    /// Whether failed logins up to now are forgiven.
    pub unblock: bool,
    /// The login that a new password leaves: the one it was set with.
    pub keep_login: Option<LoginId>,
    /// The roles.
    pub roles: Option<RoleChange>,
    /// Whether the user may log in. Switching it off ends every login, tokens too.
    pub active: Option<bool>,
    /// What the user's status is to be; adds the event of a presence.
    pub choice: Option<Choice>,
    /// By what the user counts as connected. Another than before is a change of the presence, too, as lists of what changed go.
    pub presence_policy: Option<PresencePolicy>,
}

impl UserPatch {
    /// Whether logins may end with it, or a role be taken away.
    #[must_use]
    pub const fn may_end(&self) -> bool {
        let takes = matches!(
            self.roles,
            Some(RoleChange::Replace(_) | RoleChange::Remove(_))
        );
        takes || self.password_hash.is_some() || matches!(self.active, Some(false))
    }
}

/// How to change the roles that a user holds, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChange {
    /// These and no others.
    Replace(Vec<String>),
    /// One more.
    Add(String),
    /// One less.
    Remove(String),
}
