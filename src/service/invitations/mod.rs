//! Links with which people choose their own password: invitations of new users, and resets. The
//! server sends no mail: the creator of a link passes it on.

mod accept;
mod import;
mod invitee;
mod link;

pub use accept::{Acceptor, accept, look};
pub use import::{Import, ImportMode, ImportRow, ImportedRow, MOST_ROWS, RowOutcome, import};
pub use invitee::Invitee;
use invitee::{check_invitee, unknown_password};
pub use link::IssuedLink;
use link::new_link;

use crate::app::App;
use crate::domain::{
    Caller, Error, InvitationId, InvitationKind, InvitationRecord, InvitedUser, Permission, Result,
    User, UserKey,
};
use crate::service::users;

/// The permission to invite people, and to list and revoke links.
pub const MAY_INVITE: Permission = Permission::CreateUser;
/// The permission to create a reset link.
pub const MAY_RESET: Permission = Permission::EditOtherUserPassword;

/// Creates a user without a password, and the link to choose one.
///
/// # Errors
/// `Forbidden` (`create-user`; `assign-admin-role` for an administrator), `Invalid` for a name, an
/// address or roles, `Unavailable`.
pub async fn invite(app: &App, caller: Caller<'_>, new: Invitee) -> Result<IssuedLink> {
    caller.require(MAY_INVITE)?;
    let user = check_invitee(app, caller, new).await?;
    let (link, invitation) = new_link(app, caller, &user, InvitationKind::Invitation)?;
    let hash = unknown_password(app).await?;
    let users = vec![InvitedUser { user, invitation }];
    let by = caller.attribution(app.clock.now());
    let created = app.store.invite_users(users, hash, by).await;
    created.map_err(|failed| as_seen_by(caller, failed))?;
    Ok(link)
}

/// Creates another link for a user who has not chosen a password yet. Earlier ones end.
///
/// # Errors
/// `Forbidden` (`create-user`; `edit-other-user-password` for a user who has logged in or was not
/// invited; `assign-admin-role` for an administrator), `NotFound`, `Unavailable`.
pub async fn invite_again(app: &App, caller: Caller<'_>, key: UserKey) -> Result<IssuedLink> {
    caller.require(MAY_INVITE)?;
    let (user, _) = users::find(app, key).await?;
    if !is_waiting(app, &user).await? {
        caller.require(MAY_RESET)?;
    }
    if let Caller::Requester(actor) = caller {
        // The link gives its holder the account with its roles.
        users::check_roles(app, actor, &user.roles).await?;
    }
    create(app, caller, &user, InvitationKind::Invitation).await
}

/// Creates a link with which a user chooses a new password. Earlier ones end. The current password
/// stays valid until the link is used.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn reset(app: &App, caller: Caller<'_>, key: UserKey) -> Result<IssuedLink> {
    caller.require(MAY_RESET)?;
    let (user, _) = users::find(app, key).await?;
    create(app, caller, &user, InvitationKind::Reset).await
}

/// Returns the unused links, the latest first. Expired ones are included: their users still wait
/// for a link.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<InvitationRecord>> {
    caller.require(MAY_INVITE)?;
    app.store.list_invitations().await
}

/// Revokes an unused link.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn revoke(app: &App, caller: Caller<'_>, id: InvitationId) -> Result<()> {
    let by = caller.authorize(MAY_INVITE, app.clock.now())?;
    app.store.delete_invitation(id, by).await
}

async fn create(
    app: &App,
    caller: Caller<'_>,
    user: &User,
    kind: InvitationKind,
) -> Result<IssuedLink> {
    let (link, invitation) = new_link(app, caller, user, kind)?;
    let by = caller.attribution(app.clock.now());
    app.store.create_invitation(invitation, by).await?;
    Ok(link)
}

/// Returns whether a user was invited and has neither used the link nor logged in otherwise. Only
/// then does another invitation give no more than the first.
async fn is_waiting(app: &App, user: &User) -> Result<bool> {
    let unused = app.store.list_invitations().await?;
    let mut unused = unused.iter().map(|record| &record.invitation);
    let is_invited =
        unused.any(|unused| unused.user == user.id && unused.kind == InvitationKind::Invitation);
    Ok(is_invited && user.profile.last_login_at.is_none())
}

/// Returns an error as `caller` may see it.
fn as_seen_by(caller: Caller<'_>, failed: Error) -> Error {
    match caller {
        Caller::Operator => failed,
        Caller::Requester(actor) => users::without_addresses(actor, failed),
    }
}
