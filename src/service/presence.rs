//! The rules of how people are shown: who may set whose status, what the workspace allows, and what is told of it. What a claim does is
//! the domain's to say. Source: compatibility 5 and 9.8. Knows nothing of where a request came from.

use crate::app::{App, Unconnected};
use crate::domain::{
    Actor, Choice, ClaimSource, Disallowed, Error, Field, Kind, Permission, Person, Presence,
    Problem, Result, SettingValues, StatusText, Timestamp, User, UserId, UserKey, UserStatus,
    check_expiry,
};
use crate::service::users;
use crate::store::{PresenceChange, Whom};
use std::collections::HashMap;
use std::time::Duration;

/// How far back [`list`] tells changes; who asks for older ones gets everybody.
const RECENT: Duration = Duration::from_secs(10 * 60);

/// How much earlier changes of connections are told, whose time is not the clock's.
const SLACK: Duration = Duration::from_secs(1);

/// What somebody asks their status to be; nothing of it is checked yet.
#[derive(Debug, Clone, Default)]
pub struct StatusDraft {
    /// The status; `None`: as chosen so far.
    pub status: Option<UserStatus>,
    /// The text; `None`: as it is.
    pub text: Option<String>,
    /// When that ends: `None` for never, and inside it `None` for a date that cannot be read.
    pub expires_at: Option<Option<Timestamp>>,
}

/// How somebody is shown at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is shown.
    pub status: UserStatus,
    /// What was chosen.
    pub chosen: UserStatus,
    /// What their connections say.
    pub connection: UserStatus,
    /// The text; empty for none.
    pub text: String,
    /// Where the claim that counts comes from.
    pub source: Option<ClaimSource>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// A user as they are found.
pub struct Found {
    /// Who.
    pub user: UserId,
    /// Whether it is the actor.
    pub is_own: bool,
    /// How they are shown.
    pub shown: Shown,
    /// When they last logged in by password; told to nobody else.
    pub last_login: Option<Timestamp>,
}

/// People and how they are shown.
pub struct Board {
    /// Who, by id.
    pub people: Vec<(Person, Shown)>,
    /// Whether everybody who is not listed is offline.
    pub full: bool,
}

/// Sets the status of the actor or, with `edit-other-user-info`, of the user whom `whose` names.
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
        presence.choose(choice, now);
        Ok(())
    };
    let change = PresenceChange {
        user,
        by: actor.user.by(now),
        expires: expires_at.is_some(),
        ends: false,
        rule: Box::new(rule),
    };
    app.store.change_presence(change).await.map(drop)
}

/// A choice that stands beside other changes of a user, checked as [`set_status`] checks it.
///
/// # Errors
/// `Disallowed`, `Unavailable`.
pub(super) async fn checked(
    app: &App,
    status: Option<UserStatus>,
    text: Option<&str>,
) -> Result<Choice> {
    let settings = app.settings().await?;
    allow_text(&settings, text)?;
    status.map_or(Ok(()), |status| allow_status(&settings, status))?;
    Ok(Choice {
        status,
        text: text.map(StatusText::new),
        expires_at: None,
    })
}

/// An empty text is none, and everybody may have none.
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

/// How the actor, or the user whom `whose` names, is shown.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn find(app: &App, actor: &Actor, whose: Option<UserKey>) -> Result<Found> {
    let other = other_than(actor, whose);
    let is_own = other.is_none();
    let key = other.unwrap_or_else(|| UserKey::Id(actor.user.id.clone()));
    let (user, _) = users::find(app, key).await?;
    let shown = of(app, &user.id).await?;
    Ok(Found {
        user: user.id,
        is_own,
        shown,
        last_login: user.profile.last_login_at.filter(|_| is_own),
    })
}

/// How the user with this id is shown.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn of(app: &App, user: &UserId) -> Result<Shown> {
    let presence = app.store.find_presence(user.clone()).await?;
    Ok(shown(app, user, &presence))
}

