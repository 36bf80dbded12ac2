//! Distinguishes a new folder from one that has lost its database. A lost database must not be
//! replaced by a new workspace: the log beside it may be the only copy of acknowledged changes, and
//! a new start would overwrite it.

use super::Folder;
use std::fs::symlink_metadata;
use std::io::{Error, ErrorKind, Result};

/// Files that a server leaves beside the database, each created after the database is complete.
const TRACES: [&str; 3] = ["doorsign.db-wal", "doorsign.db-marker", "token-secret"];

impl Folder {
    /// Returns whether the folder has a database. `false` only for a folder that never had one; an
    /// empty file counts as none.
    ///
    /// # Errors
    /// `InvalidData` when the folder has lost its database; otherwise any file system error.
    pub fn has_database(&self) -> Result<bool> {
        let path = self.database();
        let missing = match path.metadata() {
            Ok(found) if found.len() > 0 => return Ok(true),
            Ok(_) => "empty",
            // A dangling symbolic link: its target may not be mounted yet.
            Err(source)
                if source.kind() == ErrorKind::NotFound && symlink_metadata(&path).is_ok() =>
            {
                let text = "doorsign.db is a symbolic link to a missing file: make the file available, or remove the link";
                return Err(Error::new(ErrorKind::InvalidData, text));
            }
            Err(source) if source.kind() == ErrorKind::NotFound => "missing",
            Err(source) => return Err(source),
        };
        match self.trace() {
            None => Ok(false),
            Some(trace) => Err(lost(missing, trace)),
        }
    }

    /// Returns the first trace of an earlier server. An empty log does not count.
    fn trace(&self) -> Option<&'static str> {
        let is_there = |name: &&str| {
            let found = symlink_metadata(self.path().join(name));
            found.is_ok_and(|found| found.len() > 0)
        };
        TRACES.into_iter().find(is_there)
    }
}

fn lost(missing: &str, trace: &str) -> Error {
    let text = format!(
        "doorsign.db is {missing}, but {trace} shows that the folder has been used: restore doorsign.db from a backup, \
         or move the folder away to start with a new one"
    );
    Error::new(ErrorKind::InvalidData, text)
}
