//! The query for custom statuses, independent of URL and SQL.

/// Filter, order and page of a list of custom statuses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct StatusQuery {
    /// Only the one with this id.
    pub id: Option<String>,
    /// Only statuses whose [`StatusName::key`](super::StatusName::key) contains this key.
    pub name_contains: Option<String>,
    /// The sort keys. Empty means by name, ascending, compared by bytes. Ties are broken by id.
    pub sort: Vec<(SortField, SortOrder)>,
    /// Number of statuses to skip.
    pub offset: u64,
    /// Maximum number of statuses. `None` means all.
    pub limit: Option<u64>,
}

/// A sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortField {
    /// The id, which orders by creation time.
    Id,
    /// The name, compared by bytes.
    Name,
    /// The name of the type.
    StatusType,
    /// The time of the last change.
    UpdatedAt,
}

/// The sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Number of items on all pages.
    pub total: u64,
}
