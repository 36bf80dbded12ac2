//! Creates a database file atomically: an interrupted creation leaves no partial database.

use super::files::{beside, log_of};
use super::open_error::OpenError;
use super::schema::SCHEMA;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The suffixes of files that an interrupted creation may leave.
const LEFTOVERS: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// Creates the database at `path`, readable by its owner only, if the file is missing or empty. The
/// caller prevents concurrent creation.
pub(super) fn create(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io(path.to_owned(), source);
    if log_of(path).metadata().is_ok_and(|log| log.len() > 0) {
        return Err(OpenError::OtherLog(path.to_owned()));
    }
    let target = std::path::absolute(beside(path, "")).map_err(io)?;
    let temporary = target.with_added_extension("new");
    for leftover in LEFTOVERS {
        // Not `beside`: a symbolic link is removed itself, not its target.
        let mut name = temporary.as_os_str().to_owned();
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
        .open(&temporary)
        .map_err(io)?;
    build(&temporary).map_err(|source| OpenError::sqlite(path, &source))?;
    file.sync_all().map_err(io)?;
    rename(&temporary, &target).map_err(io)?;
    let folder = temporary.parent().unwrap_or(Path::new("/"));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

/// Builds the schema without syncing, because the caller syncs the complete file. Closing removes
/// the empty log.
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
    fn creation_removes_leftovers_of_an_interrupted_one() {
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
    fn the_created_file_has_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        // An empty log holds no changes.
        std::fs::write(log_of(&path), "").unwrap();
        create(&path).unwrap();
        let tables = "SELECT count(*) FROM custom_user_status";
        let file = Connection::open_with_flags(&path, OpenFlags::default()).unwrap();
        let count: i64 = file.query_row(tables, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0);
    }

    #[test]
    fn an_existing_log_prevents_creation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        std::fs::write(log_of(&path), "changes").unwrap();
        assert!(matches!(create(&path), Err(OpenError::OtherLog(_))));
        assert_eq!(std::fs::read(log_of(&path)).unwrap(), b"changes");
    }
}
