//! By what somebody counts as connected. Meant for bots, whose sockets tell less than people's do. Knows neither connections nor claims.

use super::words::words;

words! {
    /// By what a user counts as connected.
    #[derive(Default)]
    pub enum PresencePolicy {
        /// By a live connection.
        #[default]
        Connection = "connection",
        /// By heartbeats alone, so that a bot whose loop hangs while its socket lives is shown offline.
        Heartbeat = "heartbeat",
        /// By nothing: always online.
        Always = "always",
    }
}
