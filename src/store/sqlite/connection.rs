//! Reading connections, and the statement cache of every connection.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Opens a connection for reading the database at `path`.
pub(super) fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    // Read-write, because readers use the log's shared memory. query_only prevents writes.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(
        "PRAGMA busy_timeout = 2000; PRAGMA query_only = ON; PRAGMA cache_size = -1000; PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Enables the statement cache of a connection, with the query planner stability guarantee. Without
/// it, SQLite prepares a statement again whenever a value that a plan might depend on is bound or
/// cleared, which is almost every use of a statement with a join or a limit. Here no plan depends
/// on values: tables are never analysed, and no pattern is bound.
pub(super) fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    let guaranteed = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(guaranteed, true).map(drop)
}
