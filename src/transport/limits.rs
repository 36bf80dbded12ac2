//! Time limits for clients. Not configurable: they protect the server, and only tests need other
//! values.

use std::time::Duration;

/// The server's time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start of a connection, or its last response, until a request's headers have
    /// arrived.
    pub header: Duration,
    /// From a request's headers until its body has arrived.
    pub body: Duration,
    /// Maximum time during which a client reads nothing of a response.
    pub write: Duration,
    /// How long a refused client may go on sending before its connection is closed.
    pub linger: Duration,
    /// Silence after which a live connection is pinged.
    pub ping: Duration,
    /// Silence after which a live connection is closed.
    pub silence: Duration,
    /// How long a live connection may be open without a login.
    pub login: Duration,
    /// How long shutdown waits for open requests.
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
    fn headers_have_15_seconds_bodies_and_writes_30_and_shutdown_10() {
        let limits = Limits::default();
        let seconds = [limits.header, limits.body, limits.write, limits.stop].map(|l| l.as_secs());
        assert_eq!(seconds, [15, 30, 30, 10]);
    }

    #[test]
    fn live_connections_are_pinged_after_15_seconds_and_closed_after_30() {
        let limits = Limits::default();
        assert_eq!([limits.ping, limits.silence].map(|l| l.as_secs()), [15, 30]);
    }

    #[test]
    fn a_live_connection_has_30_seconds_to_log_in() {
        assert_eq!(Limits::default().login.as_secs(), 30);
    }
}
