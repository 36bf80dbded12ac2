//! The data folder: its files, its permissions, and the lock that allows one server at a time. Does
//! not depend on the content of the files.

mod used;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often, and at which interval, to retry a lock that is taken.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// An existing data folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// Guard: no other server runs on the folder while it is held.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Unlock explicitly: closing alone would leave the folder locked while a forked process has
        // a copy of the file.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Writes the fingerprint of this server's signing secret to the lock file, where commands read
    /// it.
    ///
    /// # Errors
    /// Any file system error.
    pub fn publish(&mut self, fingerprint: &str) -> Result<()> {
        self.file.set_len(0)?;
        writeln!(self.file, "{fingerprint}")
    }
}

impl Folder {
    /// Opens the folder at `path`. Creates it with mode 0700 if it does not exist.
    ///
    /// # Errors
    /// When it cannot be created or others can change it.
    pub fn create(path: &Path) -> Result<Self> {
        Self::create_with(path, |folder| File::open(folder)?.sync_all())
    }

    /// Like [`create`](Self::create). Calls `sync` for every folder with a new entry. Without it, a
    /// power failure may lose the new folder and everything synced in it.
    fn create_with(path: &Path, mut sync: impl FnMut(&Path) -> Result<()>) -> Result<Self> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
        check_trust(path)?; // Before creating anything there.
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        check_trust(path)?; // Another process may have created it first.
        for created in missing.iter().rev() {
            let parent = created.parent();
            sync(
                parent
                    .filter(|parent| !parent.as_os_str().is_empty())
                    .unwrap_or(Path::new(".")),
            )?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Opens the folder at `path`, which must hold a database.
    ///
    /// # Errors
    /// `NotFound` when it does not, `InvalidData` when it has lost one, `PermissionDenied` when
    /// others can change it.
    pub fn existing(path: &Path) -> Result<Self> {
        let folder = Self(path.to_owned());
        if folder.has_database()? {
            check_trust(path)?;
            return Ok(folder);
        }
        Err(Error::new(
            ErrorKind::NotFound,
            "it has no doorsign.db; run `doorsign serve` to create one",
        ))
    }

    /// Locks the folder. The kernel releases the lock when the process ends, however it ends.
    ///
    /// # Errors
    /// `ResourceBusy` when another server runs; otherwise any file system error.
    pub fn lock(&self) -> Result<Lock> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.lock_file())?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { file }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::ResourceBusy,
                "another doorsign is running on it",
            )),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    /// Like [`lock`](Self::lock), but retries briefly: a command that checks for a running server
    /// takes the lock for a moment.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub async fn lock_soon(&self) -> Result<Lock> {
        for _ in 0..LOCK_ATTEMPTS {
            match self.lock() {
                Err(source) if source.kind() == ErrorKind::ResourceBusy => {
                    tokio::time::sleep(LOCK_INTERVAL).await;
                }
                locked => return locked,
            }
        }
        self.lock()
    }

    /// Returns the fingerprint of the signing secret of the server on this folder. `None` if none
    /// runs or it is still starting.
    ///
    /// # Errors
    /// Any file system error.
    pub fn published_fingerprint(&self) -> Result<Option<String>> {
        if !self.is_locked() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(self.lock_file())?;
        Ok(text.lines().next().map(str::to_owned))
    }

    /// Returns whether a server runs on this folder.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self.lock(), Err(source) if source.kind() == ErrorKind::ResourceBusy)
    }

    /// Returns whether a server runs on the folder at `path`, as far as can be determined.
    #[must_use]
    pub fn is_in_use(path: &Path) -> bool {
        Self::existing(path).is_ok_and(|folder| folder.is_locked())
    }

    /// Returns the path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("doorsign.lock")
    }

    /// Returns the path of the database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("doorsign.db")
    }

    /// Returns the path of the secret that signs auth tokens.
    #[must_use]
    pub fn token_secret(&self) -> PathBuf {
        self.0.join("token-secret")
    }

    /// Writes the generated password of the first administrator to a file that only this user can
    /// read, and returns its path. Replaces the file of an earlier attempt.
    ///
    /// # Errors
    /// Any file system error.
    pub fn keep_admin_password(&self, password: &str) -> Result<PathBuf> {
        let path = self.admin_password();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        writeln!(file, "{password}")?;
        file.sync_all()?;
        File::open(&self.0)?.sync_all()?;
        Ok(path)
    }

    /// Removes the file of [`keep_admin_password`](Self::keep_admin_password), if there is one: no
    /// administrator has that password.
    pub fn discard_admin_password(&self) {
        let _ = std::fs::remove_file(self.admin_password());
    }

    fn admin_password(&self) -> PathBuf {
        self.0.join("admin-password")
    }

    /// Returns the path of the socket by which other processes report their writes.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.0.join("doorsign.sock")
    }
}

/// Rejects a folder that others can change. They could read every secret, make themselves
/// administrators, or make the server write through symbolic links.
fn check_trust(path: &Path) -> Result<()> {
    let checked = doorsign_file_trust::check(path);
    checked
        .map(drop)
        .map_err(|reason| Error::new(ErrorKind::PermissionDenied, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, chown};

    #[test]
    fn every_folder_that_gets_a_new_entry_is_synced() {
        let root = tempfile::tempdir().unwrap();
        let synced = |path: &str| {
            let mut synced = Vec::new();
            Folder::create_with(&root.path().join(path), |folder| {
                synced.push(folder.strip_prefix(root.path()).unwrap().to_owned());
                Ok(())
            })
            .unwrap();
            synced
        };
        assert_eq!(synced("a/b/c"), ["", "a", "a/b"].map(PathBuf::from));
        assert_eq!(synced("a/b/d"), ["a/b"].map(PathBuf::from));
        assert_eq!(synced("a/b/d"), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn a_released_lock_is_free_although_a_forked_process_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::create(folder.path()).unwrap();
        let lock = folder.lock().unwrap();
        let copy = lock.file.try_clone().unwrap();
        assert_eq!(folder.lock().unwrap_err().kind(), ErrorKind::ResourceBusy);
        drop(lock);
        folder.lock().unwrap();
        drop(copy);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_a_command_holds_for_a_moment_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::create(folder.path()).unwrap();
        let lock = folder.lock().unwrap();
        let release = async {
            tokio::time::sleep(LOCK_INTERVAL).await;
            drop(lock);
        };
        let (locked, ()) = tokio::join!(folder.lock_soon(), release);
        locked.unwrap();
    }

    #[test]
    fn a_folder_that_others_can_change_is_rejected_before_anything_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path(), mode).unwrap();
        };
        let data = folder.path().join("data");
        mode(0o777);
        for path in [folder.path(), &data] {
            let refused = Folder::create(path).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
            assert!(refused.to_string().contains("chmod go-w"), "{refused}");
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        mode(0o1777);
        Folder::create(&data).unwrap();
        if chown(&data, Some(54_321), None).is_ok() {
            std::fs::write(data.join("doorsign.db"), "not empty").unwrap();
            for refused in [Folder::create(&data), Folder::existing(&data)] {
                let refused = refused.unwrap_err().to_string();
                assert!(refused.contains("belongs to user 54321"), "{refused}");
                assert!(refused.contains("chown 0 "), "{refused}");
            }
        }
    }
}
