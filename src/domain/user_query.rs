//! Asking for some of many users. Knows nothing of how a query is written, in a URL or in SQL.

use super::SortOrder;

/// Which users, in which order, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    /// Only those who hold one of these roles; everybody when empty.
    pub roles: Vec<String>,
    /// Only the one with this e-mail address, without regard to case.
    pub email: Option<String>,
    /// The order; by user name without regard to case when empty. Ties are broken by user name.
    pub sort: Vec<(UserSort, SortOrder)>,
    /// How many to skip.
    pub offset: u64,
    /// How many at most; `None`: all.
    pub limit: Option<u64>,
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserSort {
    /// The id.
    Id,
    /// The user name, without regard to case.
    Username,
    /// The name to show, without regard to case.
    Name,
    /// The time of creation.
    CreatedAt,
    /// Active ones last when ascending.
    Active,
}
