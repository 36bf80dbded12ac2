//! Opens a database file: rejects unsuitable files before anything is written, upgrades older ones,
//! and sets the writer's pragmas.

use super::checkpoint::LogRule;
use super::connection::{Wait, keep_statements};
use super::files::beside;
use super::generation_marker::Generation;
use super::open_error::OpenError;
use super::schema::{APPLICATION, SCHEMA, VERSION};
use super::{create, damage, generation, upgrades};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The first SQLite whose write-ahead log does not have the reset race that can corrupt a database
/// with two connections. Source: <https://sqlite.org/wal.html#walresetbug>.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Whether opening may change the schema. Only the holder of the data folder's lock may: otherwise
/// an older server may be running on the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// Create a missing database and upgrade an older one.
    Migrate,
    /// Do neither.
    Keep,
}

/// Checks the database at `path` and opens the writing connection. With [`Schema::Migrate`], creates
/// a missing database and upgrades an older one.
pub(super) fn open_writer(path: &Path, schema: Schema, wait: Wait) -> Result<Opened, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    if is_new(path)? && schema == Schema::Migrate {
        create::create(path)?;
    }
    let found = generation::inspect(path)?;
    let version = check_owner(path, wait)?;
    if schema == Schema::Keep && version < VERSION {
        return Err(OpenError::NeedsUpgrade(path.to_owned(), version));
    }
    let generation = found.write_marker(path)?;
    let sqlite = |source| OpenError::sqlite(path, &source);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // First: until the file is checked, not even an error may move the log. The next start would
    // find none, skip the check, and serve a damaged database.
    keep_log(&connection, found.has_log).map_err(sqlite)?;
    prepare(&mut connection, wait).map_err(sqlite)?;
    let mut log_rule = LogRule::for_command(found.has_log);
    if schema == Schema::Migrate {
        if found.has_log {
            damage::check(path)?;
        }
        upgrade_schema(&mut connection, generation).map_err(sqlite)?;
        log_rule = LogRule::Move;
        keep_log(&connection, false).map_err(sqlite)?;
    }
    Ok(Opened {
        connection,
        log_rule,
    })
}

/// The writing connection.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) log_rule: LogRule,
}

/// Sets whether SQLite leaves the log in place when the last connection is closed.
fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(setting, keep).map(drop)
}

/// Opens a connection to a new in-memory database, which ends with it.
pub(super) fn open_in_memory() -> Result<Connection, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    let opened = Connection::open_in_memory_with_flags(
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    let opened = opened.and_then(|mut connection| {
        prepare(&mut connection, Wait::Briefly)?;
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

/// Returns whether the file is missing or empty. Checks the first bytes, so that other files are
/// never passed to SQLite, and treats an empty file as new, as SQLite does.
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

/// Checks the application id and returns the schema version, on a connection that cannot write.
fn check_owner(path: &Path, wait: Wait) -> Result<i32, OpenError> {
    let flags = if is_unfinished(path) {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let mut connection = connect(path, flags)?;
    let set = wait.set(&mut connection);
    set.map_err(|source| OpenError::sqlite(path, &source))?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    });
    let read = || Ok((pragma("application_id")?, pragma("user_version")?, tables?));
    match read().map_err(|source: rusqlite::Error| OpenError::sqlite(path, &source))? {
        (0, 0, 0) => Ok(0), // An earlier doorsign was stopped before it created the schema.
        (APPLICATION, version @ upgrades::OLDEST..=VERSION, _) => Ok(version),
        (APPLICATION, version, _) if version < upgrades::OLDEST => {
            Err(OpenError::Older(path.to_owned(), version))
        }
        (APPLICATION, version, _) => Err(OpenError::Newer(path.to_owned(), version)),
        _ => Err(OpenError::NotOurs(path.to_owned())),
    }
}

/// Returns whether the journal rolls back the very first transaction: an earlier doorsign was
/// stopped while it created the file. SQLite must roll it back before reading. Source:
/// <https://sqlite.org/fileformat.html#the_rollback_journal>.
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

fn prepare(connection: &mut Connection, wait: Wait) -> rusqlite::Result<()> {
    wait.set(connection)?;
    connection.execute_batch(
        // FULL: a commit is on disk before it is acknowledged. The cache is limited for small
        // machines, the log for small disks. Only super::checkpoint runs checkpoints.
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 16777216; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    keep_statements(connection)
}

/// Applies the upgrades that an older file needs. A file without `generation` gets the one that its
/// marker expects.
fn upgrade_schema(
    connection: &mut Connection,
    generation: Option<Generation>,
) -> rusqlite::Result<()> {
    let upgrade = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read inside the transaction: two processes may start on the same file.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_with_the_log_reset_race_is_rejected() {
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

    #[test]
    fn the_file_and_the_log_of_another_program_are_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let [theirs, found] = ["theirs.db", "found.db"].map(|name| folder.path().join(name));
        let program = Connection::open_with_flags(&theirs, OpenFlags::default()).unwrap();
        let statements =
            "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)";
        program.execute_batch(statements).unwrap();
        // As if it was killed. SQLite leaves a journal of zeros when it keeps the file.
        std::fs::copy(&theirs, &found).unwrap();
        std::fs::copy(beside(&theirs, "-wal"), beside(&found, "-wal")).unwrap();
        let files = || [found.clone(), beside(&found, "-wal")].map(|file| std::fs::read(file).ok());
        let before = files();
        for journal in [None, Some([0; 512])] {
            if let Some(journal) = journal {
                std::fs::write(beside(&found, "-journal"), journal).unwrap();
            }
            let checked = check_owner(&found, Wait::Briefly);
            assert!(matches!(checked, Err(OpenError::NotOurs(_))), "{checked:?}");
            assert!(files() == before, "with a journal: {}", journal.is_some());
        }
    }

    #[test]
    fn damage_is_named_as_such() {
        for (code, is_damage) in [
            (rusqlite::ffi::SQLITE_CORRUPT, true),
            (rusqlite::ffi::SQLITE_IOERR, false),
        ] {
            let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let error = OpenError::sqlite(Path::new("doorsign.db"), &source);
            assert_eq!(matches!(error, OpenError::Damaged(..)), is_damage);
        }
    }
}
