//! What is shown beneath all claims. Knows nothing of claims: which of these somebody is at is [`Presence`](super::Presence)'s to say.

use super::words::words;

words! {
    /// What somebody without claims is shown as while nobody is connected.
    pub enum Rest {
        /// Offline: they never said anything else.
        Offline = "offline",
        /// Online, which was the last thing they said.
        Online = "online",
        /// They said online, and claimed something else since: what somebody who is shown as declared comes back to. Others are offline
        /// until they are connected.
        OnlineBefore = "online before",
    }
}
