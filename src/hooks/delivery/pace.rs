//! Time limits and retry waits of a consumer.

use doorsign_hook::RETRY_WAITS;
use std::time::Duration;

/// The time limit and the retry waits of a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The time limit for one delivery.
    pub limit: Duration,
    /// The wait after the first failure, the second, and so on. An event that fails once more than
    /// there are waits is parked.
    pub waits: &'static [Duration],
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(10),
            waits: &RETRY_WAITS,
        }
    }
}

impl Pace {
    /// Returns the wait after `attempts` failures, changed by up to 10 % with `jitter` (0 to 1), so
    /// that simultaneous failures do not retry simultaneously. `None` when all attempts are used
    /// up.
    #[must_use]
    pub fn wait(&self, attempts: u32, jitter: f64) -> Option<Duration> {
        let n = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(n)?;
        Some(wait.mul_f64(0.9 + jitter.clamp(0.0, 1.0) / 5.0))
    }
}

/// Returns a random number from 0 to 1.
pub(super) fn jitter() -> f64 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(0.5, |()| f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes_and_end_after_sixteen_attempts() {
        let pace = Pace::default();
        let waits = (1..=20).map_while(|attempts| pace.wait(attempts, 0.5));
        let seconds: Vec<u64> = waits.map(|wait| wait.as_secs()).collect();
        let expected = [
            1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600, 600,
        ];
        assert_eq!(seconds, expected);
        assert_eq!(pace.wait(16, 0.5), None);
    }

    #[test]
    fn jitter_moves_a_wait_by_a_tenth_at_most() {
        let pace = Pace::default();
        assert_eq!(pace.wait(4, 0.0), Some(Duration::from_millis(7_200)));
        assert_eq!(pace.wait(4, 1.0), Some(Duration::from_millis(8_800)));
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }
}
