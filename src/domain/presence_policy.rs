//! The presence policy: what makes a user count as connected. Meant for bots, whose sockets are
//! weak evidence.

use super::words::words;

words! {
    /// What makes a user count as connected.
    #[derive(Default)]
    pub enum PresencePolicy {
        /// A live connection.
        #[default]
        Connection = "connection",
        /// Heartbeats only. A bot whose loop hangs while its socket is open is shown offline.
        Heartbeat = "heartbeat",
        /// Always online.
        Always = "always",
    }
}
