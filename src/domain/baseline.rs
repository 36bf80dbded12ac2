//! What is shown beneath all claims. Knows nothing of claims: which of these somebody is at is [`Presence`](super::Presence)'s to say.

/// What somebody without claims is shown as while nobody is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Offline: they never said anything else.
    Offline,
    /// Online, which was the last thing they said.
    Online,
    /// They said online, and claimed something else since: what somebody who is shown as declared comes back to. Others are offline
    /// until they are connected.
    OnlineBefore,
}

impl Rest {
    const ALL: [Self; 3] = [Self::Offline, Self::Online, Self::OnlineBefore];

    /// The rest that is called `text`, exactly.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Online => "online",
            Self::OnlineBefore => "online before",
        }
    }
}
