//! Opening a database file: what is refused before anything is written, how an older one is carried over, and the writer's pragmas.
//! Knows nothing of what is in the tables.

use super::marker::Generation;
use super::{beside, create, generation, upgrades};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

pub(super) const SCHEMA: &str = include_str!("../../../schema.sql");
/// `PRAGMA user_version` of [`SCHEMA`].
const VERSION: i32 = 5;
/// `PRAGMA application_id` of [`SCHEMA`].
const APPLICATION: i32 = 0x646f_6f72;
/// The first SQLite whose write-ahead log is free of the reset race that can corrupt a database with two connections.
/// Source: <https://sqlite.org/wal.html#walresetbug>.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Why a database was not opened. Its text is one line for the person at the terminal.
#[derive(Debug)]
pub enum OpenError {
    /// The SQLite built in is too old to be trusted.
    OldSqlite(i32),
    /// The file is something else.
    NotADatabase(PathBuf),
    /// It is a database, but of another program.
    NotOurs(PathBuf),
    /// It was written by a newer doorsign.
    Newer(PathBuf, i32),
    /// It was written by a doorsign from before the first release.
    Older(PathBuf, i32),
    /// The log beside it belongs to another file, such as a newer one of the same database.
    OtherLog(PathBuf),
    /// It is damaged; what SQLite found first.
    Damaged(PathBuf, String),
    /// The file cannot be read or written.
    Io(PathBuf, std::io::Error),
    /// SQLite refused.
    Sqlite(PathBuf, String),
    /// The machine refused a thread.
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

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OldSqlite(version) => write!(
                f,
                "SQLite {}.{}.{} can corrupt databases; doorsign needs 3.51.3 or newer",
                version / 1_000_000,
                version / 1000 % 1000,
                version % 1000
            ),
            Self::NotADatabase(path) => write!(
                f,
                "{} is not a database; it was left untouched",
                path.display()
            ),
            Self::NotOurs(path) => write!(
                f,
                "{} is a database of another program; it was left untouched",
                path.display()
            ),
            Self::Newer(path, version) => write!(
                f,
                "{} has schema {version}, and this doorsign knows up to {VERSION}; use a newer doorsign",
                path.display()
            ),
            Self::Older(path, version) => write!(
                f,
                "{} has schema {version}, from before the first release, which cannot be carried over; it was left untouched",
                path.display()
            ),
            Self::OtherLog(path) => write!(
                f,
                "{path} does not belong to the log beside it, {path}-wal: put the file back that does, \
                 or move {path}-wal and {path}-shm away to use this file without the changes in that log",
                path = path.display()
            ),
            Self::Damaged(path, found) => write!(
                f,
                "{path} is damaged ({found}): restore a backup, or recover the data with `sqlite3 {path} .recover`",
                path = path.display()
            ),
            Self::Io(path, source) => write!(f, "cannot open {}: {source}", path.display()),
            Self::Sqlite(path, source) => write!(f, "cannot open {}: {source}", path.display()),
            Self::Thread(source) => write!(f, "cannot start a thread: {source}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// The writing connection to the database at `path`, which is checked first and created when there is none.
pub(super) fn open_writer(path: &Path) -> Result<Opened, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    if is_new(path)? {
        create::create(path)?;
    }
    let found = generation::look(path)?;
    check_owner(path)?;
    let generation = found.settle(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let prepared = prepare(&mut connection).and_then(|()| carry_over(&mut connection, generation));
    prepared.map_err(|source| OpenError::sqlite(path, &source))?;
    Ok(Opened {
        connection,
        had_log: found.has_log,
    })
}

/// The writing connection.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Whether there was a log already: after an unclean stop, or beside another process.
    pub(super) had_log: bool,
}

/// The connection to a new database in memory, which ends with it.
pub(super) fn open_in_memory() -> Result<Connection, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    let opened = Connection::open_in_memory_with_flags(
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    let opened = opened.and_then(|mut connection| {
        prepare(&mut connection)?;
        connection.execute_batch(&format!("BEGIN; {SCHEMA}; COMMIT"))?;
        Ok(connection)
    });
    opened.map_err(|source| OpenError::sqlite(Path::new("a database in memory"), &source))
}

fn check_sqlite(version: i32) -> Result<(), OpenError> {
    if version < OLDEST_SQLITE {
        Err(OpenError::OldSqlite(version))
    } else {
        Ok(())
    }
}

/// Looks at the first bytes, so that a file of another kind is never handed to SQLite. An empty file is a new database to SQLite, too.
fn is_new(path: &Path) -> Result<bool, OpenError> {
    let io = |source| OpenError::Io(path.to_owned(), source);
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(16).read_to_end(&mut start).map_err(io)?,
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(true),
        Err(source) => return Err(io(source)),
    };
    if start.is_empty() || start == b"SQLite format 3\0" {
        Ok(start.is_empty())
    } else {
        Err(OpenError::NotADatabase(path.to_owned()))
    }
}

