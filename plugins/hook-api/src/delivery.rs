//! One delivery of an event, and how patient the server is with it. It does not know who delivers, nor what becomes
//! of the record.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Event;

/// How much of the notes on a delivery is kept, in bytes.
pub const NOTES_MAX_BYTES: usize = 4096;

/// What follows the notes that were cut off.
const CUT: &str = "…";

/// An attempt to deliver an event, and what the hook wants to be remembered of it.
#[derive(Debug)]
pub struct Delivery {
    /// What happened.
    pub event: Event,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    notes: Mutex<String>,
}

impl Delivery {
    /// Attempt number `attempt` at `event`; the server builds these, and so do tests of hooks.
    pub fn new(event: Event, attempt: u32) -> Self {
        Self {
            event,
            attempt,
            notes: Mutex::default(),
        }
    }

    /// Adds `text` to the delivery's record, for the operator to read: what a program printed, what a peer answered.
    ///
    /// Of all notes the first [`NOTES_MAX_BYTES`] are kept, whole characters each. No secrets: records are shown.
    pub fn note(&self, text: &str) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.ends_with(CUT) && notes.len() >= NOTES_MAX_BYTES {
            return;
        }
        let room = NOTES_MAX_BYTES.saturating_sub(notes.len());
        if text.len() <= room {
            notes.push_str(text);
        } else {
            notes.push_str(&text[..text.floor_char_boundary(room)]);
            notes.push_str(CUT);
        }
    }

    /// What was noted so far; empty when nothing was.
    pub fn notes(&self) -> String {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }
}

/// How patient the server is with a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Time for one delivery.
    pub limit: Duration,
    /// The wait after the first failed attempt, after the second, and so on; some chance is added to or taken from
    /// each. After one more failure than there are waits, the event is parked.
    pub waits: &'static [Duration],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Status, StatusCreated};

    fn delivery() -> Delivery {
        let status = Status::new("0".repeat(24), "Lunch", "away", 0);
        let created = StatusCreated::new(1, 0, Actor::new("a", "ann"), status);
        Delivery::new(created.into(), 1)
    }

    #[test]
    fn notes_are_kept_in_order() {
        let delivery = delivery();
        delivery.note("one\n");
        delivery.note("two\n");
        assert_eq!(delivery.notes(), "one\ntwo\n");
    }

    #[test]
    fn notes_without_end_are_cut_between_characters() {
        let delivery = delivery();
        for _ in 0..10_000 {
            delivery.note("🍜🍜🍜x");
        }
        let notes = delivery.notes();
        assert!(notes.starts_with("🍜🍜🍜x🍜"));
        assert!(notes.ends_with('…'));
        assert!((NOTES_MAX_BYTES - 4..=NOTES_MAX_BYTES + CUT.len()).contains(&notes.len()));
    }
}
