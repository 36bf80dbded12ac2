//! The data folder: what lies in it, who may read it, and that one server at a time runs on it. Knows nothing of what the files hold.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A data folder that exists.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// That no other server runs on the folder, for as long as this is kept.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave the folder locked for as long as a process that was forked meanwhile has its copy of the file.
        let _ = self.file.unlock();
    }
}

impl Folder {
    /// The folder at `path`, created for its owner alone (0700) when there is none.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> Result<Self> {
        let is_new = !path.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        if let (true, Ok(parent)) = (is_new, path.join("..").canonicalize()) {
            // Without it, a power cut may take the folder away with everything that was synced in it.
            File::open(parent)?.sync_all()?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The folder at `path`, which has to hold a database already.
    ///
    /// # Errors
    /// `NotFound` when it does not.
    pub fn existing(path: &Path) -> Result<Self> {
        let folder = Self(path.to_owned());
        match folder.database().metadata() {
            Ok(_) => Ok(folder),
            Err(source) if source.kind() == ErrorKind::NotFound => Err(Error::new(
                ErrorKind::NotFound,
                "there is no doorsign.db in it; `doorsign serve` makes one",
            )),
            Err(source) => Err(source),
        }
    }

    /// Keeps every other server off the folder. The kernel gives the lock back when the process ends, however it ends.
    ///
    /// # Errors
    /// `ResourceBusy` when another one runs, or what the file system says.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.0.join("doorsign.lock");
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { file }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::ResourceBusy,
                "another doorsign runs on it",
            )),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    /// Whether a server runs on the folder at `path`, as far as can be told.
    #[must_use]
    pub fn is_in_use(path: &Path) -> bool {
        let locked = Self::existing(path).map(|folder| folder.lock());
        matches!(locked, Ok(Err(source)) if source.kind() == ErrorKind::ResourceBusy)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("doorsign.db")
    }

    /// The secret that signs auth tokens.
    #[must_use]
    pub fn token_secret(&self) -> PathBuf {
        self.0.join("token-secret")
    }

    /// The socket by which other processes tell the server that they have written.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.0.join("doorsign.sock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_given_back_is_free_although_a_forked_process_still_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::create(folder.path()).unwrap();
        let lock = folder.lock().unwrap();
        let copy = lock.file.try_clone().unwrap();
        assert_eq!(folder.lock().unwrap_err().kind(), ErrorKind::ResourceBusy);
        drop(lock);
        folder.lock().unwrap();
        drop(copy);
    }
}
