//! What the process that opened a database does with it besides using it as a [`Store`].

use super::{Seeded, Store};
use crate::domain::Fault;
use async_trait::async_trait;
use std::path::Path;
use tokio::sync::watch;

/// An open database.
#[async_trait]
pub trait Database: Store + Seeded {
    /// Maintains the files until dropped: detects within a second that they were removed, and moves
    /// an idle log into the database.
    async fn maintain(&self);

    /// Moves the log into the database, except pages that a reader still needs.
    async fn checkpoint(&self);

    /// Notifies once, when the database can no longer be trusted.
    fn fault(&self) -> watch::Receiver<Option<Fault>>;

    /// Finishes the queued writes and closes the database. Later writes are unavailable.
    async fn close(&self);
}

/// Where a database is, and its limits.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseSettings<'a> {
    /// The database file.
    pub file: &'a Path,
    /// Maximum number of concurrent reads.
    pub readers: usize,
    /// Maximum size of the file in MiB. 0 means no limit. The last part is reserved for deletions.
    pub max_mib: u64,
    /// Runs again and again while another process locks the database, with the number of earlier
    /// runs, and returns whether to keep waiting. `None` waits for two seconds: a server must not
    /// keep its clients waiting for long.
    pub while_locked: Option<fn(i32) -> bool>,
}

impl<'a> DatabaseSettings<'a> {
    /// The settings for one reader at a time and no size limit.
    #[must_use]
    pub const fn of(file: &'a Path) -> Self {
        Self {
            file,
            readers: 1,
            max_mib: 0,
            while_locked: None,
        }
    }
}
