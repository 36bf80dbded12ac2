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
