//! Creates, deletes, activates and deactivates users, and ends their logins. Source of the order of
//! the checks: Rocket.Chat `validateUserData.ts`.

use super::current_password::{self, CurrentPassword};
use super::{accept, check_roles, find, is_self, missing, refuse_unclear, without_addresses};
use crate::app::{App, Ids};
use crate::domain::{
    Bio, Disallowed, Email, EndedLogins, Error, Field, Nickname, Permission, Profile, Requester,
    Result, Setting, StatusVisibility, User, UserId, UserKey, UserPatch, UserQuery, Username,
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A user to create, not validated yet.
#[derive(Default)]
pub struct NewAccount {
    /// The username.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The email address. Empty means none.
    pub email: String,
    /// The password. `None` generates one that is never shown.
    pub password: Option<String>,
    /// The role ids.
    pub roles: Vec<String>,
    /// Whether the user may log in.
    pub active: bool,
    /// Whether the address is verified.
    pub email_verified: bool,
    /// Whether an administrator disables the presence.
    pub presence_disabled: bool,
    /// Whether clients ask for a new password first.
    pub require_password_change: bool,
    /// The bio.
    pub bio: String,
    /// The nickname.
    pub nickname: String,
}

/// Creates a user.
///
/// # Errors
/// `Forbidden` (`create-user`; `assign-admin-role` for an administrator;
/// `edit-other-user-active-status` for a deactivated user), `Invalid` for roles, names, address or
/// password, `Unavailable`.
pub async fn create(app: &App, actor: &Requester, new: NewAccount) -> Result<User> {
    actor.require(Permission::CreateUser)?;
    check_roles(app, actor, &new.roles).await?;
    if new.name.trim().is_empty() {
        return Err(missing(Field::FullName));
    }
    refuse_unclear(Field::FullName, &new.name)?;
    let (is_generated, now) = (new.password.is_none(), app.clock.now());
    let mut user = User {
        id: app.ids.user()?,
        username: Username::parse(new.username)?,
        name: new.name,
        email: None,
        roles: new.roles,
        active: new.active,
        profile: Profile {
            email_verified: new.email_verified,
            require_password_change: new.require_password_change || is_generated,
            ..Profile::default()
        },
        created_at: now,
        updated_at: now,
    };
    user.username.refuse_reserved(None)?;
    let password = new.password.map_or_else(Ids::password, Ok)?;
    if password.is_empty() {
        return Err(missing(Field::Password));
    }
    if !new.email.is_empty() {
        user.email = Some(Email::parse(new.email)?);
    }
    if new.presence_disabled {
        actor.require(Permission::EditOtherUserInfo)?;
        let setting = Setting::StatusVisibilityAdminEnabled;
        if !app.settings().await?.is_on(setting) {
            return Err(Error::Disallowed(Disallowed::StatusVisibilityByAdmin));
        }
    }
    if !new.active {
        actor.require(Permission::EditOtherUserActiveStatus)?;
    }
    let (bio, nickname) = (Bio::parse(&new.bio)?, Nickname::parse(&new.nickname)?);
    user.profile.bio = Some(bio).filter(|bio| !bio.as_str().is_empty());
    user.profile.nickname = Some(nickname).filter(|name| !name.as_str().is_empty());
    let password = accept(app, &password, &user.username, user.email.as_ref())?;
    let hash = app.auth.passwords.hash(password).await?;
    let created = if new.presence_disabled {
        let hidden = StatusVisibility {
            disabled_by_admin: true,
            ..StatusVisibility::default()
        };
        let store = &app.store;
        store.create_hidden_user(user.clone(), hash, hidden, actor.by(now))
    } else {
        app.store
            .create_user(user.clone(), hash, actor.attribution(now))
    };
    created
        .await
        .map_err(|failed| without_addresses(actor, failed))?;
    user.roles.sort();
    user.roles.dedup();
    Ok(user)
}

/// Deletes a user with all logins.
///
/// # Errors
/// `Forbidden`, `NotFound`, `LastAdministrator`, `Unavailable`.
pub async fn delete(app: &App, actor: &Requester, key: UserKey) -> Result<()> {
    actor.require(Permission::DeleteUser)?;
    let (user, _) = find(app, key).await?;
    let by = actor.by(app.clock.now());
    app.store.delete_user(user.id, by).await
}

/// Deletes the actor's own account with all logins, confirmed by the current password.
///
/// # Errors
/// `Disallowed` unless a setting allows it, `Invalid { CurrentPassword }`, `LoginBlocked`,
/// `LastAdministrator`, `LastPermissionManager`, `Unavailable`.
pub async fn delete_own(app: &App, actor: &Requester, current: CurrentPassword) -> Result<()> {
    if !app.settings().await?.is_on(Setting::AllowDeleteOwnAccount) {
        return Err(Error::Disallowed(Disallowed::DeletionOfAccount));
    }
    let hash = current_password::check(app, actor, &current).await?;
    let by = actor.by(app.clock.now());
    let (user, login) = (by.user.clone(), actor.login.id.clone());
    app.store.delete_own_user(user, hash, login, by).await
}

/// Deactivates every user with `role` who has not been active for `days`, and returns their number.
/// The actor stays active, and so do the last administrator and the last user who can change
/// permissions.
///
/// # Errors
/// `Forbidden`, `Unavailable`. Users deactivated before stay so.
pub async fn deactivate_idle(app: &App, actor: &Requester, days: u32, role: String) -> Result<u64> {
    actor.require(Permission::EditOtherUserActiveStatus)?;
    let query = UserQuery {
        roles: vec![role],
        active: Some(true),
        idle_since: Some(app.clock.now().before(DAY * days)),
        ..UserQuery::default()
    };
    let mut deactivated = 0;
    for user in app.store.list_users(query).await?.items {
        if is_self(actor, &user.id) {
            continue;
        }
        match set_active(app, actor, user.id, false).await {
            Ok(_) => deactivated += 1,
            // Deleted meanwhile, or needed.
            Err(Error::NotFound(_) | Error::LastAdministrator | Error::LastPermissionManager) => {}
            Err(failed) => return Err(failed),
        }
    }
    Ok(deactivated)
}

/// Activates or deactivates a user. Deactivation ends all logins, including tokens.
///
/// # Errors
/// `Forbidden`, `NotFound`, `LastAdministrator`, `LastPermissionManager`, `Unavailable`.
pub async fn set_active(app: &App, actor: &Requester, user: UserId, active: bool) -> Result<User> {
    actor.require(Permission::EditOtherUserActiveStatus)?;
    let patch = UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user, patch, by).await
}

/// Ends the actor's other password logins. Personal access tokens stay.
///
/// # Errors
/// `Unavailable`.
pub async fn end_other_logins(app: &App, actor: &Requester) -> Result<()> {
    let by = actor.by(app.clock.now());
    let kept = Some(actor.login.id.clone());
    let ended = EndedLogins::Password { kept };
    app.store.end_logins(by.user.clone(), ended, by).await
}

/// Ends every login of a user, including tokens. Users need no permission for their own.
///
/// # Errors
/// `Forbidden` for another user, `NotFound`, `Unavailable`.
pub async fn end_logins(app: &App, actor: &Requester, user: UserId) -> Result<()> {
    if !is_self(actor, &user) {
        actor.require(Permission::LogoutOtherUser)?;
    }
    let by = actor.by(app.clock.now());
    app.store.end_logins(user, EndedLogins::All, by).await
}
