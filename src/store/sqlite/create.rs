//! Creates a database file that appears complete or not at all, wherever its creation is stopped.

use super::beside;
use super::generation::log_of;
use super::open::{OpenError, SCHEMA};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What an unfinished creation may leave beside its file.
const LEFTOVERS: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// Creates the database at `path`, for its owner alone, in the place of an empty file or of none. The caller keeps others from creating it at
/// the same time.
pub(super) fn create(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io(path.to_owned(), source);
    if log_of(path).metadata().is_ok_and(|log| log.len() > 0) {
        return Err(OpenError::OtherLog(path.to_owned()));
    }
    let place = std::path::absolute(beside(path, "")).map_err(io)?;
    let aside = place.with_added_extension("new");
    for leftover in LEFTOVERS {
        // Not `beside`: a link is removed, and not what it leads to.
        let mut name = aside.as_os_str().to_owned();
        name.push(leftover);
        match remove_file(&name) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(io(source)),
            _ => {}
        }
    }
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&aside)
        .map_err(io)?;
    build(&aside).map_err(|source| OpenError::sqlite(path, &source))?;
    file.sync_all().map_err(io)?;
    rename(&aside, &place).map_err(io)?;
    let folder = aside.parent().unwrap_or(Path::new("/"));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

/// Nothing is synced until the file is complete. Closing removes the log, which holds nothing.
fn build(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN")?;
    connection.execute_batch(SCHEMA)?;
    connection.execute_batch("COMMIT; PRAGMA journal_mode = WAL")?;
    connection.close().map_err(|(_, source)| source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_creation_leaves_one_file_whatever_an_earlier_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        std::fs::write(&path, "").unwrap();
        for leftover in LEFTOVERS {
            let name = format!("doorsign.db.new{leftover}");
            std::fs::write(folder.path().join(name), "part of a database").unwrap();
        }
        create(&path).unwrap();
        let names = std::fs::read_dir(folder.path()).unwrap();
        let names: BTreeSet<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, BTreeSet::from(["doorsign.db".into()]));
    }

    #[test]
    fn a_log_that_is_there_already_is_never_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        std::fs::write(log_of(&path), "changes").unwrap();
        assert!(matches!(create(&path), Err(OpenError::OtherLog(_))));
        assert_eq!(std::fs::read(log_of(&path)).unwrap(), b"changes");
    }
}