/// How each of `users` is shown, in their order.
///
/// # Errors
/// `Unavailable`.
pub async fn of_all(app: &App, users: &[User]) -> Result<Vec<Shown>> {
    let ids = users.iter().map(|user| user.id.clone()).collect();
    let people = app.store.list_presences(Whom::Ids(ids)).await?;
    let mut shown_by_id: HashMap<_, _> = people
        .into_iter()
        .map(|person| {
            let shown = shown(app, &person.id, &person.presence);
            (person.id, shown)
        })
        .collect();
    // Who may not log in any more is not on the list, and shows nothing.
    let nothing = |user: &User| shown(app, &user.id, &Presence::untouched(Kind::Person));
    let found = users.iter().map(|user| {
        let found = shown_by_id.remove(&user.id);
        found.unwrap_or_else(|| nothing(user))
    });
    Ok(found.collect())
}

/// The people with these ids.
///
/// # Errors
/// `Unavailable`.
pub async fn list_ids(app: &App, _actor: &Actor, ids: Vec<UserId>) -> Result<Board> {
    board(app, Whom::Ids(ids), false, |_, _| true).await
}

/// Who has changed since `since`, the actor left out, if that is not long ago; everybody who is not offline otherwise.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App, actor: &Actor, since: Option<Timestamp>) -> Result<Board> {
    let now = app.clock.now();
    match since.filter(|since| now.since(*since) < RECENT) {
        Some(since) => {
            // By the machine's clock, whatever the server's says: a little more than was asked for does no harm.
            let connected = app.connections.changed_within(now.since(since) + SLACK);
            let whom = Whom::ChangedSince(since, connected);
            board(app, whom, false, |person, _| person.id != actor.user.id).await
        }
        None => {
            let connected = app.connections.people();
            board(app, Whom::Everybody(connected), true, |_, shown| {
                shown.status != UserStatus::Offline
            })
            .await
        }
    }
}

async fn board(
    app: &App,
    whom: Whom,
    full: bool,
    keep: impl Fn(&Person, &Shown) -> bool,
) -> Result<Board> {
    if app.settings().await?.broadcast_disabled() {
        let people = Vec::new();
        return Ok(Board { people, full: true });
    }
    let people = app
        .store
        .list_presences(whom)
        .await?
        .into_iter()
        .map(|person| {
            let shown = shown(app, &person.id, &person.presence);
            (person, shown)
        });
    let people = people
        .filter(|(person, shown)| keep(person, shown))
        .collect();
    Ok(Board { people, full })
}

/// How the `presence` of `user` is shown now. A login by REST makes nobody online, a live connection does.
pub fn shown(app: &App, user: &UserId, presence: &Presence) -> Shown {
    shown_by(app, app.connections.status(user, presence.policy), presence)
}

/// How `presence` is shown now of somebody whose connections say `connection`.
pub fn shown_by(app: &App, connection: UserStatus, presence: &Presence) -> Shown {
    let now = app.clock.now();
    let claim = presence.claim(now);
    let kind = match app.rules.unconnected {
        Unconnected::Declared => Kind::Bot,
        Unconnected::Offline => presence.kind,
    };
    Shown {
        status: presence.shown(now, connection, kind),
        chosen: presence.chosen(now),
        connection,
        text: presence.text(now).to_owned(),
        source: claim.map(|claim| claim.source),
        expires_at: claim.and_then(|claim| claim.expires_at),
    }
}

/// Whom `whose` names, unless that is the actor or nobody.
fn other_than(actor: &Actor, whose: Option<UserKey>) -> Option<UserKey> {
    whose.filter(|key| match key {
        UserKey::Id(id) => *id != actor.user.id,
        UserKey::Username(name) => name != actor.user.username.as_str(),
        UserKey::Email(_) => true,
    })
}

fn check_date(end: Option<Timestamp>, now: Timestamp) -> Result<Timestamp> {
    let unreadable = Error::Invalid {
        field: Field::ExpiresAt,
        problem: Problem::Unknown,
    };
    check_expiry(end.ok_or(unreadable)?, now)
}
