//! One page of rows and how many there are in all, for lists whose conditions and order are the caller's.

use crate::domain::Page;
use rusqlite::{Connection, Result, Row, params_from_iter};

/// What to select. All but `values` is SQL text of our own: nothing in it comes from a caller of the API.
pub(super) struct PageQuery<'a> {
    /// The columns that are read.
    pub(super) columns: &'a str,
    /// The tables and the conditions, with a question mark for each of the `values`.
    pub(super) source: &'a str,
    /// The columns to sort by.
    pub(super) order: &'a str,
    /// What stands for the question marks.
    pub(super) values: &'a [String],
    /// How many rows are left out.
    pub(super) offset: u64,
    /// How many rows there are at most; `None`: all.
    pub(super) limit: Option<u64>,
}

/// Selects the page, and reads each row of it with `read`.
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
