//! Who may change what about a user. Source: Rocket.Chat `validateUserData.ts`, `validateUserEditing.ts`, `saveUserProfile.ts`. All of
//! a change is one transaction, where Rocket.Chat saves part after part. What a status may be is `presence`'s to say.

use super::{check_roles, find, hash, is_self, refuse_long};
use crate::app::{App, Ids};
use crate::domain::{
    ADMIN, Actor, Bio, Choice, Email, Error, Field, Nickname, Permission, Problem, Requester,
    Result, User, UserId, UserKey, UserStatus, Username,
};
use crate::passwords::PasswordDigest;
use crate::service::{audit, presence};
use crate::store::{RoleChange, UserPatch};
use std::net::IpAddr;

/// What to change; `None` leaves it. Nothing of it is checked yet.
#[derive(Default)]
pub struct UserChanges {
    /// The name to log in with; an empty text leaves it.
    pub username: Option<String>,
    /// The name to show; an empty text leaves it.
    pub name: Option<String>,
    /// The e-mail address; an empty text leaves it.
    pub email: Option<String>,
    /// Whether somebody vouches for the address.
    pub email_verified: Option<bool>,
    /// Some words about the user; an empty text takes them away.
    pub bio: Option<String>,
    /// A further name; an empty text takes it away.
    pub nickname: Option<String>,
    /// A new password; a blank text leaves it.
    pub password: Option<String>,
    /// Whether to make a password up that nobody learns.
    pub random_password: bool,
    /// Whether clients ask for a new password.
    pub require_password_change: Option<bool>,
    /// The ids of all its roles.
    pub roles: Option<Vec<String>>,
    /// Whether it may log in.
    pub active: Option<bool>,
    /// What its status says.
    pub status_text: Option<String>,
    /// Which of the four a status is to be.
    pub status_type: Option<String>,
}

/// Changes a user: oneself, or another with `edit-other-user-info`. Roles, password and being active need permissions of their own.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid`, `LastAdministrator`, `Unavailable`.
pub async fn update(app: &App, actor: &Requester, user: UserId, new: UserChanges) -> Result<User> {
    let own = is_self(actor, &user);
    if !own {
        actor.require(Permission::EditOtherUserInfo)?;
    }
    check_roles(app, actor, new.roles.as_deref().unwrap_or_default()).await?;
    let (before, _) = find(app, UserKey::Id(user)).await?;
    may_change(actor, &before, &new)?;
    let mut patch = patch(&new)?;
    patch.choice = choice(app, &new).await?;
    // Who repeats the roles there were needs no permission, and so must not undo that one was taken meanwhile.
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
    if let Some(password) = password {
        patch.password_hash = Some(hash(app, &password).await?);
    }
    let by = actor.by(app.clock.now());
    app.store.update_user(before.id, patch, by).await
}

/// Changes oneself. A new password and a new address ask for the current password, as its SHA-256 in hexadecimal or in plain text;
/// a new password ends the other logins by password. Wrong ones from an `address` count as failed logins do.
///
/// # Errors
/// `Invalid { CurrentPassword }`, `LoginBlocked`, `Invalid` for what cannot be, `Unavailable`.
pub async fn update_own(
    app: &App,
    actor: &Requester,
    new: UserChanges,
    current_password: Option<String>,
    address: IpAddr,
) -> Result<User> {
    let mut patch = patch(&new)?;
    patch.choice = choice(app, &new).await?;
    let password = new.password.filter(|password| !password.trim().is_empty());
    let address_changes = patch.email.is_some() && patch.email != actor.user.email;
    if password.is_some() || address_changes {
        let given = current_password.unwrap_or_default();
        check_current(app, actor, &given, address).await?;
    }
    if let Some(password) = password {
        patch.password_hash = Some(hash(app, &password).await?);
        patch.keep_login = Some(actor.login.id.clone());
        patch.require_password_change = Some(false);
    }
    let by = actor.by(app.clock.now());
    app.store.update_user(by.user.clone(), patch, by).await
}

/// Merges `preferences`, a JSON object, into those of a user: oneself, or another with `edit-other-user-info`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Preferences, TooLong }`, `Unavailable`.
pub async fn set_preferences(
    app: &App,
    actor: &Requester,
    user: UserId,
    preferences: String,
) -> Result<User> {
    if !is_self(actor, &user) {
        actor.require(Permission::EditOtherUserInfo)?;
    }
    let patch = UserPatch {
        preferences: Some(preferences),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user, patch, by).await
}

/// The status among the changes.
async fn choice(app: &App, new: &UserChanges) -> Result<Option<Choice>> {
    if new.status_text.is_none() && new.status_type.is_none() {
        return Ok(None);
    }
    let status = new.status_type.as_deref().map(|text| {
        UserStatus::named(text).ok_or_else(|| Error::Invalid {
            field: Field::Status,
            problem: Problem::NotValid(text.to_owned()),
        })
    });
    let text = new.status_text.as_deref();
    presence::checked(app, status.transpose()?, text)
        .await
        .map(Some)
}

/// What else than `edit-other-user-info` is needed. One's own password is changed with the current one, by [`update_own`].
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
    // To vouch for one's own address is worth nothing.
    if new.email_verified == Some(true) && is_self(actor, &before.id) {
        return Err(Error::Invalid {
            field: Field::Email,
            problem: Problem::Unchanged,
        });
    }
    if new.active.is_some() {
        actor.require(Permission::EditOtherUserActiveStatus)?;
    }
    Ok(())
}

/// Whether `roles` are those that `user` holds, in any order.
fn are_held(user: &User, roles: &[String]) -> bool {
    let mut roles = roles.to_vec();
    roles.sort();
    roles.dedup();
    roles == user.roles
}

/// What everybody may change about whom they may change at all.
fn patch(new: &UserChanges) -> Result<UserPatch> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    refuse_long(Field::FullName, new.name.as_deref().unwrap_or_default())?;
    Ok(UserPatch {
        username: filled(&new.username).map(Username::parse).transpose()?,
        name: filled(&new.name),
        email: filled(&new.email).map(Email::parse).transpose()?,
        email_verified: new.email_verified,
        bio: new.bio.as_deref().map(Bio::parse).transpose()?,
        nickname: new.nickname.as_deref().map(Nickname::parse).transpose()?,
        ..UserPatch::default()
    })
}

/// Whoever has got hold of a token must not learn the password with it. Failures count under the
/// account, together with those of logins: guessing in two places is worth no more than in one.
async fn check_current(app: &App, actor: &Requester, given: &str, address: IpAddr) -> Result<()> {
    let wrong = Error::Invalid {
        field: Field::CurrentPassword,
        problem: Problem::NotValid(String::new()),
    };
    if given.is_empty() {
        return Err(wrong);
    }
    let (attempts, id) = (&app.auth.attempts, &actor.user.id);
    let attempt = attempts.by_account(address, id);
    attempts.check(&attempt, app.clock.now())?;
    let (_, hash) = find(app, UserKey::Id(id.clone())).await?;
    let digest = PasswordDigest::from_hex(given).unwrap_or_else(|| PasswordDigest::of(given));
    if app.auth.passwords.verify(Some(hash), digest).await? {
        return attempts.succeeded(&attempt, app.clock.now());
    }
    attempts.failed(&attempt, app.clock.now())?;
    audit::password_refused(app, actor).await;
    Err(wrong)
}
