//! How long and how large anything may be. It does not know what is measured by it.

use std::time::Duration;

/// The longest body that is sent, in bytes: the specification wants payloads "smaller than 20kb".
pub const BODY_MAX_BYTES: usize = 20_000;

/// The longest wait that a receiver's `Retry-After` can ask for: as long as the longest of our own.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How much of an answer's body is read, in bytes, to use its connection again.
pub(crate) const DRAINED_MAX_BYTES: usize = 64 * 1024;

/// How much memory the head of an answer may take, in bytes.
pub(crate) const HEAD_MAX_BYTES: usize = 32 * 1024;

/// A time as the operator reads it: `15 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
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
    use crate::retry_schedule::PACE;

    #[test]
    fn a_request_is_over_before_the_server_gives_it_up() {
        let limits = Limits::default();
        assert!(limits.connect < limits.answer);
        assert!(limits.answer + limits.drain < PACE.limit);
    }
}
