//! The lists of `users.presence`: who is not offline, and whose presence changed.

use super::visible::{Viewer, VisiblePresence};
use crate::app::App;
use crate::app::visibility_cache::REMEMBERED;
use crate::domain::{
    Actor, Claim, Presence, Result, Timestamp, UserId, UserStatus, UserWithPresence,
};
use crate::store::PresenceQuery;
use std::time::Duration;

/// How far back [`list`] returns changes. Older requests get all users.
const RECENT: Duration = REMEMBERED;

/// Extra time for connection changes, which are not timed by the server's clock.
const SLACK: Duration = Duration::from_secs(1);

/// A list of users with their presence.
pub struct PresenceList {
    /// The users, by id.
    pub people: Vec<(UserWithPresence, VisiblePresence)>,
    /// Whether every user who is not listed is offline.
    pub full: bool,
}

/// Returns the users with these ids.
///
/// # Errors
/// `Unavailable`.
pub async fn list_ids(app: &App, actor: &Actor, ids: Vec<UserId>) -> Result<PresenceList> {
    let viewer = Viewer::new(app, &actor.user.id).await?;
    list_presences(app, viewer, PresenceQuery::Ids(ids), false, |_, _| true).await
}

/// Returns the users whose presence changed for the actor since `since`, except the actor. If
/// `since` is missing or too long ago, returns all users who are not offline.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App, actor: &Actor, since: Option<Timestamp>) -> Result<PresenceList> {
    let now = app.clock.now();
    // Also makes the cache follow the newest change of the rules.
    let viewer = Viewer::new(app, &actor.user.id).await?;
    let recent = since.filter(|since| now.since(*since) < RECENT);
    let recent = recent.and_then(|since| {
        let changed = app.rules.visibility.changed_for(&actor.user.id, since);
        changed.map(|changed| (since, changed))
    });
    let Some((since, revealed)) = recent else {
        let query = PresenceQuery::All(app.connections.people());
        return list_presences(app, viewer, query, true, |_, shown| {
            shown.status != UserStatus::Offline
        })
        .await;
    };
    // Connections use the machine's clock, regardless of the server's. Returning slightly more
    // than requested is harmless.
    let mut also = app.connections.changed_within(now.since(since) + SLACK);
    also.extend(revealed.iter().cloned());
    let query = PresenceQuery::ChangedSince(since, also);
    list_presences(app, viewer, query, false, |person, _| {
        let presence = &person.presence;
        let is_seen = || !viewer.is_denied(&person.id, presence);
        person.id != actor.user.id
            && (revealed.contains(&person.id)
                || (is_seen() && shows_a_change(presence, since, now)))
    })
    .await
}

/// Returns whether a change since `since` shows. The connections of a user who chose to be invisible
/// do not: when they come and go is hidden, too.
fn shows_a_change(presence: &Presence, since: Timestamp, now: Timestamp) -> bool {
    let is_hidden = presence.claim(now).is_some_and(Claim::hides);
    !is_hidden || presence.changed_at.is_some_and(|at| at >= since)
}

async fn list_presences(
    app: &App,
    viewer: Viewer<'_>,
    query: PresenceQuery,
    full: bool,
    keep: impl Fn(&UserWithPresence, &VisiblePresence) -> bool,
) -> Result<PresenceList> {
    if app.settings().await?.broadcast_disabled() {
        let people = Vec::new();
        return Ok(PresenceList { people, full: true });
    }
    let people = app.store.list_presences(query).await?.into_iter();
    let people = people.map(|person| {
        let shown = viewer.sees(app, &person.id, &person.presence);
        (person, shown)
    });
    let people = people
        .filter(|(person, shown)| keep(person, shown))
        .collect();
    Ok(PresenceList { people, full })
}
