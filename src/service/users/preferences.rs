//! The preferences that clients store with a user.

use super::{is_self, visibility};
use crate::app::App;
use crate::domain::{
    Error, Field, Permission, Problem, Requester, Result, User, UserId, UserPatch, VisibilityPatch,
    VisibilitySwitches,
};

/// New preferences of a user.
pub struct NewPreferences {
    /// A JSON object to merge into the current ones. `None` changes none.
    pub json: Option<String>,
    /// The usernames of all users that the user hides from. `None` keeps the current ones.
    pub denied: Option<Vec<String>>,
    /// Whether the user appears on a public board. `None` keeps the current choice.
    pub public_board: Option<bool>,
    /// The offset of the user's time zone from UTC in minutes, which clients send with the
    /// preferences. `None` keeps the current one.
    pub utc_offset: Option<i32>,
}

/// Changes the preferences of a user: the actor, or another one with `edit-other-user-info`. Only
/// users themselves choose who they hide from, and to appear on a public board.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Preferences }`, `Invalid { DeniedUsers }`,
/// `Disallowed`, `Unavailable`.
pub async fn set(app: &App, actor: &Requester, user: UserId, new: NewPreferences) -> Result<User> {
    if !is_self(actor, &user) {
        actor.require(Permission::EditOtherUserInfo)?;
        if new.denied.is_some() {
            let reason = "statusVisibilityDenied can only be set by the user".to_owned();
            return Err(Error::invalid(Field::DeniedUsers, Problem::Refused(reason)));
        }
        if new.public_board == Some(true) {
            let reason = "doorsignPublicBoard can only be turned on by the user".to_owned();
            return Err(Error::invalid(Field::Preferences, Problem::Refused(reason)));
        }
    }
    let patch = UserPatch {
        preferences: new.json,
        public_board: new.public_board,
        utc_offset: new.utc_offset,
        visibility: own_rules(app, new.denied).await?,
        switches: VisibilitySwitches::from(&*app.settings().await?),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user, patch, by).await
}

async fn own_rules(app: &App, denied: Option<Vec<String>>) -> Result<Option<VisibilityPatch>> {
    let Some(names) = denied else {
        return Ok(None);
    };
    Ok(Some(VisibilityPatch {
        denied: Some(visibility::ids(app, Field::DeniedUsers, &names).await?),
        ..VisibilityPatch::default()
    }))
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
