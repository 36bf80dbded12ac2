//! How long and how large anything may be. It does not know what is measured by it.

use std::time::Duration;

use doorsign_hook::Pace;

/// The longest body that is sent, in bytes: the specification wants payloads "smaller than 20kb".
pub const BODY_MAX_BYTES: usize = 20_000;

/// The longest wait that a receiver's `Retry-After` can ask for: as long as the longest of our own.
pub const RETRY_AFTER_MAX: Duration = hours(24);

/// How much of an answer's body is read, in bytes, to use its connection again.
pub(crate) const DRAINED_MAX_BYTES: usize = 64 * 1024;

/// How much memory the head of an answer may take, in bytes.
pub(crate) const HEAD_MAX_BYTES: usize = 32 * 1024;

/// The specification's example schedule: ten attempts over three days. The limit is above what [`Limits`] adds up to, so
/// that it is we who say what took too long.
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

/// A time as the operator reads it: `15 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 60 * 60)
}

/// How long a request may take. Other times than the defaults are for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until there is a connection: the name resolved, an address dialled, TLS agreed on. 5 seconds.
    pub connect: Duration,
    /// Until the answer's headers are there, the connection included. 15 seconds, the least that the specification
    /// recommends.
    pub answer: Duration,
    /// For the answer's body after that; then the connection is closed. 1 second.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(15),
            drain: Duration::from_secs(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_over_before_the_server_gives_it_up() {
        let limits = Limits::default();
        assert!(limits.connect < limits.answer);
        assert!(limits.answer + limits.drain < PACE.limit);
    }

    #[test]
    fn the_waits_add_up_to_the_three_days_of_the_specification() {
        let since_start: Duration = PACE.waits.iter().sum();
        assert_eq!(since_start.as_secs(), (75 * 60 + 35) * 60 + 5);
    }
}
