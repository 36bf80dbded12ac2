//! By what somebody counts as connected. Meant for bots, whose sockets tell less than people's do. Knows neither connections nor claims.

/// By what somebody counts as connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PresencePolicy {
    /// By a live connection.
    #[default]
    Connection,
    /// By heartbeats alone, so that a bot whose loop hangs while its socket lives is shown offline.
    Heartbeat,
    /// By nothing: always online.
    Always,
}

impl PresencePolicy {
    /// Every policy, the default first.
    pub const ALL: [Self; 3] = [Self::Connection, Self::Heartbeat, Self::Always];

    /// The policy that is called `text`, exactly.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Heartbeat => "heartbeat",
            Self::Always => "always",
        }
    }
}