/// Reads whose database it is, and how new, on a connection that cannot write.
fn check_owner(path: &Path) -> Result<(), OpenError> {
    let flags = if is_unfinished(path) {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let connection = connect(path, flags)?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    });
    let read = || Ok((pragma("application_id")?, pragma("user_version")?, tables?));
    match read().map_err(|source: rusqlite::Error| OpenError::sqlite(path, &source))? {
        (0, 0, 0) => Ok(()), // An earlier doorsign was stopped before the schema was in.
        (APPLICATION, upgrades::OLDEST..=VERSION, _) => Ok(()),
        (APPLICATION, version, _) if version < upgrades::OLDEST => {
            Err(OpenError::Older(path.to_owned(), version))
        }
        (APPLICATION, version, _) => Err(OpenError::Newer(path.to_owned(), version)),
        _ => Err(OpenError::NotOurs(path.to_owned())),
    }
}

/// Whether the journal beside the file undoes its very first transaction: an earlier doorsign was stopped while it created the file. To read
/// it, SQLite has to empty it first.
/// Source: <https://sqlite.org/fileformat.html#the_rollback_journal>.
fn is_unfinished(path: &Path) -> bool {
    let journal = beside(path, "-journal");
    let mut header = [0; 20];
    let read = File::open(journal).and_then(|mut journal| journal.read_exact(&mut header));
    read.is_ok()
        && header[..8] == [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        && header[16..] == [0; 4]
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    connection.map_err(|source| OpenError::sqlite(path, &source))
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        // FULL: an answer means the disk has it. The cache is bounded for small machines, the log for small disks. Checkpoints are made by
        // super::checkpoint alone.
        "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 16777216; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    keep_statements(connection)
}

/// Takes the steps that an older file needs. One that had no `generation` gets the one that its marker expects.
fn carry_over(connection: &mut Connection, generation: Option<Generation>) -> rusqlite::Result<()> {
    let upgrade = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked inside the transaction: two processes may start on the same file.
    let version = upgrade.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => upgrade.execute_batch(SCHEMA)?,
        version => upgrades::run(&upgrade, version)?,
    }
    if let Some(generation) = generation.filter(|_| version < VERSION) {
        generation::set(&upgrade, &generation)?;
    }
    upgrade.commit()
}

/// Lets a connection keep the statements it has prepared. Without the stability guarantee, SQLite plans anew whenever a value that a
/// plan might depend on is bound or cleared, which is with nearly every use of a statement that joins tables or has a limit. Here no
/// plan depends on values: tables are never analysed, and no pattern is bound.
pub(super) fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    let guaranteed = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(guaranteed, true).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_with_the_log_reset_race_is_refused() {
        for (version, refused) in [
            (3_051_002, true),
            (3_051_003, false),
            (3_054_001, false),
            (3_049_002, true),
        ] {
            assert_eq!(check_sqlite(version).is_err(), refused, "{version}");
        }
        assert_eq!(
            OpenError::OldSqlite(3_049_002).to_string(),
            "SQLite 3.49.2 can corrupt databases; doorsign needs 3.51.3 or newer"
        );
    }
}
