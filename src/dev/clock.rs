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
    state: Mutex<State>,
    turned: watch::Sender<()>,
}

/// The state of the clock.
#[derive(Clone, Copy)]
enum State {
    /// Running, this many milliseconds ahead of the real time; negative behind it.
    Ahead(i64),
    /// Frozen.
    At(Timestamp),
}

/// A change of the clock, applied in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockChange {
    /// The new time.
    pub to: Target,
    /// Whether the clock is frozen afterwards; `None` leaves that as it is.
    pub frozen: Option<bool>,
}

/// The new time of a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Target {
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

impl ClockChange {
    /// Returns to the real time.
    pub const REAL: Self = Self {
        to: Target::Real,
        frozen: None,
    };
}

impl DevClock {
    /// Creates a clock that follows `real` until it is changed.
    pub fn new(real: Arc<dyn Clock>) -> Self {
        Self {
            real,
            state: Mutex::new(State::Ahead(0)),
            turned: watch::Sender::new(()),
        }
    }

    /// Returns whether the clock is frozen.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.state(), State::At(_))
    }

    /// Applies `change`. Returns `None`, without a change, if the result would be before 1970 or
    /// after the year 9000.
    pub fn change(&self, change: ClockChange) -> Option<()> {
        let mut state = self.state();
        let now = self.read(*state);
        let (at, was_frozen) = match change.to {
            Target::Real => (self.real.now(), false),
            Target::Here => (now, matches!(*state, State::At(_))),
            Target::Instant(at) => (at, matches!(*state, State::At(_))),
            Target::Later(millis) => {
                let later = now.as_millis().checked_add(millis)?;
                (
                    Timestamp::from_millis(later),
                    matches!(*state, State::At(_)),
                )
            }
        };
        if !(0..=LATEST).contains(&at.as_millis()) {
            return None;
        }
        *state = if change.frozen.unwrap_or(was_frozen) {
            State::At(at)
        } else {
            State::Ahead(at.as_millis() - self.real.now().as_millis())
        };
        drop(state);
        self.turned.send_replace(());
        Some(())
    }

    fn read(&self, state: State) -> Timestamp {
        match state {
            State::At(instant) => instant,
            State::Ahead(millis) => {
                Timestamp::from_millis(self.real.now().as_millis().saturating_add(millis))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let state = *self.state();
        self.read(state)
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
        let at = |millis| Target::Instant(Timestamp::from_millis(millis));
        let change = |to, frozen| ClockChange { to, frozen };
        // Each step is followed by ten milliseconds of real time.
        let steps = [
            (change(Target::Here, None), 1000, 1010),
            (change(Target::Later(500), None), 1510, 1520),
            (change(at(7000), None), 7000, 7010),
            (change(Target::Here, Some(true)), 7010, 7010),
            (change(Target::Later(-10), None), 7000, 7000),
            (change(at(9000), None), 9000, 9000),
            (change(Target::Here, Some(false)), 9000, 9010),
            (change(at(50), Some(true)), 50, 50),
            (ClockChange::REAL, 1080, 1090),
            (change(Target::Real, Some(true)), 1090, 1090),
        ];
        for (n, (change, now, later)) in steps.into_iter().enumerate() {
            clock.change(change).unwrap();
            assert_eq!(clock.now().as_millis(), now, "{n}: {change:?}");
            real.0.fetch_add(10, Ordering::SeqCst);
            assert_eq!(clock.now().as_millis(), later, "{n}: {change:?}");
        }
    }

    #[test]
    fn it_stays_within_the_calendar() {
        let clock = DevClock::new(Arc::new(Real(AtomicI64::new(1000))));
        for millis in [i64::MIN, -1001, LATEST, i64::MAX] {
            let to = Target::Later(millis);
            assert_eq!(
                clock.change(ClockChange { to, frozen: None }),
                None,
                "{millis}"
            );
            assert_eq!(clock.now().as_millis(), 1000, "{millis}");
        }
    }
}
