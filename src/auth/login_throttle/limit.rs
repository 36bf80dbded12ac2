//! A limit of failures: when it is reached, and for how long it blocks.

use crate::auth::fixed_window::Window;
use crate::domain::Timestamp;
use std::time::Duration;

/// A maximum number of failures within a time span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) failures: u32,
    pub(super) span: Duration,
}

impl Limit {
    pub(super) fn is_full(&self, failures: &Window) -> bool {
        failures.count >= self.failures
    }

    pub(super) fn is_over(&self, failures: &Window, now: Timestamp) -> bool {
        let began = if self.is_full(failures) {
            failures.last
        } else {
            failures.began
        };
        now < began || now.since(began) >= self.span
    }

    /// Returns how close a counter is to a block, in percent.
    pub(super) fn percent(&self, failures: &Window) -> u32 {
        let percent = u64::from(failures.count) * 100 / u64::from(self.failures.max(1));
        u32::try_from(percent).unwrap_or(u32::MAX)
    }
}
