//! The status shown when a user has no live claim.

use super::words::words;

words! {
    /// The status of a user without claims and connections. [`Presence`](super::Presence) decides
    /// which one applies.
    pub enum Baseline {
        /// Offline: the user never chose a status.
        Offline = "offline",
        /// Online: the user's last choice was online.
        Online = "online",
        /// Online was chosen, and a claim was made since. Users shown as declared, such
        /// as bots, return to online when the claim ends. Others are offline until they connect.
        OnlineBefore = "online before",
    }
}
