//! The board: every active user with the status that they set. Decides who sees what of it.
//!
//! The board shows a set status also without a live connection, whatever the setting `unconnected`
//! says: it is the sign on the door. The setting `Presence_broadcast_disabled` does not concern it.

use crate::app::App;
use crate::app::visibility_cache::VisibilitySnapshot;
use crate::domain::{BoardPerson, BoardStatus, EventId, PresenceKind, Result, UserId};
use crate::store::{BoardSnapshot, ChangeKind, PresenceSnapshot};
use std::sync::Arc;

/// The board as one viewer sees it at one moment.
pub struct Board {
    rows: Arc<BoardSnapshot>,
    sight: Sight,
}

/// Identifies a state of everything that a board shows, except for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardVersion {
    newest: EventId,
    access: u64,
    visibility: u64,
    connections: u64,
}

/// Returns the version of the board now. Read it before the board.
pub fn version(app: &App) -> BoardVersion {
    BoardVersion {
        newest: *app.store.committed().borrow(),
        access: app.store.version(ChangeKind::Access),
        visibility: app.store.version(ChangeKind::StatusVisibility),
        connections: app.connections.version(),
    }
}

/// Which people a viewer sees, and whose status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All active users.
    Everyone,
    /// Those who chose to appear on a public board.
    Public,
}

/// What a viewer sees at one moment.
struct Sight {
    scope: Scope,
    /// `None`: a stranger, who sees no status that is hidden from anyone.
    viewer: Option<UserId>,
    visibility: Arc<VisibilitySnapshot>,
}

impl Board {
    /// Reads the board for `viewer`; `None` is a stranger.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn read(app: &App, scope: Scope, viewer: Option<UserId>) -> Result<Self> {
        let rows = app.board().await?;
        // After the rows, so that a status that was hidden before they were read stays hidden.
        let visibility = app.visibility().await?;
        let sight = Sight {
            scope,
            viewer,
            visibility,
        };
        Ok(Self { rows, sight })
    }

    /// Applies the rules of now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn refresh(&mut self, app: &App) -> Result<()> {
        self.sight.visibility = app.visibility().await?;
        Ok(())
    }

    /// Returns the number of rows, which includes people that the viewer does not see.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.people.len()
    }

    /// Returns whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns up to `most` people from row `first` on, as they are shown now.
    pub fn people(
        &self,
        app: &App,
        first: usize,
        most: usize,
    ) -> impl Iterator<Item = BoardPerson> {
        let rows = self.rows.people.iter().skip(first).take(most);
        rows.filter_map(|row| self.sight.of(app, row))
    }
}

impl Sight {
    fn of(&self, app: &App, row: &PresenceSnapshot) -> Option<BoardPerson> {
        let is_listed = match self.scope {
            Scope::Everyone => row.active,
            Scope::Public => is_public(row),
        };
        is_listed.then(|| match self.is_denied(row) {
            true => hidden(row),
            false => shown(app, row),
        })
    }

    /// Returns whether the status is hidden by the rules of the row or of now.
    fn is_denied(&self, row: &PresenceSnapshot) -> bool {
        let (user, rules) = (&row.person.id, &row.person.presence.visibility);
        match &self.viewer {
            Some(viewer) => {
                rules.hides(user, viewer, self.visibility.switches())
                    || self.visibility.hides(user, viewer)
            }
            None => !rules.is_open() || !self.visibility.is_open_about(user),
        }
    }
}

/// Returns whether a public board shows the user.
#[must_use]
pub fn is_public(row: &PresenceSnapshot) -> bool {
    row.active && row.is_public
}

/// Returns a row as it is shown now to those who may see the status.
#[must_use]
pub fn shown(app: &App, row: &PresenceSnapshot) -> BoardPerson {
    let (now, presence) = (app.clock.now(), &row.person.presence);
    let connections = &app.connections;
    let (connection, age) = connections.status_and_age(&row.person.id, presence.policy);
    let status = presence.shown(now, connection, PresenceKind::Bot);
    let claim = presence.claim(now);
    person(
        row,
        BoardStatus {
            status,
            text: presence.text(now).to_owned(),
            source: claim.map(|claim| claim.source),
            expires_at: claim.and_then(|claim| claim.expires_at),
            since: presence.since(now, status, age.map(|age| now.before(age))),
        },
    )
}

/// Returns a row as it is shown to those that the status is hidden from.
#[must_use]
pub fn hidden(row: &PresenceSnapshot) -> BoardPerson {
    person(row, BoardStatus::hidden())
}

fn person(row: &PresenceSnapshot, shown: BoardStatus) -> BoardPerson {
    BoardPerson {
        id: row.person.id.clone(),
        username: row.person.username.clone(),
        name: row.person.name.clone(),
        nickname: row.nickname.clone(),
        roles: row.roles.clone(),
        avatar: row.avatar.clone(),
        shown,
    }
}
