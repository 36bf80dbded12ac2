//! Why a database file was not opened.

use super::schema::VERSION;
use std::path::{Path, PathBuf};

/// Why a database was not opened, in one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The bundled SQLite is too old to be safe.
    #[error("SQLite {}.{}.{} can corrupt databases; doorsign needs 3.51.3 or newer", .0 / 1_000_000, .0 / 1000 % 1000, .0 % 1000)]
    OldSqlite(i32),
    /// The file is not a database.
    #[error("{0} is not a database; it was left untouched")]
    NotADatabase(PathBuf),
    /// The file is a database of another program.
    #[error("{0} is a database of another program; it was left untouched")]
    NotOurs(PathBuf),
    /// The file was written by a newer doorsign.
    #[error("{0} has schema {1}, and this doorsign knows up to {VERSION}; use a newer doorsign")]
    Newer(PathBuf, i32),
    /// The file was written by a doorsign from before the first release.
    #[error(
        "{0} has schema {1}, from before the first release, which cannot be carried over; it was left untouched"
    )]
    Older(PathBuf, i32),
    /// The file has an older schema, and this process must not upgrade it.
    #[error(
        "{0} has schema {1}, and this doorsign needs {VERSION}: restart the server with this doorsign, which upgrades it, \
         or use the doorsign that the server runs"
    )]
    NeedsUpgrade(PathBuf, i32),
    /// The log next to the file belongs to another file, such as a newer one of the same database.
    #[error(
        "{0} does not belong to the log beside it, {0}-wal: put the file back that does, \
         or move {0}-wal and {0}-shm away to use this file without the changes in that log"
    )]
    OtherLog(PathBuf),
    /// The file is damaged, with the first damage that SQLite found.
    #[error(
        "{0} is damaged ({1}): restore a backup, or recover the data with `sqlite3 {0} .recover`"
    )]
    Damaged(PathBuf, String),
    /// The file cannot be read or written.
    #[error("cannot open {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// SQLite reported an error.
    #[error("cannot open {0}: {1}")]
    Sqlite(PathBuf, String),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(String),
}

impl OpenError {
    pub(super) fn sqlite(path: &Path, source: &rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotADatabase(path.to_owned()),
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                Self::Damaged(path.to_owned(), source.to_string())
            }
            _ => Self::Sqlite(path.to_owned(), source.to_string()),
        }
    }
}
