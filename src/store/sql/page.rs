//! Selects one page of rows with the total number, for lists with their own conditions and order.

use super::Sql;
use super::filter::Filter;
use crate::domain::{Page, Result, SortOrder};

/// The query for a page. SQL text is trusted, so it never contains input.
pub struct PageQuery<'a> {
    /// The selected columns.
    pub columns: &'a str,
    /// The tables.
    pub tables: &'a str,
    /// The conditions.
    pub filter: Filter<'a>,
    /// The sort columns.
    pub order: String,
    /// Number of rows to skip.
    pub offset: u64,
    /// Maximum number of rows. `None` means all.
    pub limit: Option<u64>,
}

/// Selects the page, and reads each row with `read`.
pub fn select<S: Sql, T>(
    sql: &S,
    query: PageQuery<'_>,
    read: impl FnMut(&S::Row<'_>) -> Result<T>,
) -> Result<Page<T>> {
    let count = format!("SELECT count(*) FROM {} {}", query.tables, query.filter);
    let total = sql.only(&count, query.filter.values())?;
    let items = items(sql, query, read)?;
    Ok(Page { items, total })
}

/// Selects the rows of the page without their total number.
pub fn items<S: Sql, T>(
    sql: &S,
    query: PageQuery<'_>,
    read: impl FnMut(&S::Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let PageQuery {
        columns,
        tables,
        mut filter,
        order,
        offset,
        limit,
    } = query;
    let (limit, offset) = (filter.bind(limit.unwrap_or(u64::MAX)), filter.bind(offset));
    let rows = format!(
        "SELECT {columns} FROM {tables} {filter} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
    );
    sql.all(&rows, filter.values(), read)
}

/// Returns the sort columns, each followed by a comma.
pub fn sort_columns<F: Copy>(
    keys: &[(F, SortOrder)],
    column: impl Fn(F) -> &'static str,
) -> String {
    let mut columns = String::new();
    for (field, order) in keys {
        columns += column(*field);
        columns += match order {
            SortOrder::Ascending => ", ",
            SortOrder::Descending => " DESC, ",
        };
    }
    columns
}
