//! What administrators do about single accounts besides editing them: lifting a block, and choosing
//! what counts as connected.

use crate::app::App;
use crate::domain::{Permission, PresencePolicy, Requester, Result, UserId, UserPatch};

/// Lifts the block of a user by failed logins, for every address.
///
/// # Errors
/// `Forbidden` (`edit-other-user-info`), `NotFound`, `Unavailable`.
pub async fn unblock(app: &App, actor: &Requester, user: UserId) -> Result<()> {
    let patch = UserPatch {
        unblock: true,
        ..UserPatch::default()
    };
    update(app, actor, user, patch).await
}

/// Sets what counts as connected for a user.
///
/// # Errors
/// `Forbidden` (`edit-other-user-info`), `NotFound`, `Unavailable`.
pub async fn set_presence_policy(
    app: &App,
    actor: &Requester,
    user: UserId,
    policy: PresencePolicy,
) -> Result<()> {
    let patch = UserPatch {
        presence_policy: Some(policy),
        ..UserPatch::default()
    };
    update(app, actor, user, patch).await
}

async fn update(app: &App, actor: &Requester, user: UserId, patch: UserPatch) -> Result<()> {
    actor.require(Permission::EditOtherUserInfo)?;
    let by = actor.by(app.clock.now());
    app.store.update_user(user, patch, by).await.map(drop)
}
