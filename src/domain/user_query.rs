//! The query for users, independent of URL and SQL.

use super::SortOrder;

/// Filter, order and page of a list of users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    /// Only users with one of these roles. Empty means all users.
    pub roles: Vec<String>,
    /// Only the user with this email address, without regard to case.
    pub email: Option<String>,
    /// The sort keys. Empty means by username, without regard to case. Ties are broken by username.
    pub sort: Vec<(UserSort, SortOrder)>,
    /// Number of users to skip.
    pub offset: u64,
    /// Maximum number of users. `None` means all.
    pub limit: Option<u64>,
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
}
