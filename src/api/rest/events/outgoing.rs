//! The messages of a stream of events, and whose status they show.

use crate::api::wire::{EventRow, frame, shown_row};
use crate::domain::{Change, Event, EventId, Timestamp, UserId};
use crate::realtime::hub::ShownUser;
use warp::sse;

/// A message of a stream.
pub(super) struct Outgoing {
    pub(super) event: sse::Event,
    /// The user whose status it shows, and in which form.
    pub(super) status_of: Option<(UserId, Form)>,
}

/// The forms of a status.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For viewers who may see it.
    Shown,
    /// For viewers that it is hidden from.
    Hidden,
}

impl Outgoing {
    /// Creates a comment.
    pub(super) fn comment() -> Self {
        Self {
            event: sse::Event::default().comment(""),
            status_of: None,
        }
    }

    /// Creates the event that asks the reader to reload its state and to continue from `position`.
    pub(super) fn reload(position: EventId) -> Self {
        let id = position.as_u64().to_string();
        Self {
            event: sse::Event::default().event("reload").id(id).data("{}"),
            status_of: None,
        }
    }

    /// Converts an event, with its position, from which an interrupted stream can resume.
    pub(super) fn stored(event: &Event) -> Self {
        let row = EventRow::from(event);
        let (id, kind) = (event.id.as_u64().to_string(), row.kind());
        let text = frame::text_of(&row);
        Self {
            event: sse::Event::default().id(id).event(kind).data(text),
            status_of: match &event.event.change {
                Change::PresenceChanged(change) => Some((change.user.clone(), Form::Shown)),
                _ => None,
            },
        }
    }

    /// Converts what is shown for a user since `at`.
    pub(super) fn shown(shown: &ShownUser, form: Form, at: Timestamp) -> Self {
        let row = shown_row(shown, at);
        let text = frame::text_of(&row);
        Self {
            event: sse::Event::default().event(row.kind()).data(text),
            status_of: Some((shown.user.clone(), form)),
        }
    }
}
