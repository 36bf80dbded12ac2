//! A user as a board shows them. A board shows the status that a user set, also without a live
//! connection.

use super::{ClaimSource, Nickname, Timestamp, UserId, UserStatus, Username};

/// A user as a board shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPerson {
    /// The user.
    pub id: UserId,
    /// The username.
    pub username: Username,
    /// The display name.
    pub name: String,
    /// The additional display name.
    pub nickname: Option<Nickname>,
    /// The ids of the roles, in alphabetical order.
    pub roles: Vec<String>,
    /// The entity tag of the picture, if the user has one.
    pub avatar: Option<String>,
    /// The status.
    pub shown: BoardStatus,
}

/// A status on a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardStatus {
    /// The status.
    pub status: UserStatus,
    /// The text, empty if there is none.
    pub text: String,
    /// The source of the effective claim. `None` without one.
    pub source: Option<ClaimSource>,
    /// When that claim expires.
    pub expires_at: Option<Timestamp>,
    /// Since when the status holds. `None` if that is not known.
    pub since: Option<Timestamp>,
}

impl BoardStatus {
    /// Returns what is shown instead of a hidden status: that of a user who never set one and was
    /// never connected.
    #[must_use]
    pub const fn hidden() -> Self {
        Self {
            status: UserStatus::Offline,
            text: String::new(),
            source: None,
            expires_at: None,
            since: None,
        }
    }
}
