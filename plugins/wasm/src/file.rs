//! One module file: its permissions and its change stamp.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use doorsign_file_trust::{check_open, failure, require};

/// The maximum size of a file. Compiled modules are far smaller once their debug information is
/// stripped.
const MAX_BYTES: u64 = 8 << 20;

/// Identifies a version of a file: device, inode, length, and seconds and nanoseconds of mtime and
/// ctime.
pub type Stamp = (u64, u64, u64, [i64; 4]);

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
