//! The files of a database: the log and others lie next to it.

use std::path::{Path, PathBuf};

/// Returns the path of the database with `suffix` appended. Like SQLite's own files, it lies next
/// to the target of a symbolic link.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let file = database.canonicalize();
    let mut name = file.map_or_else(|_| database.into(), PathBuf::into_os_string);
    name.push(suffix);
    name.into()
}

/// Returns the path of the log of the database at `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}
