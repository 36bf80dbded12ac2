//! How often and how soon the publisher tries again what has failed.

use std::time::Duration;

/// How often the same piece of work may fail before it is left out.
const ATTEMPTS: u32 = 3;
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Failures of one piece of work. With three attempts, it holds up what is behind it for 0.3 seconds.
#[derive(Default)]
pub(super) struct Failures(u32);

impl Failures {
    /// Counts a failure, and answers whether the work may be tried again.
    pub(super) fn may_retry(&mut self) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS
    }
}

/// Failures in a row, of whatever work.
#[derive(Default)]
pub(super) struct Retry(u32);

impl Retry {
    /// Waits before the next try.
    pub(super) async fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.0.min(10));
        self.0 = self.0.saturating_add(1);
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }

    /// Something has succeeded.
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}
