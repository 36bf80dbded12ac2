//! The invitations' part of the store contract.

use crate::domain::{
    Acceptance, Attribution, By, InvitationId, InvitationRecord, InvitedUser, NewInvitation,
    Result, User,
};
use async_trait::async_trait;

/// Links with which users choose a password. See the [module](super) for the contract of every
/// method.
///
/// A user has at most one unused link: a new one, a new password and a use each end the others.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Adds users, each with an invitation: all of them or none. They get the same password hash,
    /// of a password that no one knows.
    ///
    /// # Errors
    /// Those of [`create_user`](super::Users::create_user).
    async fn invite_users(
        &self,
        users: Vec<InvitedUser>,
        password_hash: String,
        by: Attribution,
    ) -> Result<()>;

    /// Adds a link for an existing user.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist.
    async fn create_invitation(&self, new: NewInvitation, by: Attribution) -> Result<()>;

    /// Returns the link with this digest, used or not.
    async fn find_invitation(&self, token_hash: String) -> Result<Option<InvitationRecord>>;

    /// Returns the unused links, the latest first.
    async fn list_invitations(&self) -> Result<Vec<InvitationRecord>>;

    /// Uses a link: sets the password, ends the logins made with the old one, and opens a login.
    /// Returns the user.
    ///
    /// # Errors
    /// `LinkEnded`, `Deactivated`.
    async fn accept_invitation(&self, acceptance: Acceptance, by: By) -> Result<User>;

    /// Deletes an unused link.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    async fn delete_invitation(&self, id: InvitationId, by: Attribution) -> Result<()>;
}
