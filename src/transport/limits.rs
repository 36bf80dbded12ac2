//! How long a client may keep the server waiting. Not settings: they guard the server, and there is no reason to choose others
//! outside tests. Knows nothing of what is waited for.

use std::time::Duration;

/// The server's patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From a connection's first moment, or its last answer, until a request's headers are in.
    pub header: Duration,
    /// From a request's headers until its body is in.
    pub body: Duration,
    /// How long a client may read nothing of an answer.
    pub write: Duration,
    /// How long a client that is refused may go on sending before the connection is closed on it.
    pub linger: Duration,
    /// How long a live connection may say nothing until it is asked whether it is there.
    pub ping: Duration,
    /// How long a live connection may say nothing until it is given up.
    pub silence: Duration,
    /// How long a live connection may be open without a login.
    pub login: Duration,
    /// How long a stop waits for open requests.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(15),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            ping: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            login: Duration::from_secs(30),
            stop: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_15_seconds_bodies_and_silent_readers_30_and_a_stop_10() {
        let limits = Limits::default();
        let seconds = [limits.header, limits.body, limits.write, limits.stop].map(|l| l.as_secs());
        assert_eq!(seconds, [15, 30, 30, 10]);
    }

    #[test]
    fn live_connections_are_asked_after_15_seconds_and_given_up_after_30() {
        let limits = Limits::default();
        assert_eq!([limits.ping, limits.silence].map(|l| l.as_secs()), [15, 30]);
    }

    #[test]
    fn a_live_connection_has_30_seconds_to_log_in() {
        assert_eq!(Limits::default().login.as_secs(), 30);
    }
}
