//! The publisher's retry policy.

use std::time::Duration;

/// How often the same work may fail before it is skipped.
const ATTEMPTS: u32 = 3;
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Failures of one piece of work. Three attempts hold up the rest for 0.3 seconds.
#[derive(Default)]
pub(super) struct Failures(u32);

impl Failures {
    /// Counts a failure and returns whether to retry.
    pub(super) fn may_retry(&mut self) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS
    }
}

/// Consecutive failures of any work.
#[derive(Default)]
pub(super) struct Retry(u32);

impl Retry {
    /// Waits before the next attempt.
    pub(super) async fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.0.min(10));
        self.0 = self.0.saturating_add(1);
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }

    /// Resets the counter after a success.
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[test]
    fn work_is_skipped_at_its_third_failure() {
        let mut failures = Failures::default();
        let retries = [(); 4].map(|()| failures.may_retry());
        assert_eq!(retries, [true, true, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_a_second_until_a_success() {
        let mut retry = Retry::default();
        for millis in [100, 200, 400, 800, 1000, 1000] {
            let began = Instant::now();
            retry.pause().await;
            assert_eq!(began.elapsed().as_millis(), millis);
        }
        retry.reset();
        let began = Instant::now();
        retry.pause().await;
        assert_eq!(began.elapsed(), FIRST_PAUSE);
    }
}
