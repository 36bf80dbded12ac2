//! Events for clients that read them by position, such as dashboards and devices. Decides which
//! events a reader may see.

use crate::app::App;
use crate::app::visibility_cache::VisibilitySnapshot;
use crate::domain::{Actor, Audience, Change, Event, EventId, Permission, Result, StatusChange};
use crate::service::live_login::LiveLogin;
use crate::store::position;
use std::sync::Arc;

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
    // Checked after the events were read, so that a login that ended, a role that was removed or a
    // status that was hidden before any of them is detected.
    let view = view(app, login).await?;
    let Read::Events(mut events, reached) = found else {
        return Ok(found);
    };
    events.retain(|event| view.shows(&event.event.change));
    Ok(Read::Events(events, reached))
}

/// What a reader may see at one moment.
pub struct View {
    actor: Arc<Actor>,
    /// Whether all presence changes are hidden from everyone.
    pub is_quiet: bool,
    visibility: Arc<VisibilitySnapshot>,
}

/// Returns what the owner of `login` may see now.
///
/// # Errors
/// `Unauthenticated` if the login has ended, `PasswordChangeRequired`, `Unavailable`.
pub async fn view(app: &App, login: &mut LiveLogin) -> Result<View> {
    Ok(View {
        actor: login.check(app).await?,
        is_quiet: app.settings().await?.broadcast_disabled(),
        visibility: app.visibility().await?,
    })
}

impl View {
    /// Returns whether the reader may see `change`.
    ///
    /// Events are kept for weeks, so they reveal more about a user than the momentary
    /// `users.presence`: past status texts of others need `view-full-other-user-info`. Changes of
    /// roles and permissions need the permission to make them, `access-permissions`. A presence
    /// change needs more: neither the rules of its time nor those of now hide the user.
    #[must_use]
    pub fn shows(&self, change: &Change) -> bool {
        let may = |permission| self.actor.grants.contains(permission);
        match change {
            Change::StatusCreated(_)
            | Change::StatusUpdated(_)
            | Change::StatusDeleted(_)
            | Change::UserCreated { .. }
            | Change::UserDeleted { .. } => true,
            Change::PermissionChanged(_)
            | Change::RoleCreated(_)
            | Change::RoleUpdated(_)
            | Change::RoleDeleted(_)
            | Change::RoleGiven(_)
            | Change::RoleTaken(_) => may(Permission::AccessPermissions),
            Change::PresenceChanged(change) => !self.is_quiet && self.shows_presence(change),
            Change::UserUpdated(user) => user.renamed,
            Change::SettingChanged(setting, _) => setting.audience() == Audience::Everyone,
            Change::LoginsEnded { .. }
            | Change::AvatarChanged { .. }
            | Change::StatusVisibilityChanged { .. } => false,
        }
    }

    fn shows_presence(&self, change: &StatusChange) -> bool {
        let viewer = &self.actor.user.id;
        let is_hidden =
            || change.hidden_from.includes(viewer) || self.visibility.hides(&change.user, viewer);
        change.user == *viewer
            || self
                .actor
                .grants
                .contains(Permission::ViewFullOtherUserInfo)
                && !is_hidden()
    }
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
