//! A hook that writes one JSON line per created status to a file, and syncs it to disk before the
//! event counts as delivered.
//!
//! Use it as a template for your own hook: prepare the data, move slow work to a blocking thread,
//! and return errors that distinguish temporary from permanent failures.

#![warn(missing_docs)]

mod file;
mod line;
mod recent;
mod recovery;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use doorsign_hook::{HookError, PostCreateHook, StatusCreated, async_trait};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::file::Journal;

/// Appends one JSON line per created status to a file and rotates the file by size.
///
/// A line looks like this, with its fields in this order:
///
/// ```json
/// {"eventId":123,"time":"2026-11-23T10:00:00.000Z","actor":{"_id":"…","username":"…"},"status":{"_id":"…","name":"…","statusType":"busy","_updatedAt":"…"}}
/// ```
///
/// - Each status has one line, even if its event is redelivered. The keys (event and status) of the
///   last 1,024 lines are kept, and reloaded from the files at the start.
/// - Rotated files are `PATH.1` (newest) to `PATH.5`. An external rotation (the file was moved or
///   removed) is detected at the next line, which starts a new file. Pass `u64::MAX` to disable the
///   built-in rotation.
/// - Only one open `AuditLog` can use the file at a time; opening a second one fails.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    // An async lock, held by the blocking thread. A disk that hangs blocks one thread; deliveries
    // that time out meanwhile wait without a thread. A panic cannot poison it.
    journal: Arc<Mutex<Journal>>,
}

impl AuditLog {
    /// Opens the log at `path`. Creates it with mode 0600, or removes a torn last line left by a
    /// crash.
    ///
    /// A line that would exceed `max_bytes` goes to a new file. Blocks on the disk; call it at
    /// startup.
    ///
    /// # Errors
    ///
    /// Any file system error. Also fails if `path` is not a regular file, is in use, or ends in an
    /// incomplete line that is not from an audit log (the file is left untouched). The text is one
    /// line that names the path.
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

    /// Disk errors may be temporary, so they are `Retry`. Only a line that cannot be rendered is
    /// `Permanent`.
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
