//! Reading connections, and what all connections share: the statement cache, and how long they
//! wait for the lock of another process.

use crate::store::DatabaseSettings;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a server waits for the lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// What a connection does while another process locks the database.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// Waits for [`BUSY_TIMEOUT`].
    Briefly,
    /// Waits as long as this function returns `true`.
    While(fn(i32) -> bool),
}

impl Wait {
    pub(super) fn of(settings: &DatabaseSettings<'_>) -> Self {
        settings.while_locked.map_or(Self::Briefly, Self::While)
    }

    /// How long opening a reading connection may take.
    pub(super) const fn to_connect(self) -> Duration {
        match self {
            Self::Briefly => Duration::from_secs(5),
            Self::While(_) => Duration::from_secs(60),
        }
    }

    pub(super) fn set(self, connection: &mut Connection) -> rusqlite::Result<()> {
        match self {
            Self::Briefly => connection.busy_timeout(BUSY_TIMEOUT),
            Self::While(keep_waiting) => connection.busy_handler(Some(keep_waiting)),
        }
    }
}

/// Opens a connection for reading the database at `path`.
pub(super) fn read_only(path: &Path, wait: Wait) -> rusqlite::Result<Connection> {
    // Read-write, because readers use the log's shared memory. query_only prevents writes.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    wait.set(&mut connection)?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cache_size = -1000; PRAGMA trusted_schema = OFF;
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
