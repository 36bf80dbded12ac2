//! The health of the database. After a fault every write is rejected, because an acknowledged
//! change must last, and a change to a damaged or removed file does not.

use super::files::beside;
use crate::domain::{Error, Fault, Result};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Minimum time between two file checks under load. A check takes three system calls, a tenth of a
/// small commit. If a file is removed within a millisecond of a commit, that commit is lost either
/// way.
const CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// The health of one database. A fault is permanent until a restart checks everything again.
pub(super) struct Health {
    fault: OnceLock<Fault>,
    reported: watch::Sender<Option<Fault>>,
    /// The database, its log and the log's index. Empty for an in-memory database.
    files: Vec<Watched>,
    checked: Mutex<Option<Instant>>,
}

/// A file that must stay in place.
struct Watched {
    path: PathBuf,
    /// Device and inode at the time it was first seen.
    identity: OnceLock<(u64, u64)>,
}

impl Watched {
    fn new(path: PathBuf) -> Self {
        let watched = Self {
            path,
            identity: OnceLock::new(),
        };
        let _ = watched.is_in_place();
        watched
    }

    /// Returns whether the file is in place. Only a path that definitely leads elsewhere or nowhere
    /// counts as removed, because a network file system may fail briefly.
    fn is_in_place(&self) -> bool {
        let identity = |found: Metadata| (found.dev(), found.ino());
        match self.path.metadata().map(identity) {
            Ok(now) => *self.identity.get_or_init(|| now) == now,
            Err(source) if source.kind() == ErrorKind::NotFound => self.identity.get().is_none(),
            Err(_) => true,
        }
    }
}

impl Health {
    /// Watches the open database at `path`. `None` means in memory.
    pub(super) fn new(path: Option<&Path>) -> Self {
        let watched = |suffix: &str| path.map(|path| Watched::new(beside(path, suffix)));
        let files = ["", "-wal", "-shm"].into_iter().filter_map(watched);
        Self {
            fault: OnceLock::new(),
            reported: watch::Sender::new(None),
            files: files.collect(),
            checked: Mutex::default(),
        }
    }

    /// Returns the fault, if any.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault.get().copied()
    }

    /// Notifies once, when a fault occurs.
    pub(super) fn reported(&self) -> watch::Receiver<Option<Fault>> {
        self.reported.subscribe()
    }

    /// Rejects reads of a removed database. A damaged one can still be read in part.
    pub(super) fn check_read(&self) -> Result<()> {
        match self.fault() {
            Some(Fault::Removed) => Err(Error::Broken(Fault::Removed)),
            Some(Fault::Damaged) | None => Ok(()),
        }
    }

    /// Like [`check_files`](Self::check_files), unless the last check was less than
    /// [`CHECK_INTERVAL`] ago.
    pub(super) fn check_files_in_turn(&self) {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.is_none_or(|at| at.elapsed() >= CHECK_INTERVAL) {
            self.check_files();
            *checked = Some(Instant::now());
        }
    }

    /// Checks whether the files are still the ones that were opened.
    pub(super) fn check_files(&self) {
        if let Some(missing) = self.files.iter().find(|file| !file.is_in_place()) {
            self.report(Fault::Removed, &missing.path.display().to_string());
        }
    }

    /// Records that a transaction met a damaged page.
    pub(super) fn report_damaged_page(&self) {
        self.report(Fault::Damaged, "SQLite read a damaged page");
    }

    /// Records a fault. Logs only the first one.
    pub(super) fn report(&self, fault: Fault, detail: &str) {
        if self.fault.set(fault).is_err() {
            return;
        }
        match fault {
            Fault::Removed => tracing::error!(
                path = detail,
                "a database file was removed or replaced while the server was running: every request fails; stop the server, restore the data folder and start again"
            ),
            Fault::Damaged => tracing::error!(
                error = detail,
                "the database is damaged: every write fails; stop the server and restore a backup, or recover the data with `sqlite3 doorsign.db .recover`"
            ),
        }
        self.reported.send_replace(Some(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_replaced_or_moved_file_is_detected() {
        let remove = |path: &Path| std::fs::remove_file(path).unwrap();
        let replace = |path: &Path| {
            std::fs::write(path.with_extension("other"), "").unwrap();
            std::fs::rename(path.with_extension("other"), path).unwrap();
        };
        let remove_folder = |path: &Path| std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let changes: [&dyn Fn(&Path); 3] = [&remove, &replace, &remove_folder];
        for change in changes {
            for name in ["doorsign.db", "doorsign.db-wal"] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("data").join("doorsign.db");
                std::fs::create_dir(path.parent().unwrap()).unwrap();
                let changed = path.with_file_name(name);
                std::fs::write(&changed, "").unwrap();
                let health = Health::new(Some(&path));
                health.check_files();
                assert_eq!(health.fault(), None);
                change(&changed);
                health.check_files();
                assert_eq!(health.fault(), Some(Fault::Removed));
            }
        }
    }

    #[test]
    fn a_log_created_later_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (
            folder.path().join("doorsign.db"),
            folder.path().join("doorsign.db-wal"),
        );
        std::fs::write(&path, "").unwrap();
        let health = Health::new(Some(&path));
        std::fs::write(&log, "").unwrap();
        health.check_files();
        assert_eq!(health.fault(), None);
        std::fs::remove_file(&log).unwrap();
        health.check_files();
        assert_eq!(health.fault(), Some(Fault::Removed));
    }
}
