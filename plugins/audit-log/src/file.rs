//! The audit log file: append and rotate. Blocks on the disk, so call it from a thread
//! that may block.
//!
//! After any error the open file is dropped, and the next append reopens it as at the start,
//! including the torn-line check. There is one recovery path, and nothing that an error may have
//! invalidated is trusted.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::line;
use crate::recent::{Key, REMEMBERED, Recent};
use crate::recovery::{recover, tail};

/// How many rotated files are kept.
const KEPT: u32 = 5;

/// The file at `path`, kept open and locked, with the keys last written to it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    max_bytes: u64,
    open: Option<File>,
    recent: Recent,
}

impl Journal {
    /// Opens or creates the file, removes a torn last line and loads the keys of the last complete
    /// ones.
    pub(crate) fn open(path: PathBuf, max_bytes: u64) -> io::Result<Self> {
        let mut journal = Self {
            path,
            max_bytes,
            open: None,
            recent: Recent::default(),
        };
        journal.open = Some(journal.current()?);
        Ok(journal)
    }

    /// Appends `line` and syncs it to disk, unless its `key` is already present. On an error
    /// nothing of it remains.
    pub(crate) fn append(&mut self, key: Key, line: &[u8]) -> io::Result<()> {
        let mut file = self.current()?;
        if !self.recent.contains(&key) {
            if self.is_full(&file, line)? {
                file = self.rotate(file)?;
            }
            all_or_nothing(&mut file, |file| {
                file.write_all(line)?;
                file.sync_data()
            })?;
            self.recent.remember(key);
        }
        self.open = Some(file);
        Ok(())
    }

    /// Returns the open file if it is still the one at the path. Otherwise opens and recovers the
    /// file there.
    fn current(&mut self) -> io::Result<File> {
        if let Some(file) = self.open.take()
            && is_at(&file, &self.path)?
        {
            return Ok(file);
        }
        let mut file = open_locked(&self.path)?;
        let mut keys = recover(&mut file, &self.path)?;
        // A complete line may be only in memory, and so may the name of a new file. Both must be
        // durable before a line is reported as written.
        file.sync_all()?;
        sync_parent(&self.path)?;
        self.prepend_rotated(&mut keys)?;
        keys.into_iter().for_each(|key| self.recent.remember(key));
        Ok(file)
    }

    /// Prepends the keys of rotated files to `keys`, newest file first, until there are enough.
    fn prepend_rotated(&self, keys: &mut Vec<Key>) -> io::Result<()> {
        for number in 1..=KEPT {
            if keys.len() >= REMEMBERED {
                break;
            }
            match File::open(numbered(&self.path, number)) {
                Ok(mut rotated) => keys
                    .splice(0..0, line::keys(&tail(&mut rotated)?))
                    .for_each(drop),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns whether `line` must go to a new file. A line too long for any file gets its own.
    fn is_full(&self, file: &File, line: &[u8]) -> io::Result<bool> {
        let length = file.metadata()?.len();
        Ok(length > 0 && length.saturating_add(line.len() as u64) > self.max_bytes)
    }

    /// Renames `PATH` to `PATH.1`, `.1` to `.2` and so on up to the first free number, and starts a
    /// new file.
    ///
    /// Stopping at a free number, which an interrupted rotation leaves, preserves the oldest file.
    /// `full` stays locked until the new file is locked, so that no other process takes over the
    /// path.
    fn rotate(&mut self, full: File) -> io::Result<File> {
        let mut free = 1;
        while free < KEPT && numbered(&self.path, free).try_exists()? {
            free += 1;
        }
        for number in (1..free).rev() {
            fs::rename(
                numbered(&self.path, number),
                numbered(&self.path, number + 1),
            )?;
        }
        fs::rename(&self.path, numbered(&self.path, 1))?;
        let begun = self.current();
        drop(full);
        begun
    }
}

/// Runs `write`. If it fails, truncates the file to its previous length.
fn all_or_nothing(
    file: &mut File,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = write(file);
    if written.is_err() {
        // If this fails too, the next append reopens the file and removes the torn line.
        let _ = file.set_len(length);
    }
    written
}

/// Options to append to a file that is created with mode 0600.
pub(crate) fn appending() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens the file to read and append, creates it with mode 0600, and locks it against other
/// processes.
fn open_locked(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        // A pipe would block, and a device cannot be synced.
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let file = appending().read(true).open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "in use by another doorsign",
        )),
        // A file system without locks must not prevent audit logging.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Returns `PATH.number`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Returns whether `file` is the one at the path, and was not moved, removed or replaced.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) => Ok(same_file(&file.metadata()?, &found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// On other systems an open file cannot be replaced.
#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Makes the names in the file's directory durable: without it a crash can undo a creation or a
/// rename.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(()); // Other systems cannot open directories and need not.
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event_id: u64) -> String {
        format!("{{\"eventId\":{event_id},\"status\":{{\"_id\":\"a\"}}}}\n")
    }

    #[test]
    fn a_write_that_fails_midway_leaves_no_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut file = open_locked(&path).unwrap();
        file.write_all(line(1).as_bytes()).unwrap();
        let failed = all_or_nothing(&mut file, |file| {
            file.write_all(&line(2).as_bytes()[..9])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), line(1));
    }
}
