//! The messages of the board. Its status differs from that of the presence streams: it is the set
//! one, also without a live connection. It also holds further fields of the user.
//!
//! There are two boards: that of members, and the public one, which shows only people who chose it.

use super::viewers::{RuleChange, Viewers};
use crate::app::App;
use crate::domain::{BoardPerson, UserId};
use crate::realtime::hub::{Live, News, Topic};
use crate::service::board::{hidden, is_public, shown};
use crate::store::PresenceSnapshot;

/// The forms of a user that were published last. `None` if nothing was published, or if a new
/// listener may have seen something else.
#[derive(Default)]
pub(super) struct BoardForms {
    shown: Option<BoardPerson>,
    hidden: Option<BoardPerson>,
    public: Option<BoardPerson>,
}

/// Which part of a user changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BoardChange {
    /// The status. It shows only to those who may see it.
    Status,
    /// The record: names, roles, picture, or whether the user is on a board. `was_public`: whether
    /// the public board showed the user before.
    Record { was_public: bool },
}

/// Returns whether there is a listener of a board.
pub(super) fn has_listeners(live: &Live) -> bool {
    live.has(&Topic::Board) || live.has(&Topic::PublicBoard)
}

/// Publishes that a user was deleted.
pub(super) fn remove(live: &Live, user: &UserId, was_public: bool) {
    live.publish(&Topic::Board, || News::BoardGone(user.clone()));
    if was_public {
        live.publish(&Topic::PublicBoard, || News::BoardGone(user.clone()));
    }
}

impl BoardForms {
    /// Publishes the user to every viewer who sees a difference.
    pub(super) fn publish(
        &mut self,
        app: &App,
        row: &PresenceSnapshot,
        viewers: &Viewers<'_>,
        change: BoardChange,
    ) {
        if !has_listeners(&app.live) {
            return;
        }
        let person = shown(app, row);
        match change {
            BoardChange::Record { .. } if !row.active => {
                app.live
                    .publish(&Topic::Board, || News::BoardGone(person.id.clone()));
                (self.shown, self.hidden) = (None, None);
            }
            _ if !row.active => {}
            BoardChange::Record { .. } => {
                self.show(&app.live, viewers, &person);
                self.show_hidden(&app.live, viewers, &hidden(row));
            }
            BoardChange::Status => self.show(&app.live, viewers, &person),
        }
        self.publish_publicly(&app.live, row, viewers, (person, change));
    }

    /// Publishes the user to the viewers that new rules concern.
    pub(super) fn follow(
        &mut self,
        app: &App,
        row: &PresenceSnapshot,
        viewers: &Viewers<'_>,
        change: &RuleChange,
    ) {
        if !row.active || !has_listeners(&app.live) {
            return;
        }
        let (shown, hidden) = (shown(app, row), hidden(row));
        let forms: [&dyn Fn() -> News; 2] = [&|| News::BoardShown(shown.clone()), &|| {
            News::BoardHidden(hidden.clone())
        }];
        viewers.follow(&app.live, &Topic::Board, change, forms);
        if is_public(row) && change.before.is_open() != change.after.is_open() {
            let form = self.public_form(viewers, (shown.clone(), hidden.clone()));
            app.live.publish(&Topic::PublicBoard, || form);
        }
    }

    fn show(&mut self, live: &Live, viewers: &Viewers<'_>, person: &BoardPerson) {
        if self.shown.as_ref() != Some(person) {
            self.shown = Some(person.clone());
            viewers.show(live, &Topic::Board, &|| News::BoardShown(person.clone()));
        }
    }

    fn show_hidden(&mut self, live: &Live, viewers: &Viewers<'_>, person: &BoardPerson) {
        if self.hidden.as_ref() != Some(person) {
            self.hidden = Some(person.clone());
            viewers.show_hidden(live, &Topic::Board, &|| News::BoardHidden(person.clone()));
        }
    }

    /// Publishes the user on the public board. A change of a status that is hidden from anyone must
    /// not show there, not even as a message without news.
    fn publish_publicly(
        &mut self,
        live: &Live,
        row: &PresenceSnapshot,
        viewers: &Viewers<'_>,
        (person, change): (BoardPerson, BoardChange),
    ) {
        match change {
            BoardChange::Record { was_public: true } if !is_public(row) => {
                self.public = None;
                live.publish(&Topic::PublicBoard, || News::BoardGone(person.id));
            }
            _ if !is_public(row) => {}
            BoardChange::Status if !viewers.is_open() => {}
            _ => {
                let before = self.public.take();
                let form = self.public_form(viewers, (person, hidden(row)));
                if self.public != before {
                    live.publish(&Topic::PublicBoard, || form);
                }
            }
        }
    }

    /// Returns the form for strangers, and keeps what shows of it.
    fn public_form(
        &mut self,
        viewers: &Viewers<'_>,
        (shown, hidden): (BoardPerson, BoardPerson),
    ) -> News {
        let is_open = viewers.is_open();
        let person = if is_open { shown } else { hidden };
        self.public = Some(public_part(&person));
        match is_open {
            true => News::BoardShown(person),
            false => News::BoardHidden(person),
        }
    }
}

/// Returns what the public board shows of a person, with everything else left empty.
fn public_part(person: &BoardPerson) -> BoardPerson {
    let mut part = BoardPerson {
        nickname: None,
        roles: Vec::new(),
        avatar: None,
        ..person.clone()
    };
    (part.shown.source, part.shown.since) = (None, None);
    part
}
