//! A hook that writes one JSON line per created status to a file, safely on disk before the event counts as
//! delivered. It does not know how lines are laid out (`line`), how the file is kept (`file`), nor anything of the
//! server beyond the hook contract.
//!
//! It is the hook to copy: prepare, leave the async world for the slow part, say which errors may pass.

#![warn(missing_docs)]

mod file;
mod line;
mod recent;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use doorsign_hook::{HookError, PostCreateHook, StatusCreated, async_trait};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::file::Journal;

/// One JSON line per created status, appended to a file and rotated by size.
///
/// A line looks like this, with its fields in this order:
///
/// ```json
/// {"eventId":123,"time":"2026-11-23T10:00:00.000Z","actor":{"_id":"…","username":"…"},"status":{"_id":"…","name":"…","statusType":"busy","_updatedAt":"…"}}
/// ```
///
/// - Each status has one line, also when its event comes again: the last 1,024 pairs of event and status are
///   remembered, and read back from the files at the start.
/// - Rotated files are `PATH.1`, the newest, to `PATH.5`. A foreign rotation (the file moved or removed) is noticed
///   with the next line, which begins a new file; pass `u64::MAX` to leave rotation to it altogether.
/// - The file belongs to one open `AuditLog` at a time; a second one is refused.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    // An async lock, held by the blocking thread: a disk that hangs ties up one thread, and deliveries that are
    // given up meanwhile wait without one. Nor can a panic poison it.
    journal: Arc<Mutex<Journal>>,
}

impl AuditLog {
    /// Opens the log at `path`, creating it with mode 0600, and cuts off a last line that a crash has left torn.
    ///
    /// A line that would carry the file beyond `max_bytes` goes to a new one. Blocks on the disk; for the start.
    ///
    /// # Errors
    ///
    /// Whatever the file system says, and a refusal if `path` is no regular file, ends in a part of a line that is
    /// not of this log (it is left untouched), or is in use. The text is one line that names the path.
    pub fn open(path: impl Into<PathBuf>, max_bytes: u64) -> io::Result<Self> {
        let path = path.into();
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("audit log {}: {error}", path.display()),
            )
        };
        let journal = Journal::open(path.clone(), max_bytes).map_err(named)?;
        Ok(Self {
            path,
            journal: Arc::new(Mutex::new(journal)),
        })
    }
}

#[async_trait]
impl PostCreateHook for AuditLog {
    fn name(&self) -> &'static str {
        "audit-log"
    }

    /// Whatever the disk says may pass, so it is a `Retry`; only a line that cannot be written at all is `Permanent`.
    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        let line = line::render(created)?;
        let key = (created.event_id, created.status.id.clone());
        let mut journal = Arc::clone(&self.journal).lock_owned().await;
        let written = spawn_blocking(move || journal.append(key, &line)).await;
        let refused =
            |reason: String| HookError::Retry(format!("{}: {reason}", self.path.display()));
        match written {
            Ok(outcome) => outcome.map_err(|error| refused(error.to_string())),
            Err(unfinished) => Err(refused(format!("the write did not finish: {unfinished}"))),
        }
    }
}
