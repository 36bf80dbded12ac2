//! The claims on a user's status: which there are, and ending one. `users.setStatus` with `online`
//! ends all of them; here, a user ends the calendar's and keeps their own, or the reverse.

use super::other_than;
use super::visible::Viewer;
use crate::app::App;
use crate::domain::{
    Actor, Claim, ClaimSource, Permission, Presence, Requester, Result, UserId, UserKey,
    UserStatus, VisibilitySwitches,
};
use crate::service::users;
use crate::store::{ClaimEffect, PresenceChange};

/// The live claims on a user's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimList {
    /// The claims: the effective one, then the others, the strongest first.
    pub claims: Vec<Claim>,
    /// The status that the user has now without any claim.
    pub base: UserStatus,
}

/// Returns the claims of the actor or, with `edit-other-user-info`, of the user identified by
/// `whose`. A user whose status is hidden from the actor has the claims of a user who never set a
/// status: none.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn claims(app: &App, actor: &Actor, whose: Option<UserKey>) -> Result<ClaimList> {
    let user = subject(app, actor, whose).await?;
    let viewer = Viewer::new(app, &actor.user.id).await?;
    let presence = app.store.find_presence(user.clone()).await?;
    let bare = Presence {
        claims: Vec::new(),
        ..presence.clone()
    };
    let base = viewer.sees(app, &user, &bare).status;
    if viewer.is_denied(&user, &presence) {
        let claims = Vec::new();
        return Ok(ClaimList { claims, base });
    }
    let now = app.clock.now();
    let effective = presence.claim(now).map(|claim| claim.source);
    let mut claims = presence.claims;
    claims.retain(|claim| claim.is_live(now));
    claims.sort_by_key(|claim| Some(claim.source) != effective);
    Ok(ClaimList { claims, base })
}

/// Ends the claim of `source` of the actor or, with `edit-other-user-info`, of the user identified
/// by `whose`. The next claim becomes effective. Succeeds if there is no such claim: the answer must
/// not reveal a hidden one.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Disallowed` while the presence is disabled, `Unavailable`.
pub async fn end_claim(
    app: &App,
    actor: &Requester,
    whose: Option<UserKey>,
    source: ClaimSource,
) -> Result<()> {
    let user = subject(app, actor, whose).await?;
    let switches = VisibilitySwitches::from(&*app.settings().await?);
    let change = PresenceChange {
        user,
        by: actor.by(app.clock.now()),
        effect: ClaimEffect::Removes,
        rule: Box::new(move |presence| {
            switches.allow_status_of(&presence.visibility)?;
            presence.end(source);
            Ok(())
        }),
    };
    app.store.change_presence(change).await.map(drop)
}

/// Returns the user that a request is about, if the actor may see and change the claims.
async fn subject(app: &App, actor: &Actor, whose: Option<UserKey>) -> Result<UserId> {
    match other_than(actor, whose) {
        None => Ok(actor.user.id.clone()),
        Some(other) => {
            actor.require(Permission::EditOtherUserInfo)?;
            Ok(users::find(app, other).await?.0.id)
        }
    }
}
