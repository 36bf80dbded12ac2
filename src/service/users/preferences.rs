//! The preferences that clients store with a user.

use super::is_self;
use crate::app::App;
use crate::domain::{Permission, Requester, Result, User, UserId, UserPatch};

/// New preferences of a user.
pub struct NewPreferences {
    /// A JSON object to merge into the current ones.
    pub json: String,
    /// The offset of the user's time zone from UTC in minutes, which clients send with the
    /// preferences. `None` keeps the current one.
    pub utc_offset: Option<i32>,
}

/// Changes the preferences of a user: the actor, or another one with `edit-other-user-info`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Preferences, TooLong }`, `Unavailable`.
pub async fn set(app: &App, actor: &Requester, user: UserId, new: NewPreferences) -> Result<User> {
    if !is_self(actor, &user) {
        actor.require(Permission::EditOtherUserInfo)?;
    }
    let patch = UserPatch {
        preferences: Some(new.json),
        utc_offset: new.utc_offset,
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user, patch, by).await
}

/// Changes the offset of the actor's time zone from UTC, in minutes. Writes nothing if it is the
/// same, because apps send it at every start.
///
/// # Errors
/// `Unavailable`.
pub async fn set_utc_offset(app: &App, actor: &Requester, minutes: i32) -> Result<()> {
    if actor.user.profile.utc_offset == minutes {
        return Ok(());
    }
    let patch = UserPatch {
        utc_offset: Some(minutes),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(by.user.clone(), patch, by).await?;
    Ok(())
}
