//! The file that the lines are in: append, rotate, recover. It does not know what a line says, and it blocks: call
//! it from a thread that may.
//!
//! After any error the open file is given up, and the next append opens it as at the start, torn line and all.
//! So there is one way to recover, and nothing is trusted that an error may have made untrue.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::line;
use crate::recent::{Key, REMEMBERED, Recent};

/// How many rotated files are kept.
const KEPT: u32 = 5;

/// How much of a file's end is read first, in bytes; some thousand lines.
const WINDOW: u64 = 256 * 1024;

/// The file at `path`, held open and locked, and what was last written to it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    max_bytes: u64,
    open: Option<File>,
    recent: Recent,
}

impl Journal {
    /// Opens or creates the file, cuts off a torn last line and remembers the last complete ones.
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

    /// Appends `line` and syncs it to disk, unless its `key` is there already. On an error nothing of it remains.
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

    /// The open file if it is still the one at the path, else the one that is there, recovered.
    fn current(&mut self) -> io::Result<File> {
        if let Some(file) = self.open.take()
            && is_at(&file, &self.path)?
        {
            return Ok(file);
        }
        let mut file = open_locked(&self.path)?;
        let mut keys = recover(&mut file, &self.path)?;
        // A line may be complete and yet only in memory, and the name of a new file too: both must last before
        // anybody is told that a line is there.
        file.sync_all()?;
        sync_parent(&self.path)?;
        self.prepend_rotated(&mut keys)?;
        keys.into_iter().for_each(|key| self.recent.remember(key));
        Ok(file)
    }

    /// Puts the keys of rotated files before `keys`, newest file first, until there are enough.
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

    /// Whether `line` must go to a new file. One that is too long for any file gets one of its own.
    fn is_full(&self, file: &File, line: &[u8]) -> io::Result<bool> {
        let length = file.metadata()?.len();
        Ok(length > 0 && length.saturating_add(line.len() as u64) > self.max_bytes)
    }

    /// Moves `PATH` to `PATH.1`, `.1` to `.2` and so on up to the first free number, and begins a new file.
    ///
    /// Stopping at a free number, which a crash in the middle leaves, keeps the oldest file from being lost to it.
    /// `full` stays locked until the new file is, so that nobody else takes the path over.
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

/// Runs `write`; if it fails, cuts the file back to the length it had.
fn all_or_nothing(
    file: &mut File,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = write(file);
    if written.is_err() {
        // Should this fail as well, the next append opens the file anew and cuts the torn line off there.
        let _ = file.set_len(length);
    }
    written
}

/// Opens the file to read and append, creating it with mode 0600, and locks it against another process.
fn open_locked(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        // A pipe would block, and a device cannot be synced.
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "in use by another doorsign",
        )),
        // A file system without locks is no reason to go without an audit log.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Cuts off a torn or damaged last line and gives the keys of the last complete ones. What a damaged line still holds goes to
/// `PATH.damaged`: a disk that lost a part of it may have lost a line that counts as delivered.
fn recover(file: &mut File, path: &Path) -> io::Result<Vec<Key>> {
    let text = tail(file)?;
    let (complete, last) = split_last(&text);
    if line::is_damaged(last) && is_ours(complete) {
        set_aside(last, path)?;
    } else if last.ends_with(b"\n") {
        return Ok(line::keys(&text));
    } else if !line::is_torn(last) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the last line has no end and is not of an audit log",
        ));
    }
    if !last.is_empty() {
        file.set_len(file.metadata()?.len() - last.len() as u64)?;
    }
    Ok(line::keys(complete))
}

/// The last line, with its end if it has one, and what is before it.
fn split_last(text: &[u8]) -> (&[u8], &[u8]) {
    let without_end = text.strip_suffix(b"\n").unwrap_or(text);
    let before = without_end.iter().rposition(|byte| *byte == b'\n');
    text.split_at(before.map_or(0, |end| end + 1))
}

/// Whether these lines, if there are any, end with one of an audit log.
fn is_ours(complete: &[u8]) -> bool {
    complete.is_empty() || !line::keys(split_last(complete).1).is_empty()
}

/// Appends a damaged line to the file beside the log, durably.
fn set_aside(damaged: &[u8], path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut aside = options.open(&name)?;
    aside.write_all(damaged)?;
    if !damaged.ends_with(b"\n") {
        aside.write_all(b"\n")?;
    }
    aside.sync_all()?;
    sync_parent(path)
}

/// The end of the file from the beginning of a line, with at least as many complete lines as are remembered; the
/// whole file if it has no more.
fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let mut window = WINDOW;
    loop {
        let start = length.saturating_sub(window);
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.take(length - start).read_to_end(&mut text)?;
        if start == 0 {
            return Ok(text);
        }
        let mut ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let first = ends.next().map_or(0, |(index, _)| index + 1);
        if ends.count() >= REMEMBERED {
            return Ok(text.split_off(first));
        }
        window = window.saturating_mul(2);
    }
}

/// `PATH.number`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Whether `file` is what the path leads to, and not one that was moved away, removed or replaced.
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

/// Elsewhere an open file cannot be replaced behind our back.
#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Makes names in the file's directory last: without it a crash can undo a creation or a rename.
fn sync_parent(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(()); // Directories cannot be opened there, and need not be.
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
    fn a_write_that_fails_part_way_leaves_no_torn_line() {
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

    #[test]
    fn a_long_file_is_read_from_its_end_only_and_from_the_beginning_of_a_line() {
        let mut file = tempfile::tempfile().unwrap();
        let long = format!("{}\n", "x".repeat(500));
        let text = long.repeat(4_000);
        file.write_all(text.as_bytes()).unwrap();
        let read = tail(&mut file).unwrap();
        assert!(read.len() < text.len() / 2, "{}", read.len());
        assert!(read.len() >= REMEMBERED * long.len());
        assert!(read.len().is_multiple_of(long.len()));
    }
}
