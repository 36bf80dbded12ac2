//! Size and time limits.

use std::time::Duration;

/// The maximum size of a body in bytes: the specification wants payloads "smaller than 20kb".
pub const BODY_MAX_BYTES: usize = 20_000;

/// The maximum wait that a receiver can request by `Retry-After`: as long as the longest of our
/// own.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How many bytes of a response body are read, to reuse its connection.
pub(crate) const DRAINED_MAX_BYTES: usize = 64 * 1024;

/// How many bytes the head of a response may take.
pub(crate) const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Formats a duration for the operator: `15 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Time limits of a request. Only tests override the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect: resolve the name, open a connection and complete the TLS handshake. 5 seconds.
    pub connect: Duration,
    /// Until the response headers have arrived, including the connection. 15 seconds, the least
    /// that the specification recommends.
    pub answer: Duration,
    /// For the response body after that; then the connection is closed. 1 second.
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
    fn a_request_times_out_before_the_server_drops_it() {
        let limits = Limits::default();
        assert!(limits.connect < limits.answer);
        assert!(limits.answer + limits.drain < PACE.limit);
    }
}
