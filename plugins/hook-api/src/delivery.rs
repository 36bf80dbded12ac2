//! One delivery of an event, and the time limits and retry waits of a hook.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Event;

/// How many bytes of the notes on a delivery are kept.
pub const NOTES_MAX_BYTES: usize = 4096;

/// Marks notes that were cut off.
const CUT: &str = "…";

/// An attempt to deliver an event, with the hook's notes on it.
#[derive(Debug)]
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    notes: Mutex<String>,
}

impl Delivery {
    /// Creates attempt number `attempt` at `event`, for the server and for tests of hooks.
    pub fn new(event: Event, attempt: u32) -> Self {
        Self {
            event,
            attempt,
            notes: Mutex::default(),
        }
    }

    /// Adds `text` to the delivery's record, for the operator to read: the output of a program, or
    /// a peer's response.
    ///
    /// The first [`NOTES_MAX_BYTES`] of all notes are kept, in whole characters. Do not add
    /// secrets, because records are shown.
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

    /// Returns the notes so far; may be empty.
    pub fn notes(&self) -> String {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }
}

/// The time limit and retry waits of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time limit for one delivery.
    pub limit: Duration,
    /// The wait after the first failed attempt, after the second, and so on, each with random
    /// jitter. An event that fails once more than there are waits is parked.
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
    fn long_notes_are_cut_between_characters() {
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
