//! Who may change what about a user. Source: Rocket.Chat `validateUserData.ts`,
//! `validateUserEditing.ts`, `saveUserProfile.ts`. A change is one transaction, where Rocket.Chat
//! saves part by part. The `presence` module checks statuses.

use super::current_password::{self, CurrentPassword};
use super::own_changes;
use super::user_changes::UserChanges;
use super::{accept, check_roles, find, is_self, refuse_unclear, visibility, without_addresses};
use crate::app::{App, Ids};
use crate::auth::passwords::PasswordDigest;
use crate::domain::{
    ADMIN, Actor, Bio, Choice, Email, Error, Field, Nickname, Permission, Problem, Requester,
    Result, RoleChange, SettingValues, User, UserId, UserKey, UserPatch, UserStatus, Username,
    VisibilityPatch, VisibilitySwitches,
};
use crate::service::presence;

/// Changes a user: the actor, or another one with `edit-other-user-info`. Roles, password and
/// activation need their own permissions. Actors need their current password to change their own
/// username, address or password, or whether they must change it: who must, may set a new one
/// without the current one.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Disallowed`, `Invalid`, `LoginBlocked`, `LastAdministrator`,
/// `LastPermissionManager`, `Unavailable`.
pub async fn update(
    app: &App,
    actor: &Requester,
    user: UserId,
    new: UserChanges,
    current: CurrentPassword,
) -> Result<User> {
    let own = is_self(actor, &user);
    let needs = Permission::EditOtherUserInfo;
    let sets_rules = new.presence_disabled.is_some() || new.denied_by_admin.is_some();
    if !own {
        actor.require(needs)?;
    } else if sets_rules {
        return Err(Error::Forbidden { needs });
    }
    check_roles(app, actor, new.roles.as_deref().unwrap_or_default()).await?;
    let (before, _) = find(app, UserKey::Id(user)).await?;
    may_change(actor, &before, &new)?;
    let settings = app.settings().await?;
    own_changes::check_profile(&settings, actor)?;
    let text = current_text(app, &before, &new).await?;
    own_changes::check(&settings, actor, &before, &text, &new)?;
    let mut patch = patch(&new, &before)?;
    patch.choice = choice(&settings, &text, &new)?;
    patch.visibility = rules(app, &new).await?;
    patch.switches = VisibilitySwitches::from(&*settings);
    // Repeating the current roles needs no permission. It therefore must not undo a concurrent
    // removal of a role.
    let roles = new.roles.filter(|roles| !are_held(&before, roles));
    patch.roles = roles.map(RoleChange::Replace);
    patch.active = new.active;
    patch.require_password_change = new.require_password_change;
    let password = if new.random_password {
        patch.require_password_change = Some(true);
        Some(Ids::password()?)
    } else {
        new.password.filter(|password| !password.trim().is_empty())
    };
    let password = accept_for(app, password, &patch, &before)?;
    let demand = new.require_password_change;
    let changes_demand = demand.is_some_and(|it| it != before.profile.require_password_change);
    if own && changes_demand {
        actor.require(Permission::EditOtherUserPassword)?;
    }
    let renamed = patch.username.is_some() && patch.username.as_ref() != Some(&before.username);
    let is_guarded = password.is_some() || changes_demand || renamed;
    if own && (is_guarded || changes_email(&patch, &before)) {
        current_password::require(app, actor, &current, &mut patch).await?;
    }
    if let Some(password) = password {
        patch.password_hash = Some(app.auth.passwords.hash(password).await?);
        patch.unblock = !own;
    }
    let by = actor.by(app.clock.now());
    let updated = app.store.update_user(before.id, patch, by).await;
    updated.map_err(|failed| without_addresses(actor, failed))
}

/// Changes the actor's own user. A new password or address needs the current password. A new
/// username does not, as in Rocket.Chat (`executeSaveUserProfile`), whose tests change it without.
/// A new password ends the other password logins. An actor who must change the password can do
/// nothing else here.
///
/// # Errors
/// `Disallowed`, `PasswordChangeRequired`, `Invalid { CurrentPassword }`, `LoginBlocked`, `Invalid`
/// for invalid values, `Unavailable`.
pub async fn update_own(
    app: &App,
    actor: &Requester,
    new: UserChanges,
    current: CurrentPassword,
) -> Result<User> {
    let (before, settings) = (&actor.user, app.settings().await?);
    own_changes::check_own_profile(&settings)?;
    let text = current_text(app, before, &new).await?;
    own_changes::check(&settings, actor, before, &text, &new)?;
    let mut patch = patch(&new, before)?;
    patch.choice = choice(&settings, &text, &new)?;
    patch.switches = VisibilitySwitches::from(&*settings);
    let password = new.password.filter(|password| !password.trim().is_empty());
    let password = accept_for(app, password, &patch, before)?;
    match &password {
        None => actor.require_password_settled()?,
        Some(password) => current_password::refuse_same(password, &current)?,
    }
    if password.is_some() || changes_email(&patch, before) {
        current_password::require(app, actor, &current, &mut patch).await?;
    }
    if let Some(password) = password {
        patch.password_hash = Some(app.auth.passwords.hash(password).await?);
        patch.keep_login = Some(actor.login.id.clone());
        patch.require_password_change = Some(false);
    }
    let by = actor.by(app.clock.now());
    let updated = app.store.update_user(by.user.clone(), patch, by).await;
    updated.map_err(|failed| without_addresses(actor, failed))
}

