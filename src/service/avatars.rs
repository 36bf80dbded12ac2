//! The pictures of users: who may change whose, and who may see them.

use crate::app::App;
use crate::domain::{
    Avatar, Disallowed, Error, Permission, Requester, Result, Setting, User, UserKey,
};
use crate::service::users;

/// Sets the picture of the actor, or of the user identified by `whose`. `source` is the picture in
/// a format that [`PictureMaker`](crate::picture::PictureMaker) accepts.
///
/// # Errors
/// `Disallowed` by the setting, which does not bind actors with `edit-other-user-avatar`;
/// `NotFound`, `Forbidden` for another user, `Invalid { Picture }`, `Unavailable`.
pub async fn set(
    app: &App,
    actor: &Requester,
    whose: Option<UserKey>,
    source: impl AsRef<[u8]> + Send + 'static,
) -> Result<()> {
    let user = changeable(app, actor, whose).await?;
    let avatar = app.pictures.make(source).await?;
    let by = actor.by(app.clock.now());
    app.store.set_avatar(user.id, Some(avatar), by).await
}

/// Removes the picture of a user: the actor, or another one.
///
/// # Errors
/// `NotFound`; `Forbidden` for another user, and for the actor if a setting forbids changes;
/// `Unavailable`.
pub async fn reset(app: &App, actor: &Requester, key: UserKey) -> Result<()> {
    let (user, _) = users::find(app, key).await?;
    if user.id != actor.user.id || !may_change_own(app).await? {
        actor.require(Permission::EditOtherUserAvatar)?;
    }
    let by = actor.by(app.clock.now());
    app.store.set_avatar(user.id, None, by).await
}

/// Returns the picture of the user that `key` identifies, if there is one.
///
/// # Errors
/// `Unavailable`.
pub async fn find(app: &App, key: UserKey) -> Result<Option<Avatar>> {
    app.store.find_avatar(key).await
}

/// Returns whether only users may see pictures.
///
/// # Errors
/// `Unavailable`.
pub async fn are_private(app: &App) -> Result<bool> {
    let setting = Setting::AvatarBlockUnauthenticatedAccess;
    Ok(app.settings().await?.is_on(setting))
}

async fn changeable(app: &App, actor: &Requester, whose: Option<UserKey>) -> Result<User> {
    let edits_others = actor.grants.contains(Permission::EditOtherUserAvatar);
    if !edits_others && !may_change_own(app).await? {
        return Err(Error::Disallowed(Disallowed::Avatar));
    }
    let Some(key) = whose else {
        return Ok(actor.user.clone());
    };
    let (user, _) = users::find(app, key).await?;
    if user.id != actor.user.id {
        actor.require(Permission::EditOtherUserAvatar)?;
    }
    Ok(user)
}

async fn may_change_own(app: &App) -> Result<bool> {
    let setting = Setting::AllowUserAvatarChange;
    Ok(app.settings().await?.is_on(setting))
}
