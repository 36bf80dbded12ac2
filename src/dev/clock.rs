//! A settable clock: another clock plus an offset, or a fixed instant.

use crate::app::Clock;
use crate::domain::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The last instant that can be set, `9000-01-01T00:00:00Z`: far in the future but still
/// representable.
const LATEST: i64 = 221_845_392_000_000;

/// A clock that starts at the time of another one.
pub struct DevClock {
    real: Arc<dyn Clock>,
    hand: Mutex<Hand>,
    turned: watch::Sender<()>,
}

/// The state of the clock.
#[derive(Clone, Copy)]
enum Hand {
    /// Running, this many milliseconds ahead of the real time; negative behind it.
    Ahead(i64),
    /// Frozen.
    At(Timestamp),
}

/// A change of the clock, applied in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turn {
    /// The new time.
    pub to: To,
    /// Whether the clock is frozen afterwards; `None` leaves that as it is.
    pub frozen: Option<bool>,
}

/// The new time of a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum To {
    /// Unchanged.
    #[default]
    Here,
    /// An instant.
    Instant(Timestamp),
    /// This many milliseconds later; negative for earlier.
    Later(i64),
    /// The real time, running.
    Real,
}

impl Turn {
    /// Returns to the real time.
    pub const REAL: Self = Self {
        to: To::Real,
        frozen: None,
    };
}

impl DevClock {
    /// Creates a clock that follows `real` until it is changed.
    pub fn new(real: Arc<dyn Clock>) -> Self {
        Self {
            real,
            hand: Mutex::new(Hand::Ahead(0)),
            turned: watch::Sender::new(()),
        }
    }

    /// Returns whether the clock is frozen.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.hand(), Hand::At(_))
    }

    /// Applies `turn`. Returns `None`, without a change, if the result would be before 1970 or
    /// after the year 9000.
    pub fn turn(&self, turn: Turn) -> Option<()> {
        let mut hand = self.hand();
        let now = self.read(*hand);
        let (at, was_frozen) = match turn.to {
            To::Real => (self.real.now(), false),
            To::Here => (now, matches!(*hand, Hand::At(_))),
            To::Instant(at) => (at, matches!(*hand, Hand::At(_))),
            To::Later(millis) => {
                let later = now.as_millis().checked_add(millis)?;
                (Timestamp::from_millis(later), matches!(*hand, Hand::At(_)))
            }
        };
        if !(0..=LATEST).contains(&at.as_millis()) {
            return None;
        }
        *hand = if turn.frozen.unwrap_or(was_frozen) {
            Hand::At(at)
        } else {
            Hand::Ahead(at.as_millis() - self.real.now().as_millis())
        };
        drop(hand);
        self.turned.send_replace(());
        Some(())
    }

    fn read(&self, hand: Hand) -> Timestamp {
        match hand {
            Hand::At(instant) => instant,
            Hand::Ahead(millis) => {
                Timestamp::from_millis(self.real.now().as_millis().saturating_add(millis))
            }
        }
    }

    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let hand = *self.hand();
        self.read(hand)
    }

    fn set_by_hand(&self) -> Option<watch::Receiver<()>> {
        Some(self.turned.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Real(AtomicI64);

    impl Clock for Real {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn it_runs_freezes_and_returns_as_set() {
        let real = Arc::new(Real(AtomicI64::new(1000)));
        let clock = DevClock::new(real.clone());
        let at = |millis| To::Instant(Timestamp::from_millis(millis));
        let turn = |to, frozen| Turn { to, frozen };
        // Each step is followed by ten milliseconds of real time.
        let steps = [
            (turn(To::Here, None), 1000, 1010),
            (turn(To::Later(500), None), 1510, 1520),
            (turn(at(7000), None), 7000, 7010),
            (turn(To::Here, Some(true)), 7010, 7010),
            (turn(To::Later(-10), None), 7000, 7000),
            (turn(at(9000), None), 9000, 9000),
            (turn(To::Here, Some(false)), 9000, 9010),
            (turn(at(50), Some(true)), 50, 50),
            (Turn::REAL, 1080, 1090),
            (turn(To::Real, Some(true)), 1090, 1090),
        ];
        for (n, (turn, now, later)) in steps.into_iter().enumerate() {
            clock.turn(turn).unwrap();
            assert_eq!(clock.now().as_millis(), now, "{n}: {turn:?}");
            real.0.fetch_add(10, Ordering::SeqCst);
            assert_eq!(clock.now().as_millis(), later, "{n}: {turn:?}");
        }
    }

    #[test]
    fn it_stays_within_the_calendar() {
        let clock = DevClock::new(Arc::new(Real(AtomicI64::new(1000))));
        for millis in [i64::MIN, -1001, LATEST, i64::MAX] {
            let to = To::Later(millis);
            assert_eq!(clock.turn(Turn { to, frozen: None }), None, "{millis}");
            assert_eq!(clock.now().as_millis(), 1000, "{millis}");
        }
    }
}
