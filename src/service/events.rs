//! What has happened, for those who read it by position: dashboards, devices, whoever was away for a while. Which events a reader may
//! see is decided here. Knows nothing of how they are told.

use crate::app::App;
use crate::domain::{Actor, Audience, Change, Event, EventId, Permission, Result};
use crate::service::live_login::LiveLogin;
use crate::store::position;

/// Events read at once at most.
pub const BATCH: usize = 64;
/// How many events somebody may be behind. Further behind it is cheaper to look how things are.
const REPLAY: u64 = 10_000;

/// What somebody at a position finds.
pub enum Read {
    /// Events that the reader may see, in order, and the position behind them. The position also passes events that were left
    /// out, so that no reader finds a gap. No events and the same position: there is nothing new.
    Events(Vec<Event>, EventId),
    /// The position is too long ago, or of another database: things have to be looked at anew, and the events after this position read
    /// from then on.
    Reload(EventId),
}

/// The position of the newest event.
pub fn newest(app: &App) -> EventId {
    *app.store.committed().borrow()
}

/// Reads what comes after `since`.
///
/// # Errors
/// `Unauthenticated` when the login has ended, `Unavailable`.
pub async fn read(app: &App, login: &mut LiveLogin, since: EventId) -> Result<Read> {
    let found = find(app, since).await?;
    // Checked after the events were read: a login that ended, or a role that was taken, before one of them is seen here.
    let actor = login.check(app).await?;
    let Read::Events(mut events, reached) = found else {
        return Ok(found);
    };
    let is_quiet = app.settings().await?.broadcast_disabled();
    events.retain(|event| is_visible(&event.event.change, &actor, is_quiet));
    Ok(Read::Events(events, reached))
}

async fn find(app: &App, since: EventId) -> Result<Read> {
    let newest = newest(app);
    let behind = newest.as_u64().checked_sub(since.as_u64());
    if behind.is_none_or(|behind| behind > REPLAY) {
        return Ok(Read::Reload(newest));
    }
    let found = app.store.events_after(since, BATCH).await?;
    let (mut events, mut reached) = (Vec::new(), since);
    for event in found {
        let id = position(&event);
        // Positions are given without gaps, so a gap was swept away.
        if id.as_u64() != reached.as_u64() + 1 {
            return Ok(Read::Reload(newest));
        }
        reached = id;
        events.extend(event.ok());
    }
    Ok(Read::Events(events, reached))
}

/// Whether `actor` may see `change`. `is_quiet`: nobody is shown changes of presence.
///
/// Events are kept for weeks, so what they say of a user goes further than what `users.presence` shows of the moment: past
/// status texts of others need `view-full-other-user-info`. Changes of roles and permissions need the permission that it takes
/// to make them, `access-permissions`.
#[must_use]
pub fn is_visible(change: &Change, actor: &Actor, is_quiet: bool) -> bool {
    let may = |permission| actor.grants.contains(permission);
    match change {
        Change::StatusCreated(_)
        | Change::StatusUpdated(_)
        | Change::StatusDeleted(_)
        | Change::UserDeleted { .. } => true,
        Change::PermissionChanged(_) | Change::RoleGiven(_) | Change::RoleTaken(_) => {
            may(Permission::AccessPermissions)
        }
        Change::PresenceChanged(change) => {
            let is_own = change.user == actor.user.id;
            !is_quiet && (is_own || may(Permission::ViewFullOtherUserInfo))
        }
        Change::UserUpdated(user) => user.renamed,
        Change::SettingChanged(setting, _) => setting.audience() == Audience::Everybody,
        Change::LoginsEnded { .. } => false,
    }
}