/// Sets the new password of a user who must change it, without asking for the current one again.
/// Ends the other password logins.
///
/// # Errors
/// `Forbidden` for a user who need not change it, `Invalid { Password }`, `Unavailable`.
pub async fn set_required(app: &App, actor: &Requester, password: &str) -> Result<User> {
    if actor.require_password_settled().is_ok() {
        let needs = Permission::EditOtherUserPassword;
        return Err(Error::Forbidden { needs });
    }
    let (user, hash) = find(app, UserKey::Id(actor.user.id.clone())).await?;
    let digest = accept(app, password, &user.username, user.email.as_ref())?;
    let passwords = &app.auth.passwords;
    let is_same = passwords.verify(Some(actor.address()), Some(hash.clone()), digest.clone());
    if is_same.await? {
        return Err(current_password::unchanged());
    }
    let patch = UserPatch {
        password_hash: Some(passwords.hash(digest).await?),
        checked_hash: Some(hash),
        asked_by: Some(actor.login.id.clone()),
        keep_login: Some(actor.login.id.clone()),
        require_password_change: Some(false),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user.id, patch, by).await
}

/// Returns the status text of `user`, which decides whether a new one is a change. Empty if the
/// changes have none.
async fn current_text(app: &App, user: &User, new: &UserChanges) -> Result<String> {
    if new.status_text.is_none() {
        return Ok(String::new());
    }
    let presence = app.store.find_presence(user.id.clone()).await?;
    Ok(presence.text(app.clock.now()).to_owned())
}

/// Returns the status that the changes set, if any. Repeating the text while texts are locked sets
/// none.
fn choice(settings: &SettingValues, current: &str, new: &UserChanges) -> Result<Option<Choice>> {
    let is_locked = !settings.allow_status_message_change();
    let text = new.status_text.as_deref();
    let text = text.filter(|text| !(is_locked && *text == current));
    if text.is_none() && new.status_type.is_none() {
        return Ok(None);
    }
    let status = new.status_type.as_deref().map(|text| {
        UserStatus::named(text)
            .ok_or_else(|| Error::invalid(Field::Status, Problem::NotValid(text.to_owned())))
    });
    presence::checked(settings, status.transpose()?, text).map(Some)
}

/// Returns the rules of status visibility that an administrator sets, if any.
async fn rules(app: &App, new: &UserChanges) -> Result<Option<VisibilityPatch>> {
    if new.presence_disabled.is_none() && new.denied_by_admin.is_none() {
        return Ok(None);
    }
    let denied_by_admin = match &new.denied_by_admin {
        Some(names) => Some(visibility::ids(app, Field::DeniedUsersByAdmin, names).await?),
        None => None,
    };
    Ok(Some(VisibilityPatch {
        disabled_by_admin: new.presence_disabled,
        denied_by_admin,
        ..VisibilityPatch::default()
    }))
}

/// Checks the permissions needed in addition to `edit-other-user-info`. Actors change their own
/// password with the current one, through [`update_own`].
fn may_change(actor: &Actor, before: &User, new: &UserChanges) -> Result<()> {
    if let Some(roles) = &new.roles {
        let is_admin = |ids: &[String]| ids.iter().any(|id| id == ADMIN);
        if !are_held(before, roles) {
            actor.require(Permission::AssignRoles)?;
        }
        if is_admin(&before.roles) && !is_admin(roles) {
            actor.require(Permission::AssignAdminRole)?;
        }
    }
    if new
        .password
        .as_deref()
        .is_some_and(|text| !text.trim().is_empty())
        || new.random_password
    {
        actor.require(Permission::EditOtherUserPassword)?;
    }
    // Users cannot verify their own address.
    if new.email_verified == Some(true) && is_self(actor, &before.id) {
        return Err(Error::invalid(Field::Email, Problem::Unchanged));
    }
    if new.active.is_some() {
        actor.require(Permission::EditOtherUserActiveStatus)?;
    }
    Ok(())
}

/// Returns whether `roles` are those that `user` holds, in any order.
fn are_held(user: &User, roles: &[String]) -> bool {
    let mut roles = roles.to_vec();
    roles.sort();
    roles.dedup();
    roles == user.roles
}

/// Returns the digest of the new password, if any. It is checked against the names that the user
/// has after the patch.
fn accept_for(
    app: &App,
    password: Option<String>,
    patch: &UserPatch,
    before: &User,
) -> Result<Option<PasswordDigest>> {
    let username = patch.username.as_ref().unwrap_or(&before.username);
    let email = patch.email.as_ref().or(before.email.as_ref());
    let accepted = password.map(|password| accept(app, &password, username, email));
    accepted.transpose()
}

/// Returns whether the email address changes.
fn changes_email(patch: &UserPatch, before: &User) -> bool {
    patch.email.is_some() && patch.email != before.email
}

/// Builds the part of the patch that needs no further permission.
fn patch(new: &UserChanges, before: &User) -> Result<UserPatch> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let name = filled(&new.name);
    if let Some(name) = &name {
        refuse_unclear(Field::FullName, name)?;
        if name.trim().is_empty() {
            return Err(Error::invalid(Field::FullName, Problem::Missing));
        }
    }
    let username = filled(&new.username).map(Username::parse).transpose()?;
    if let Some(username) = &username {
        username.refuse_reserved(Some(&Username::key(before.username.as_str())))?;
    }
    Ok(UserPatch {
        username,
        name,
        email: filled(&new.email).map(Email::parse).transpose()?,
        email_verified: new.email_verified,
        bio: new.bio.as_deref().map(Bio::parse).transpose()?,
        nickname: new.nickname.as_deref().map(Nickname::parse).transpose()?,
        ..UserPatch::default()
    })
}
