//! The retry schedule of webhooks, and the time limit of one attempt.

use std::time::Duration;

use doorsign_hook::Pace;

/// The example schedule of the Standard Webhooks specification: ten attempts over three days. The
/// time limit exceeds the sum of [`Limits`](crate::Limits), so that our more specific timeouts
/// apply first.
pub(crate) const PACE: Pace = Pace {
    limit: Duration::from_secs(20),
    waits: &[
        Duration::from_secs(5),
        Duration::from_secs(5 * 60),
        Duration::from_secs(30 * 60),
        hours(2),
        hours(5),
        hours(10),
        hours(14),
        hours(20),
        hours(24),
    ],
};

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_add_up_to_the_three_days_of_the_specification() {
        let since_start: Duration = PACE.waits.iter().sum();
        assert_eq!(since_start.as_secs(), (75 * 60 + 35) * 60 + 5);
    }
}
