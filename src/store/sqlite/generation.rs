//! The generation of a database file, and whether the log next to it belongs to it.
//!
//! Reading a log together with an older copy of its database corrupts the database. Therefore every
//! database has an id and a number, in the table `generation`, and the file `doorsign.db-marker`
//! names the generation at which the log began. The number rises before the log is moved into the
//! database and restarted ([`super::checkpoint`]), so any earlier copy has a lower number.

use super::files::log_of;
use super::generation_marker::{Expected, Generation, Marker};
use super::open_error::OpenError;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Number of attempts when a mismatch is found. A running server may advance the file and the
/// marker while a command reads them.
const ATTEMPTS: usize = 3;

/// The files found next to a database before it was opened.
pub(super) struct Found {
    marker: Marker,
    expected: Option<Expected>,
    /// The generation of the file without its log. The outer `None` means that it cannot be read.
    file: Option<Option<Generation>>,
    /// Whether a log exists: the last server or command did not close the database, or is still
    /// running.
    pub(super) has_log: bool,
}

/// Inspects the database at `path` before anything reads its log. Changes nothing.
pub(super) fn inspect(path: &Path) -> Result<Found, OpenError> {
    let marker = Marker::beside(path);
    for _ in 0..ATTEMPTS {
        // The order matters: a file that has advanced in the meantime is the next one that the
        // marker expects.
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
    /// Returns whether the file is definitely not the one that the marker names.
    fn is_other(&self) -> bool {
        let (Some(expected), Some(file)) = (&self.expected, &self.file) else {
            return false;
        };
        !expected.includes(file.as_ref())
    }

    /// Writes the marker for this file, before the first write to its log. Returns a generation for
    /// a file that has none.
    pub(super) fn write_marker(&self, path: &Path) -> Result<Option<Generation>, OpenError> {
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
            // The last close moved the log without updating the marker.
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
            // Otherwise a power cut could leave the log of this file next to the marker of the
            // previous one.
            self.marker.sync().map_err(io)?;
        }
        Ok(file.is_none().then_some(expected.next))
    }
}

/// Returns what to expect after an older or foreign `file` replaced the `expected` one. The next
/// number is higher than any before, so that later copies of either can be distinguished.
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

/// Returns the first generation of a new database.
fn first() -> Result<Generation, OpenError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| OpenError::Thread(e.to_string()))?;
    Ok(Generation {
        database: format!("{:032x}", u128::from_be_bytes(random)),
        number: 1,
    })
}

/// Reads the generation of the file without its log. `None` if it cannot be read, for example after
/// a power cut during a checkpoint.
fn in_file(path: &Path) -> Option<Option<Generation>> {
    let path = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    // SQLite opens an immutable file without reading its log and without a lock.
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

/// Returns the generation that `connection` sees.
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

/// Sets the generation in the open transaction.
pub(super) fn set(connection: &Connection, generation: &Generation) -> rusqlite::Result<()> {
    let number = format!("{:016x}", generation.number);
    connection
        .prepare_cached("UPDATE generation SET database = ?1, number = ?2")?
        .execute([&generation.database, &number])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_changes_only_when_no_log_is_left_that_it_describes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let marker = Marker::beside(&path);
        let numbered = |number| Generation {
            database: "a".repeat(32),
            number,
        };
        let restored = Expected {
            now: Some(numbered(3)),
            next: numbered(9),
        };
        let moved = Expected::after(numbered(9));
        for (file, has_log, expected) in [
            (3, false, &restored),
            (3, true, &restored),
            (9, false, &moved),
            (9, true, &restored),
        ] {
            marker.write(&restored).unwrap();
            let found = Found {
                marker: marker.clone(),
                expected: marker.read(),
                file: Some(Some(numbered(file))),
                has_log,
            };
            assert_eq!(found.write_marker(&path).unwrap(), None);
            assert_eq!(marker.read().as_ref(), Some(expected), "{file} {has_log}");
        }
    }

    #[test]
    fn an_empty_log_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        for (text, has_log) in [("", false), ("changes", true)] {
            std::fs::write(log_of(&path), text).unwrap();
            assert_eq!(inspect(&path).unwrap().has_log, has_log);
        }
    }
}
