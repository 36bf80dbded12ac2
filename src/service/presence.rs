//! The rules of presence: who may set whose status, what the workspace allows, and what is visible.
//! Source: compatibility 5 and 9.8.

use crate::app::{App, Unconnected};
use crate::domain::{
    Actor, Choice, Claim, ClaimSource, Disallowed, Error, Field, Permission, Presence,
    PresenceKind, Problem, Result, SettingValues, StatusText, Timestamp, User, UserId, UserKey,
    UserStatus, UserWithPresence, check_expiry,
};
use crate::service::users;
use crate::store::{ClaimEffect, PresenceChange, PresenceQuery};
use std::collections::HashMap;
use std::time::Duration;

/// How far back [`list`] returns changes. Older requests get all users.
const RECENT: Duration = Duration::from_secs(10 * 60);

/// Extra time for connection changes, which are not timed by the server's clock.
const SLACK: Duration = Duration::from_secs(1);

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

/// The visible presence of a user at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePresence {
    /// The status shown.
    pub status: UserStatus,
    /// The chosen status.
    pub chosen: UserStatus,
    /// The combined status of the connections.
    pub connection: UserStatus,
    /// The text, empty if there is none.
    pub text: String,
    /// The source of the effective claim.
    pub source: Option<ClaimSource>,
    /// When that claim expires.
    pub expires_at: Option<Timestamp>,
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

/// A list of users with their presence.
pub struct PresenceList {
    /// The users, by id.
    pub people: Vec<(UserWithPresence, VisiblePresence)>,
    /// Whether every user who is not listed is offline.
    pub full: bool,
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
    change(app, actor, user, draft).await
}

async fn change(app: &App, actor: &Actor, user: UserId, draft: StatusDraft) -> Result<()> {
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
    let rule = move |presence: &mut Presence| {
        let status = presence.chosen_by(&choice, now);
        allow_status(&settings, status)?;
        presence.choose(&choice, now);
        Ok(())
    };
    let change = PresenceChange {
        user,
        by: actor.user.by(now),
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
    let shown = of(app, &user.id).await?;
    Ok(UserPresence {
        user: user.id,
        is_own,
        shown,
        last_login: user.profile.last_login_at.filter(|_| is_own),
    })
}

/// Returns the presence of the user with this id.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn of(app: &App, user: &UserId) -> Result<VisiblePresence> {
    let presence = app.store.find_presence(user.clone()).await?;
    Ok(shown(app, user, &presence))
}

/// Returns the presence of each of `users`, in their order.
///
/// # Errors
/// `Unavailable`.
pub async fn of_all(app: &App, users: &[User]) -> Result<Vec<VisiblePresence>> {
    let ids = users.iter().map(|user| user.id.clone()).collect();
    let people = app.store.list_presences(PresenceQuery::Ids(ids)).await?;
    let mut shown_by_id: HashMap<_, _> = people
        .into_iter()
        .map(|person| {
            let shown = shown(app, &person.id, &person.presence);
            (person.id, shown)
        })
        .collect();
    // Deactivated users are not in the result and have no visible status.
    let nothing = |user: &User| shown(app, &user.id, &Presence::untouched(PresenceKind::Person));
    let found = users.iter().map(|user| {
        let found = shown_by_id.remove(&user.id);
        found.unwrap_or_else(|| nothing(user))
    });
    Ok(found.collect())
}

/// Returns the users with these ids.
///
/// # Errors
/// `Unavailable`.
pub async fn list_ids(app: &App, _actor: &Actor, ids: Vec<UserId>) -> Result<PresenceList> {
    list_presences(app, PresenceQuery::Ids(ids), false, |_, _| true).await
}

/// Returns the users whose presence changed since `since`, except the actor. If `since` is missing
/// or too long ago, returns all users who are not offline.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App, actor: &Actor, since: Option<Timestamp>) -> Result<PresenceList> {
    let now = app.clock.now();
    match since.filter(|since| now.since(*since) < RECENT) {
        Some(since) => {
            // Connections use the machine's clock, regardless of the server's. Returning slightly
            // more than requested is harmless.
            let connected = app.connections.changed_within(now.since(since) + SLACK);
            let query = PresenceQuery::ChangedSince(since, connected);
            list_presences(app, query, false, |person, _| {
                person.id != actor.user.id && shows_a_change(&person.presence, since, now)
            })
            .await
        }
        None => {
            let connected = app.connections.people();
            list_presences(app, PresenceQuery::All(connected), true, |_, shown| {
                shown.status != UserStatus::Offline
            })
            .await
        }
    }
}

/// Returns whether a change since `since` shows. The connections of a user who chose to be invisible
/// do not: when they come and go is hidden, too.
fn shows_a_change(presence: &Presence, since: Timestamp, now: Timestamp) -> bool {
    let is_hidden = presence.claim(now).is_some_and(Claim::hides);
    !is_hidden || presence.changed_at.is_some_and(|at| at >= since)
}

async fn list_presences(
    app: &App,
    query: PresenceQuery,
    full: bool,
    keep: impl Fn(&UserWithPresence, &VisiblePresence) -> bool,
) -> Result<PresenceList> {
    if app.settings().await?.broadcast_disabled() {
        let people = Vec::new();
        return Ok(PresenceList { people, full: true });
    }
    let people = app
        .store
        .list_presences(query)
        .await?
        .into_iter()
        .map(|person| {
            let shown = shown(app, &person.id, &person.presence);
            (person, shown)
        });
    let people = people
        .filter(|(person, shown)| keep(person, shown))
        .collect();
    Ok(PresenceList { people, full })
}

/// Returns how the `presence` of `user` is shown now. Only live connections make a user online; a
/// REST login does not.
pub fn shown(app: &App, user: &UserId, presence: &Presence) -> VisiblePresence {
    shown_by(app, app.connections.status(user, presence.policy), presence)
}

/// Returns how `presence` is shown now, given the combined status of the connections.
pub fn shown_by(app: &App, connection: UserStatus, presence: &Presence) -> VisiblePresence {
    let now = app.clock.now();
    let claim = presence.claim(now);
    let kind = match app.rules.unconnected {
        Unconnected::Declared => PresenceKind::Bot,
        Unconnected::Offline => presence.kind,
    };
    VisiblePresence {
        status: presence.shown(now, connection, kind),
        chosen: presence.chosen(now),
        connection,
        text: presence.text(now).to_owned(),
        source: claim.map(|claim| claim.source),
        expires_at: claim.and_then(|claim| claim.expires_at),
    }
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
