//! One module file: its name, its permissions and its change stamp.

use std::ffi::OsStr;
use std::fs::{DirEntry, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use doorsign_file_trust::{check_open, failure, require};

use crate::folder::KIND;

/// The maximum size of a file. Compiled modules are far smaller once their debug information is
/// stripped.
const MAX_BYTES: u64 = 8 << 20;

/// Identifies a version of a file: device, inode, length, and seconds and nanoseconds of mtime and
/// ctime.
pub(crate) type Stamp = (u64, u64, u64, [i64; 4]);

/// An open file, so that the checks and the reads apply to the same file.
#[derive(Debug)]
pub(crate) struct ModuleFile {
    file: File,
    found: Metadata,
}

impl ModuleFile {
    /// Opens the file, unless other users than root and the running user can change it.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        require(path)?;
        let file = File::open(path).map_err(|error| failure(path, &error))?;
        let found = check_open(&file, path)?;
        Ok(Self { file, found })
    }

    pub(crate) fn stamp(&self) -> Stamp {
        let found = &self.found;
        let times = [
            found.mtime(),
            found.mtime_nsec(),
            found.ctime(),
            found.ctime_nsec(),
        ];
        (found.dev(), found.ino(), found.len(), times)
    }

    /// Reads the file, unless it is too large.
    pub(crate) fn read(self, path: &Path) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = self.file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        match read.map_err(|error| failure(path, &error))? as u64 {
            ..=MAX_BYTES => Ok(bytes),
            _ => Err(format!("{}: larger than 8 MiB", path.display())),
        }
    }
}

/// Returns the name and path of an entry that is a module file or a link to one.
pub(crate) fn candidate(entry: io::Result<DirEntry>) -> Option<(String, PathBuf)> {
    let path = entry.ok()?.path();
    let is_hidden = path.file_name()?.as_encoded_bytes().starts_with(b".");
    let is_module = path.extension() == Some(OsStr::new(KIND)) && path.is_file();
    let name = name_of(path.file_stem()?);
    (is_module && !is_hidden).then_some((name, path))
}

/// Returns `wasm-` and the file name, with `-` for characters that are not allowed in hook names.
fn name_of(stem: &OsStr) -> String {
    let stem = stem.to_string_lossy().to_ascii_lowercase();
    let usable = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    format!("{KIND}-{}", stem.replace(|letter| !usable(letter), "-"))
}

pub(crate) fn same_name(path: &Path, other: &Path) -> String {
    let (path, other) = (path.display(), other.display());
    format!("{path}: {other} already has the same name")
}
