//! Asking for some of many statuses. Knows nothing of how a query is written, in a URL or in SQL.

/// Which statuses, in which order, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StatusQuery {
    /// Only the one with this id.
    pub id: Option<String>,
    /// Only those whose [`StatusName::key`](super::StatusName::key) contains this key.
    pub name_contains: Option<String>,
    /// The order; by name, ascending and byte by byte, when empty. Ties are broken by id.
    pub sort: Vec<(SortField, SortOrder)>,
    /// How many to skip.
    pub offset: u64,
    /// How many at most; `None`: all.
    pub limit: Option<u64>,
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortField {
    /// The id, that is the time of creation.
    Id,
    /// The name, byte by byte.
    Name,
    /// The type's word.
    StatusType,
    /// The time of the last change.
    UpdatedAt,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Some of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Those on this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
}
