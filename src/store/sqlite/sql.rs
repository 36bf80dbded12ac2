//! Runs the statements of [`sql`](crate::store::sql) on SQLite's connections.

use super::error::{error, write_error};
use crate::domain::{Error, EventId, Result};
use crate::store::sql::{NEWEST_EVENT, Row, Sql, Value, WriteError, placeholders_ascend};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql, params_from_iter};

impl Sql for Connection {
    const POSITION: &'static str = "instr";
    const ELEMENTS: &'static str = "SELECT value FROM json_each";

    type Row<'r> = rusqlite::Row<'r>;

    fn execute(&self, sql: &str, values: &[Value<'_>]) -> std::result::Result<usize, WriteError> {
        prepare(self, sql)
            .and_then(|mut statement| statement.execute(params_from_iter(values)))
            .map_err(|source| write_error(&source))
    }

    fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Self::Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = prepare(self, sql).map_err(|e| error(&e))?;
        let mut rows = statement
            .query(params_from_iter(values))
            .map_err(|e| error(&e))?;
        rows.next().map_err(|e| error(&e))?.map(read).transpose()
    }

    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Self::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = prepare(self, sql).map_err(|e| error(&e))?;
        let mut rows = statement
            .query(params_from_iter(values))
            .map_err(|e| error(&e))?;
        while let Some(row) = rows.next().map_err(|e| error(&e))? {
            read(row)?;
        }
        Ok(())
    }
}

fn prepare<'c>(connection: &'c Connection, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
    debug_assert!(placeholders_ascend(sql), "{sql}");
    connection.prepare_cached(sql)
}

impl Row for rusqlite::Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>> {
        match self.get_ref(column).map_err(|e| error(&e))? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Integer(number)),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(Value::Text)
                .map_err(Error::internal),
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
            other => Err(Error::internal(format!(
                "column {column} is a {}",
                other.data_type()
            ))),
        }
    }
}

/// Returns the position of the newest event, or SQLite's own error.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<EventId> {
    let mut statement = prepare(connection, NEWEST_EVENT)?;
    statement.query_row([], |row| {
        row.get(0).map(i64::unsigned_abs).map(EventId::new)
    })
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
