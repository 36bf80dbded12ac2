//! Throttles repeated log lines: one a minute, with the number of those omitted.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The minimum interval between lines.
const INTERVAL: Duration = Duration::from_secs(60);

/// Decides whether an occurrence is logged.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    logged: Option<Instant>,
    left_out: u64,
}

impl Throttle {
    /// Counts an occurrence. Returns the number omitted before it if it is to be logged.
    pub(crate) fn count(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.logged.is_some_and(|at| at.elapsed() < INTERVAL) {
            state.left_out += 1;
            return None;
        }
        state.logged = Some(Instant::now());
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_of_many_occurrences_is_logged_each_minute() {
        let throttle = Throttle::default();
        assert_eq!(throttle.count(), Some(0));
        for _ in 0..599 {
            tokio::time::advance(Duration::from_millis(100)).await;
            assert_eq!(throttle.count(), None);
        }
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(throttle.count(), Some(599));
        assert_eq!(throttle.count(), None);
    }
}
