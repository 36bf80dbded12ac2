//! Which generation of the database a file is, and whether the log beside it belongs to it.
//!
//! A log that is read together with an older copy of its database corrupts it. So every database has an id and a number, in the table
//! `generation`, and the file `doorsign.db-marker` names the generation that the log began with. The number rises before the log is moved
//! into the database and begun anew ([`super::checkpoint`]), so a copy from before that has a lower one.

use super::beside;
use super::marker::{Expected, Generation, Marker};
use super::open::OpenError;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How often a difference is looked at again: a running server may move the file and the marker on between the two looks of a command.
const LOOKS: usize = 3;

/// What was found beside a database before it was opened.
pub(super) struct Found {
    marker: Marker,
    expected: Option<Expected>,
    /// The generation of the file without its log. The outer `None`: it cannot be read.
    file: Option<Option<Generation>>,
    /// Whether the last server or command was stopped before it had closed the database, or still runs.
    pub(super) has_log: bool,
}

/// The log of the database at `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Looks at the database at `path` before anything reads its log. Changes nothing.
pub(super) fn look(path: &Path) -> Result<Found, OpenError> {
    let marker = Marker::beside(path);
    for _ in 0..LOOKS {
        // In this order: a file that has moved on meanwhile is the next one that the marker expects.
        let expected = marker.read();
        let has_log = log_of(path).metadata().is_ok_and(|log| log.len() > 0);
        let file = in_file(path);
        let found = Found {
            marker: marker.clone(),
            expected,
            file,
            has_log,
        };
        if !found.has_log || !found.is_other() {
            return Ok(found);
        }
    }
    Err(OpenError::OtherLog(path.to_owned()))
}

impl Found {
    /// Whether the file is certainly not the one that the marker names.
    fn is_other(&self) -> bool {
        let (Some(expected), Some(file)) = (&self.expected, &self.file) else {
            return false;
        };
        !expected.includes(file.as_ref())
    }

    /// Writes the marker for this file, before the first write to its log. Gives the generation of a file that has none yet.
    pub(super) fn settle(&self, path: &Path) -> Result<Option<Generation>, OpenError> {
        let io = |source| OpenError::Io(path.to_owned(), source);
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let expected = match (&self.expected, file) {
            (Some(expected), file) if self.is_other() => {
                tracing::info!(path = %path.display(), "another database file was put in place; it is used as it is");
                restored(expected, file.clone())?
            }
            (Some(expected), None) => return Ok(Some(expected.next.clone())),
            // The last close has moved the log without saying so.
            (Some(expected), Some(file)) if !self.has_log && *file == expected.next => {
                Expected::after(file.clone())
            }
            (Some(_), Some(_)) => return Ok(None),
            (None, Some(file)) => Expected::after(file.clone()),
            (None, None) => Expected {
                now: None,
                next: first()?,
            },
        };
        self.marker.write(&expected).map_err(io)?;
        if self.is_other() {
            // Or else a power cut leaves the log of this file beside the marker of the one before.
            self.marker.sync().map_err(io)?;
        }
        Ok(file.is_none().then_some(expected.next))
    }
}

/// What to expect after an older or a foreign `file` was put in the place of the `expected` one. Its next number is higher than any before,
/// so that later copies of either can be told apart.
fn restored(expected: &Expected, file: Option<Generation>) -> Result<Expected, OpenError> {
    let highest = file.as_ref().map_or(0, |file| file.number);
    let database = match &file {
        Some(file) => file.database.clone(),
        None => first()?.database,
    };
    let number = highest.max(expected.next.number).saturating_add(1);
    let next = Generation { database, number };
    Ok(Expected { now: file, next })
}

/// The first generation of a new database.
fn first() -> Result<Generation, OpenError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| OpenError::Thread(e.to_string()))?;
    Ok(Generation {
        database: format!("{:032x}", u128::from_be_bytes(random)),
        number: 1,
    })
}

/// The generation of the file alone, without its log. `None` where it cannot be read, as during a checkpoint that a power cut ended.
fn in_file(path: &Path) -> Option<Option<Generation>> {
    let path = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    // SQLite reads an immutable file without its log, and without a lock.
    let uri = format!("file:{path}?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::open_with_flags(uri, flags).ok()?;
    let has_table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'generation'";
    match file.query_row(has_table, [], |_| Ok(())).optional().ok()? {
        None => Some(None),
        Some(()) => current(&file).ok().map(Some),
    }
}

/// The generation that `connection` sees.
pub(super) fn current(connection: &Connection) -> rusqlite::Result<Generation> {
    let mut statement = connection.prepare_cached("SELECT database, number FROM generation")?;
    statement.query_row([], |row| {
        let number: String = row.get(1)?;
        Ok(Generation {
            database: row.get(0)?,
            number: u64::from_str_radix(&number, 16).unwrap_or_default(),
        })
    })
}

/// Makes the open transaction one of this generation.
pub(super) fn set(connection: &Connection, generation: &Generation) -> rusqlite::Result<()> {
    let number = format!("{:016x}", generation.number);
    connection
        .prepare_cached("UPDATE generation SET database = ?1, number = ?2")?
        .execute([&generation.database, &number])
        .map(drop)
}
