//! The query for users, independent of URL and SQL.

use super::{SortOrder, Timestamp, UserKind};

/// Filter, order and page of a list of users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    /// Only users with one of these roles. Empty means all users.
    pub roles: Vec<String>,
    /// Only the user with this email address, without regard to case.
    pub email: Option<String>,
    /// Only users with this text in a name or address.
    pub search: Option<UserSearch>,
    /// Only users who may log in, or only those who may not.
    pub active: Option<bool>,
    /// Only users who have logged in with a password, or only those who never have.
    pub has_logged_in: Option<bool>,
    /// Only users who have not been active since then: created before, and without a login that was
    /// opened or used later.
    pub idle_since: Option<Timestamp>,
    /// Only users of this kind.
    pub kind: Option<UserKind>,
    /// Whether to list only users under a rule of status visibility by an administrator.
    pub has_admin_rule: bool,
    /// The sort keys. Empty means by username, without regard to case. Ties are broken by username.
    pub sort: Vec<(UserSort, SortOrder)>,
    /// Number of users to skip.
    pub offset: u64,
    /// Maximum number of users. `None` means all.
    pub limit: Option<u64>,
}

/// A part of a name or address to search for, without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserSearch {
    /// A part of the username or the display name.
    Names(String),
    /// A part of the username, the display name, the nickname or the bio.
    Profiles(String),
    /// A part of the username, the display name or the email address.
    NamesAndAddresses(String),
}

/// A sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserSort {
    /// The id.
    Id,
    /// The username, without regard to case.
    Username,
    /// The display name, without regard to case.
    Name,
    /// The creation time.
    CreatedAt,
    /// Whether the user is active. Active users come last in ascending order.
    Active,
    /// The time of the last login with a password. Users without one come first in ascending order.
    LastLogin,
}
