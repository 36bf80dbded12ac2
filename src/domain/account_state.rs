//! What only administrators see of an account: whether its owner uses it, and how.

use super::{PresencePolicy, Timestamp, UserId};

/// The state of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// The user.
    pub user: UserId,
    /// What counts as connected.
    pub policy: PresencePolicy,
    /// Number of live password logins.
    pub sessions: u64,
    /// When a login was last opened or used, accurate to a few minutes. `None` if never.
    pub last_seen_at: Option<Timestamp>,
    /// When the unused invitation of a user who never logged in expires, possibly in the past.
    pub invited_until: Option<Timestamp>,
}
