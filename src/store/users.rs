//! What the use cases ask of a database about users and the roles they hold. Knows no SQL.

use crate::domain::{Result, Timestamp, User, UserId, UserKey};
use async_trait::async_trait;

/// People. See the [module](super) for what every method promises.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user with its password hash and roles.
    ///
    /// # Errors
    /// `Invalid { Username | Email, Taken }` when another user has it, `Invalid { Role, Unknown }` for a role that does not exist.
    async fn create_user(&self, user: User, password_hash: String) -> Result<()>;

    /// The user, with its password hash, that `key` names.
    async fn find_user(&self, key: UserKey) -> Result<Option<(User, String)>>;

    /// All users, by user name.
    async fn list_users(&self) -> Result<Vec<User>>;

    /// Changes a user and ends logins as [`UserPatch`] says.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid { Role, Unknown }`.
    async fn update_user(&self, id: UserId, patch: UserPatch, at: Timestamp) -> Result<()>;
}

/// What to change about a user; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// A new password hash. Ends every login by password; tokens stay.
    pub password_hash: Option<String>,
    /// The role ids, replacing all.
    pub roles: Option<Vec<String>>,
    /// Whether the user may log in. Switching it off ends every login, tokens too.
    pub active: Option<bool>,
}
