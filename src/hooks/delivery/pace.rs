//! How patient the loop is. Knows nothing of what is delivered.

use doorsign_hook::RETRY_WAITS;
use std::time::Duration;

/// How patient the loop is with a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Time for one delivery.
    pub limit: Duration,
    /// The wait after the first failure, after the second, and so on. After one more failure than there are waits, an event is parked.
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
    /// The wait after `attempts` failed ones, stretched or shortened by up to a tenth with `jitter` (0 to 1), so that what failed
    /// together does not come back together. `None`: there have been enough.
    #[must_use]
    pub fn wait(&self, attempts: u32, jitter: f64) -> Option<Duration> {
        let n = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(n)?;
        Some(wait.mul_f64(0.9 + jitter.clamp(0.0, 1.0) / 5.0))
    }
}

/// A number from 0 to 1 by chance.
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
