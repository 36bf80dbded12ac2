//! The users' part of the store contract: users and the roles they hold.

use crate::domain::{
    AccountState, Attribution, By, LoginId, Page, Result, StatusVisibility, Timestamp, User,
    UserId, UserKey, UserPatch, UserQuery,
};
use async_trait::async_trait;

/// Users. See the [module](super) for the contract of every method.
///
/// Once an active user holds the role `admin`, at least one always does; likewise the permission
/// `access-permissions`. A change that would leave none is rejected inside its own transaction, so
/// that of two concurrent ones one fails.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user with password hash and roles, and appends an event, unless the server itself
    /// creates the user: no client can listen yet.
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

    /// Adds a user like [`create_user`](Self::create_user), with rules of status visibility, and
    /// appends an event for them.
    ///
    /// # Errors
    /// Those of `create_user`.
    async fn create_hidden_user(
        &self,
        user: User,
        password_hash: String,
        visibility: StatusVisibility,
        by: By,
    ) -> Result<()>;

    /// Returns the user that `key` identifies, with the password hash.
    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>>;

    /// Returns whether there is at least one user. Takes constant time.
    async fn has_users(&self) -> Result<bool>;

    /// Returns a page of users.
    async fn list_users(&self, query: UserQuery) -> Result<Page<User>>;

    /// Returns the states at `now` of those of `ids` that belong to users.
    async fn list_account_states(
        &self,
        ids: Vec<UserId>,
        now: Timestamp,
    ) -> Result<Vec<AccountState>>;

    /// Updates a user, ends logins as described for [`UserPatch`], and returns the updated user.
    /// Appends one event for the user (unless only preferences, the password or nothing changed),
    /// one for each role given or taken, one if the rules of status visibility changed, and one if
    /// logins ended.
    ///
    /// # Errors
    /// `Unauthenticated` if [`UserPatch::asked_by`] has ended, `Invalid { CurrentPassword }` if
    /// [`UserPatch::checked_hash`] is no longer the stored hash, `NotFound`, `LastAdministrator`,
    /// `LastPermissionManager`, `Invalid { Username | Email, Taken }`, `Invalid { Role, Unknown }`,
    /// `Invalid { Role, Unchanged }` for a role to add that is held or one to remove that is not,
    /// or `Invalid { Preferences, TooLong }` if the merged preferences exceed
    /// [`Profile::MAX_PREFERENCES`](crate::domain::Profile::MAX_PREFERENCES).
    async fn update_user(&self, id: UserId, patch: UserPatch, by: By) -> Result<User>;

    /// Deletes a user who asked for it with a password, like [`delete_user`](Self::delete_user).
    ///
    /// # Errors
    /// `Unauthenticated` if the login `asked_by` has ended, `Invalid { CurrentPassword }` if
    /// `checked_hash` is no longer the stored hash, and those of `delete_user`.
    async fn delete_own_user(
        &self,
        id: UserId,
        checked_hash: String,
        asked_by: LoginId,
        by: By,
    ) -> Result<()>;

    /// Deletes a user with all logins, and appends the event. Removes the user from the lists of
    /// those who may not see a status, without further events.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`, `LastPermissionManager`.
    async fn delete_user(&self, id: UserId, by: By) -> Result<()>;
}
