//! The displays' part of the store contract.

use crate::domain::{Attribution, Display, Result, Timestamp, UserId};
use async_trait::async_trait;

/// Displays and the PINs with which people use them. See the [module](super) for the contract of
/// every method. A change of displays raises the version of
/// [`ChangeKind::Displays`](super::ChangeKind::Displays), except a new time of the last connection.
#[async_trait]
pub trait Displays: Send + Sync {
    /// Returns all displays, by name.
    async fn list_displays(&self) -> Result<Vec<Display>>;

    /// Returns the display whose key has this hash.
    async fn find_display(&self, key_hash: String) -> Result<Option<Display>>;

    /// Adds a display.
    ///
    /// # Errors
    /// `Invalid { DisplayName, Taken }`.
    async fn create_display(
        &self,
        display: Display,
        key_hash: String,
        attribution: Attribution,
    ) -> Result<()>;

    /// Replaces the key of a display. Returns the display.
    ///
    /// # Errors
    /// `NotFound`.
    async fn rotate_display(
        &self,
        id: String,
        key_hash: String,
        attribution: Attribution,
    ) -> Result<Display>;

    /// Deletes a display.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_display(&self, id: String, attribution: Attribution) -> Result<()>;

    /// Records that a display was connected at `at`, unless it no longer exists. No event, no audit
    /// record.
    async fn display_seen(&self, id: String, at: Timestamp) -> Result<()>;

    /// Returns the hash of a user's PIN. `None`: the user has no PIN, or there is no such user.
    async fn find_pin(&self, user: UserId) -> Result<Option<String>>;

    /// Sets or removes the hash of a user's PIN.
    ///
    /// # Errors
    /// `NotFound`.
    async fn set_pin(
        &self,
        user: UserId,
        pin_hash: Option<String>,
        attribution: Attribution,
    ) -> Result<()>;
}
