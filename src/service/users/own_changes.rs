//! Which parts of their own account users may change, by the settings `Accounts_Allow…Change`.
//! Source: Rocket.Chat `validateUserEditing.ts`, `saveUserProfile.ts`.

use super::is_self;
use super::user_changes::UserChanges;
use crate::domain::{
    Actor, Disallowed, Email, Error, Permission, Result, Setting, SettingValues, User,
};

/// Checks the changes of `user`, whose status text is `status_text`, against the settings. They
/// bind users who change themselves. Repeating the current value is always allowed.
///
/// # Errors
/// `Disallowed`.
pub(super) fn check(
    settings: &SettingValues,
    actor: &Actor,
    user: &User,
    status_text: &str,
    new: &UserChanges,
) -> Result<()> {
    if !is_self(actor, &user.id) {
        return Ok(());
    }
    let email = user.email.as_ref().map(Email::as_str);
    let changes =
        |new: &Option<String>, current: &str| new.as_ref().is_some_and(|it| it != current);
    let sets_password = new.password.as_ref().is_some_and(|it| !it.is_empty());
    let locks = [
        (
            changes(&new.username, user.username.as_str()),
            Setting::AllowUsernameChange,
            Disallowed::Username,
        ),
        (
            changes(&new.status_text, status_text),
            Setting::AllowUserStatusMessageChange,
            Disallowed::StatusText,
        ),
        (
            changes(&new.name, &user.name),
            Setting::AllowRealNameChange,
            Disallowed::RealName,
        ),
        // A user without an address may add one.
        (
            email.is_some_and(|email| changes(&new.email, email)),
            Setting::AllowEmailChange,
            Disallowed::Email,
        ),
        (
            sets_password || new.random_password,
            Setting::AllowPasswordChange,
            Disallowed::Password,
        ),
    ];
    let locked = |(changes, setting, _): &&(bool, Setting, Disallowed)| {
        *changes && !settings.is_on(*setting)
    };
    let found = locks.iter().find(locked);
    found.map_or(Ok(()), |(.., what)| Err(Error::Disallowed(*what)))
}

/// Checks whether the actor may change their own profile through `users.update`. As in Rocket.Chat,
/// the setting does not bind those who may change other users.
///
/// # Errors
/// `Disallowed`.
pub(super) fn check_profile(settings: &SettingValues, actor: &Actor) -> Result<()> {
    let grants = actor.grants;
    let edits_others = grants.contains(Permission::EditOtherUserInfo)
        || grants.contains(Permission::EditOtherUserPassword);
    if edits_others {
        return Ok(());
    }
    check_own_profile(settings)
}

/// Checks whether users may change their own profile at all.
///
/// # Errors
/// `Disallowed`.
pub(super) fn check_own_profile(settings: &SettingValues) -> Result<()> {
    if settings.is_on(Setting::AllowUserProfileChange) {
        return Ok(());
    }
    Err(Error::Disallowed(Disallowed::Profile))
}
