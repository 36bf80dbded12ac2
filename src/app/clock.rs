//! The clock, and the one place that reads the system's.

use crate::domain::Timestamp;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// A source of the current time. Tests supply their own.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Returns a channel that changes when the clock is set manually, so that due work is checked
    /// at once. `None` for the system clock, which does not report changes.
    fn set_by_hand(&self) -> Option<watch::Receiver<()>> {
        None
    }
}

/// Resolves when the clock is set manually; pending forever otherwise. `set` comes from
/// [`Clock::set_by_hand`].
pub async fn set_by_hand(set: &mut Option<watch::Receiver<()>>) {
    let was_set = match set {
        Some(set) => set.changed().await.is_ok(),
        None => false,
    };
    if !was_set {
        std::future::pending().await
    }
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        timestamp(SystemTime::now())
    }
}

/// Converts a system time, which may be before 1970. Time must advance there too, or nothing would
/// expire.
fn timestamp(time: SystemTime) -> Timestamp {
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_advances_before_1970_too() {
        let second = Duration::from_secs(1);
        let at = |time: Option<SystemTime>| timestamp(time.unwrap()).as_millis();
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_sub(second)), -1000);
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_sub(second * 2)), -2000);
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_add(second)), 1000);
    }
}
