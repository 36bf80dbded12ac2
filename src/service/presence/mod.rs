//! The rules of presence: who may set whose status, what the workspace allows, and who sees what.
//! Source: compatibility 5 and 9.8.

mod claims;
mod listing;
mod visible;

pub use claims::{ClaimList, claims, end_claim};
pub use listing::{PresenceList, list, list_ids};
pub use visible::{Viewer, VisiblePresence, for_the_operator, for_the_operator_by};

use crate::app::App;
use crate::domain::{
    Actor, Choice, Disallowed, Error, Field, Permission, Presence, Problem, Result, SettingValues,
    StatusText, Timestamp, User, UserId, UserKey, UserStatus, VisibilitySwitches, check_expiry,
};
use crate::service::users;
use crate::store::{ClaimEffect, PresenceChange, PresenceQuery};
use std::collections::HashMap;

/// The requested status, not validated yet.
#[derive(Debug, Clone, Default)]
pub struct StatusDraft {
    /// The status. `None` keeps the current one.
    pub status: Option<UserStatus>,
    /// The text. `None` keeps the current one.
    pub text: Option<String>,
    /// The expiry. The outer `None` means never, the inner `None` an unreadable date.
    pub expires_at: Option<Option<Timestamp>>,
}

/// A user with their presence.
pub struct UserPresence {
    /// The user.
    pub user: UserId,
    /// Whether the user is the actor.
    pub is_own: bool,
    /// The visible presence.
    pub shown: VisiblePresence,
    /// The last password login. Only set for the actor.
    pub last_login: Option<Timestamp>,
}

/// Sets the status of the actor or, with `edit-other-user-info`, of the user identified by `whose`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Disallowed`, `Invalid { ExpiresAt }` in this order; `Unavailable`.
pub async fn set_status(
    app: &App,
    actor: &Actor,
    whose: Option<UserKey>,
    draft: StatusDraft,
) -> Result<()> {
    let user = match other_than(actor, whose) {
        None => actor.user.id.clone(),
        Some(other) => {
            actor.require(Permission::EditOtherUserInfo)?;
            users::find(app, other).await?.0.id
        }
    };
    change(app, &actor.user, user, draft).await
}

/// Sets the status of `user`, who proved to be that person by other means than a login.
///
/// # Errors
/// `Disallowed`, `Invalid { ExpiresAt }` in this order; `NotFound`, `Unavailable`.
pub async fn set_own(app: &App, user: &User, draft: StatusDraft) -> Result<()> {
    change(app, user, user.id.clone(), draft).await
}

async fn change(app: &App, author: &User, user: UserId, draft: StatusDraft) -> Result<()> {
    let (now, settings) = (app.clock.now(), app.settings().await?);
    allow_text(&settings, draft.text.as_deref())?;
    let expires_at = draft
        .expires_at
        .map(|end| check_date(end, now))
        .transpose()?;
    let choice = Choice {
        status: draft.status,
        text: draft.text.as_deref().map(StatusText::new),
        expires_at,
    };
    let switches = VisibilitySwitches::from(&*settings);
    let (whose, viewer) = (user.clone(), author.id.clone());
    let rule = move |presence: &mut Presence| {
        switches.allow_status_of(&presence.visibility)?;
        // The error must not reveal a chosen status that is hidden from the actor.
        let is_hidden = presence.visibility.hides(&whose, &viewer, switches);
        let chosen = (!is_hidden).then(|| presence.chosen_by(&choice, now));
        chosen
            .or(choice.status)
            .map_or(Ok(()), |status| allow_status(&settings, status))?;
        presence.choose(&choice, now);
        Ok(())
    };
    let change = PresenceChange {
        user,
        by: author.by(now),
        effect: ClaimEffect::of(expires_at),
        rule: Box::new(rule),
    };
    app.store.change_presence(change).await.map(drop)
}

/// Checks a status that is set together with other changes of a user. Whether the text may change
/// is decided with the other changes.
///
/// # Errors
/// `Disallowed`.
pub(super) fn checked(
    settings: &SettingValues,
    status: Option<UserStatus>,
    text: Option<&str>,
) -> Result<Choice> {
    status.map_or(Ok(()), |status| allow_status(settings, status))?;
    Ok(Choice {
        status,
        text: text.map(StatusText::new),
        expires_at: None,
    })
}

/// Checks a text against the settings. Everyone may remove their text, so an empty one is always
/// allowed.
fn allow_text(settings: &SettingValues, text: Option<&str>) -> Result<()> {
    if text.is_none_or(str::is_empty) || settings.allow_status_message_change() {
        return Ok(());
    }
    Err(Error::Disallowed(Disallowed::StatusText))
}

fn allow_status(settings: &SettingValues, status: UserStatus) -> Result<()> {
    if status != UserStatus::Offline || settings.allow_invisible() {
        return Ok(());
    }
    Err(Error::Disallowed(Disallowed::Invisible))
}

/// Returns the presence of the actor, or of the user identified by `whose`.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn find(app: &App, actor: &Actor, whose: Option<UserKey>) -> Result<UserPresence> {
    let other = other_than(actor, whose);
    let is_own = other.is_none();
    let key = other.unwrap_or_else(|| UserKey::Id(actor.user.id.clone()));
    let (user, _) = users::find(app, key).await?;
    let shown = of(app, &actor.user.id, &user.id).await?;
    Ok(UserPresence {
        user: user.id,
        is_own,
        shown,
        last_login: user.profile.last_login_at.filter(|_| is_own),
    })
}

/// Returns the presence of the user with this id, as `viewer` may see it.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn of(app: &App, viewer: &UserId, user: &UserId) -> Result<VisiblePresence> {
    let viewer = Viewer::new(app, viewer).await?;
    let presence = app.store.find_presence(user.clone()).await?;
    Ok(viewer.sees(app, user, &presence))
}

/// Returns the presence of each of `users` as `viewer` may see it, in their order.
///
/// # Errors
/// `Unavailable`.
pub async fn of_all(app: &App, viewer: &UserId, users: &[User]) -> Result<Vec<VisiblePresence>> {
    let viewer = Viewer::new(app, viewer).await?;
    let ids = users.iter().map(|user| user.id.clone()).collect();
    let people = app.store.list_presences(PresenceQuery::Ids(ids)).await?;
    let mut shown_by_id: HashMap<_, _> = people
        .into_iter()
        .map(|person| {
            let shown = viewer.sees(app, &person.id, &person.presence);
            (person.id, shown)
        })
        .collect();
    // Deactivated users are not in the result and have no visible status.
    let found = users.iter().map(|user| {
        let found = shown_by_id.remove(&user.id);
        found.unwrap_or_else(VisiblePresence::hidden)
    });
    Ok(found.collect())
}

/// Returns the user identified by `whose`, unless it is the actor or `None`.
fn other_than(actor: &Actor, whose: Option<UserKey>) -> Option<UserKey> {
    whose.filter(|key| match key {
        UserKey::Id(id) => *id != actor.user.id,
        UserKey::Username(name) => name != actor.user.username.as_str(),
        UserKey::Email(_) => true,
    })
}

fn check_date(end: Option<Timestamp>, now: Timestamp) -> Result<Timestamp> {
    let unreadable = Error::invalid(Field::ExpiresAt, Problem::Unknown);
    check_expiry(end.ok_or(unreadable)?, now)
}
