//! Events for clients that read them by position, such as dashboards and devices. Decides which
//! events a reader may see.

use crate::app::App;
use crate::domain::{Actor, Audience, Change, Event, EventId, Permission, Result};
use crate::service::live_login::LiveLogin;
use crate::store::position;

/// Maximum number of events per read.
pub const BATCH: usize = 64;
/// Maximum backlog of a reader in events. Beyond it, reloading the state is cheaper.
const REPLAY: u64 = 10_000;

/// The result of a read at a position.
pub enum Read {
    /// The events that the reader may see, in order, and the position reached. The position also
    /// passes hidden events, so that no reader finds a gap. No events and an unchanged position
    /// mean that there is nothing new.
    Events(Vec<Event>, EventId),
    /// The position is too old, or belongs to another database. The client must reload its state,
    /// and continue from this position.
    Reload(EventId),
}

/// Returns the position of the newest event.
pub fn newest(app: &App) -> EventId {
    *app.store.committed().borrow()
}

/// Reads the events after `since`.
///
/// # Errors
/// `Unauthenticated` if the login has ended, `Unavailable`.
pub async fn read(app: &App, login: &mut LiveLogin, since: EventId) -> Result<Read> {
    let found = find(app, since).await?;
    // Checked after the events were read, so that a login that ended or a role that was removed
    // before any of them is detected.
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
        // Positions have no gaps, so missing events were deleted.
        if id.as_u64() != reached.as_u64() + 1 {
            return Ok(Read::Reload(newest));
        }
        reached = id;
        events.extend(event.ok());
    }
    Ok(Read::Events(events, reached))
}

/// Returns whether `actor` may see `change`. `is_quiet` hides all presence changes.
///
/// Events are kept for weeks, so they reveal more about a user than the momentary `users.presence`:
/// past status texts of others need `view-full-other-user-info`. Changes of roles and permissions
/// need the permission to make them, `access-permissions`.
#[must_use]
pub fn is_visible(change: &Change, actor: &Actor, is_quiet: bool) -> bool {
    let may = |permission| actor.grants.contains(permission);
    match change {
        Change::StatusCreated(_)
        | Change::StatusUpdated(_)
        | Change::StatusDeleted(_)
        | Change::UserDeleted { .. } => true,
        Change::PermissionChanged(_)
        | Change::RoleCreated(_)
        | Change::RoleUpdated(_)
        | Change::RoleDeleted(_)
        | Change::RoleGiven(_)
        | Change::RoleTaken(_) => may(Permission::AccessPermissions),
        Change::PresenceChanged(change) => {
            let is_own = change.user == actor.user.id;
            !is_quiet && (is_own || may(Permission::ViewFullOtherUserInfo))
        }
        Change::UserUpdated(user) => user.renamed,
        Change::SettingChanged(setting, _) => setting.audience() == Audience::Everyone,
        Change::LoginsEnded { .. } | Change::StatusVisibilityChanged { .. } => false,
    }
}
