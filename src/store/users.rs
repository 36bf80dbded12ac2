//! The users' part of the store contract: users and the roles they hold.

use crate::domain::{
    Attribution, Bio, By, Choice, Email, LoginId, Nickname, Page, PresencePolicy, Result, User,
    UserId, UserKey, UserQuery, Username,
};
use async_trait::async_trait;

/// Users. See the [module](super) for the contract of every method.
///
/// Once an active user holds the role `admin`, at least one always does. A change that would leave
/// none is rejected inside its own transaction, so that of two concurrent ones one fails.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user with password hash and roles.
    ///
    /// # Errors
    /// `Invalid { Username | Email, Taken }` if another user has it, `Invalid { Role, Unknown }`
    /// for a role that does not exist.
    async fn create_user(
        &self,
        user: User,
        password_hash: String,
        attribution: Attribution,
    ) -> Result<()>;

    /// Returns the user that `key` identifies, with the password hash.
    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>>;

    /// Returns whether there is at least one user. Takes constant time.
    async fn has_users(&self) -> Result<bool>;

    /// Returns a page of users.
    async fn list_users(&self, query: UserQuery) -> Result<Page<User>>;

    /// Updates a user, ends logins as described for [`UserPatch`], and returns the updated user.
    /// Appends one event for the user (unless only preferences, the password or nothing changed),
    /// one for each role given or taken, and one if logins ended.
    ///
    /// # Errors
    /// `Unauthenticated` if [`UserPatch::asked_by`] has ended, `Invalid { CurrentPassword }` if
    /// [`UserPatch::checked_hash`] is no longer the stored hash, `NotFound`, `LastAdministrator`,
    /// `Invalid { Username | Email, Taken }`, `Invalid { Role, Unknown }`,
    /// `Invalid { Role, Unchanged }` for a role to add that is held or one to remove that is not,
    /// or `Invalid { Preferences, TooLong }` if the merged preferences exceed
    /// [`Profile::MAX_PREFERENCES`](crate::domain::Profile::MAX_PREFERENCES).
    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User>;

    /// Deletes a user with all logins, and appends the event.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`.
    async fn delete_user(&self, id: UserId, by: By) -> Result<()>;
}

/// The changes to a user. `None` keeps the current value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The username.
    pub username: Option<Username>,
    /// The display name.
    pub name: Option<String>,
    /// The email address. A new one is unverified unless `email_verified` is set.
    pub email: Option<Email>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
    /// The bio. An empty text removes it.
    pub bio: Option<Bio>,
    /// The nickname. An empty text removes it.
    pub nickname: Option<Nickname>,
    /// A JSON object to merge into the preferences according to RFC 7396: `null` removes a key.
    pub preferences: Option<String>,
    /// Whether clients ask for a new password.
    pub require_password_change: Option<bool>,
    /// A new password hash. Ends every password login except `keep_login`. Tokens stay valid.
    pub password_hash: Option<String>,
    /// The password hash that the current password was checked against. If it has changed since,
    /// the update is rejected as a wrong current password.
    pub checked_hash: Option<String>,
    /// The login that requests the change. If it has ended, the change is rejected.
    pub asked_by: Option<LoginId>,
    /// Whether to reset the failed logins so far.
    pub unblock: bool,
    /// The login that survives a password change: the one that requested it.
    pub keep_login: Option<LoginId>,
    /// The roles.
    pub roles: Option<RoleChange>,
    /// Whether the user may log in. Deactivating ends every login, including tokens.
    pub active: Option<bool>,
    /// The status to set. Appends a presence event.
    pub choice: Option<Choice>,
    /// The presence policy. A different policy also counts as a presence change in lists of
    /// changes.
    pub presence_policy: Option<PresencePolicy>,
}

impl UserPatch {
    /// Returns whether the patch may end logins or remove roles.
    #[must_use]
    pub const fn may_end(&self) -> bool {
        let takes = matches!(
            self.roles,
            Some(RoleChange::Replace(_) | RoleChange::Remove(_))
        );
        takes || self.password_hash.is_some() || matches!(self.active, Some(false))
    }
}

/// A change of a user's roles, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChange {
    /// Replaces all roles.
    Replace(Vec<String>),
    /// Adds one role.
    Add(String),
    /// Removes one role.
    Remove(String),
}
