//! The pictures of users in the store contract.

use crate::domain::{Avatar, By, Result, UserId, UserKey};
use async_trait::async_trait;

/// Pictures of users. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Avatars: Send + Sync {
    /// Returns the picture of the user that `key` identifies. `None`: there is no such user, or the
    /// user has no picture.
    async fn find_avatar(&self, key: UserKey) -> Result<Option<Avatar>>;

    /// Sets or removes the picture of a user, and publishes the change if there is one.
    ///
    /// # Errors
    /// `NotFound`.
    async fn set_avatar(&self, user: UserId, avatar: Option<Avatar>, by: By) -> Result<()>;
}
