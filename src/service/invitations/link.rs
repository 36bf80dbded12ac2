//! New links.

use crate::app::App;
use crate::auth::opaque_token::OpaqueToken;
use crate::domain::{
    Caller, Invitation, InvitationKind, InvitationRecord, NewInvitation, Result, User,
};

/// A new link. Its token is shown once.
pub struct IssuedLink {
    /// The invitation.
    pub record: InvitationRecord,
    /// The token, a secret.
    pub token: OpaqueToken,
}

/// Returns a new link of `user`, and what to store of it.
pub(super) fn new_link(
    app: &App,
    caller: Caller<'_>,
    user: &User,
    kind: InvitationKind,
) -> Result<(IssuedLink, NewInvitation)> {
    let (token, now) = (OpaqueToken::random()?, app.clock.now());
    let creator = match caller {
        Caller::Operator => None,
        Caller::Requester(actor) => Some(&actor.user),
    };
    let invitation = Invitation {
        id: app.ids.invitation()?,
        user: user.id.clone(),
        kind,
        created_by: creator.map(|creator| creator.id.clone()),
        created_at: now,
        expires_at: now.after(Invitation::LIFE),
        used_at: None,
    };
    let record = InvitationRecord {
        invitation: invitation.clone(),
        username: user.username.clone(),
        name: user.name.clone(),
        creator: creator.map(|creator| creator.username.clone()),
    };
    let token_hash = token.digest();
    let new = NewInvitation {
        invitation,
        token_hash,
    };
    Ok((IssuedLink { record, token }, new))
}
