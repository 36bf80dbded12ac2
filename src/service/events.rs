//! What has happened, for those who read it by position: dashboards, devices, whoever was away for a while. Which events are everybody's
//! to know is said here. Knows nothing of how they are told.

use crate::app::App;
use crate::domain::{Actor, Audience, Change, Event, EventId, Result};
use crate::store::position;

/// Events read at once at most.
pub const BATCH: usize = 64;
/// How many events somebody may be behind. Further behind it is cheaper to look how things are.
const REPLAY: u64 = 10_000;

/// What somebody at a position finds.
pub enum Read {
    /// Events that are theirs to know, in order, and the position behind them; none when there is nothing new.
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
/// `Unavailable`.
pub async fn read(app: &App, _actor: &Actor, since: EventId) -> Result<Read> {
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
    let is_quiet = app.settings().await?.broadcast_disabled();
    events.retain(|event| is_told(&event.event.change, is_quiet));
    Ok(Read::Events(events, reached))
}

/// Whether everybody who is logged in may know of `change`. `is_quiet`: changes of presence are told to nobody.
#[must_use]
pub fn is_told(change: &Change, is_quiet: bool) -> bool {
    match change {
        Change::StatusCreated(_)
        | Change::StatusUpdated(_)
        | Change::StatusDeleted(_)
        | Change::PermissionChanged(_)
        | Change::RoleGiven(_)
        | Change::RoleTaken(_)
        | Change::UserDeleted { .. } => true,
        Change::PresenceChanged(_) => !is_quiet,
        Change::UserUpdated(user) => user.renamed,
        Change::SettingChanged(setting, _) => setting.audience() == Audience::Everybody,
        Change::LoginsEnded { .. } => false,
    }
}
