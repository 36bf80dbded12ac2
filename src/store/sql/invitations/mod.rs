//! Links with which users choose a password, in SQL.

mod accept;
mod create;
pub mod end;
mod rows;

use super::signal::{ACCESS, AUDIT};
use super::{Engine, SpaceClass};
use crate::domain::{
    Acceptance, Attribution, By, InvitationId, InvitationRecord, InvitedUser, NewInvitation,
    Result, User,
};
use crate::store::Invitations;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Invitations for E {
    async fn invite_users(
        &self,
        users: Vec<InvitedUser>,
        password_hash: String,
        by: Attribution,
    ) -> Result<()> {
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            create::with_users(sql, &users, &password_hash, &by)
        })
        .await
    }

    async fn create_invitation(&self, new: NewInvitation, by: Attribution) -> Result<()> {
        self.write(SpaceClass::Common, AUDIT, move |sql| {
            create::create(sql, &new, &by)
        })
        .await
    }

    async fn find_invitation(&self, token_hash: String) -> Result<Option<InvitationRecord>> {
        self.read(move |sql| rows::by_token(sql, &token_hash)).await
    }

    async fn list_invitations(&self) -> Result<Vec<InvitationRecord>> {
        self.read(rows::unused).await
    }

    async fn accept_invitation(&self, acceptance: Acceptance, by: By) -> Result<User> {
        self.write(SpaceClass::Common, ACCESS, move |sql| {
            accept::accept(sql, &acceptance, &by)
        })
        .await
    }

    async fn delete_invitation(&self, id: InvitationId, by: Attribution) -> Result<()> {
        self.write(SpaceClass::Reserve, AUDIT, move |sql| {
            end::revoke(sql, &id, &by)
        })
        .await
    }
}
