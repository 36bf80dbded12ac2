//! Selects one page of rows with the total number, for lists with their own conditions and order.

use crate::domain::Page;
use rusqlite::{Connection, Result, Row, params_from_iter};

/// The query for a page. Everything except `values` is trusted SQL text: no API input.
pub(super) struct PageQuery<'a> {
    /// The selected columns.
    pub(super) columns: &'a str,
    /// Tables and conditions, with a question mark for each of the `values`.
    pub(super) source: &'a str,
    /// The sort columns.
    pub(super) order: &'a str,
    /// The values for the question marks.
    pub(super) values: &'a [String],
    /// Number of rows to skip.
    pub(super) offset: u64,
    /// Maximum number of rows. `None` means all.
    pub(super) limit: Option<u64>,
}

/// Selects the page, and reads each row with `read`.
pub(super) fn select<T>(
    connection: &Connection,
    query: &PageQuery<'_>,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Page<T>> {
    let PageQuery {
        columns,
        source,
        order,
        values,
        ..
    } = query;
    let total: i64 = connection
        .prepare(&format!("SELECT count(*) FROM {source}"))?
        .query_row(params_from_iter(*values), |row| row.get(0))?;
    let limit = query.limit.and_then(|limit| i64::try_from(limit).ok());
    let limit = limit.unwrap_or(-1); // No limit, in SQLite.
    let offset = i64::try_from(query.offset).unwrap_or(i64::MAX);
    let items = connection
        .prepare(&format!(
            "SELECT {columns} FROM {source} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        ))?
        .query_map(params_from_iter(*values), read)?
        .collect::<Result<_>>()?;
    Ok(Page {
        items,
        total: total.unsigned_abs(),
    })
}
