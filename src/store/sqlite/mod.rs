//! The SQLite store: checks, creates and opens database files, and maps SQLite's errors to the
//! domain's.
//!
//! Only this folder depends on rusqlite and r2d2. Blocking work runs behind `Writer::write` and
//! `Readers::read`.

mod audit;
mod change_signals;
mod checkpoint;
mod create;
mod custom_status;
mod damage;
mod delivery;
mod generation;
mod group_commit;
mod health;
mod hooks;
mod job;
mod logins;
mod marker;
mod open;
mod outbox;
mod page;
mod payload;
mod permissions;
mod pool;
mod presence;
mod queue;
mod seed;
mod settings;
mod space;
mod upgrades;
mod users;
mod webhooks;
mod writer;

pub use open::OpenError;

use crate::domain::{Error, EventId, Fault, Result};
use crate::store::{ChangeKind, Store};
use async_trait::async_trait;
use change_signals::{ChangeSignals, EVERYTHING};
use checkpoint::Checkpoints;
use group_commit::Tools;
use health::Health;
use job::Signal;
use open::{Opened, Schema, open_writer};
use pool::{Pool, Readers};
use rusqlite::ffi;
use space::{Limit, SpaceClass};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use writer::Writer;

/// The signals of a change to access control.
const ACCESS: &[Signal] = &[Signal::ChangeKind(ChangeKind::Access), Signal::Audit];

/// Interval of the file checks and idle checkpoints.
const TICK: Duration = Duration::from_secs(1);

/// The signals of a change to hooks.
const HOOKS: &[Signal] = &[Signal::Hooks, Signal::Audit];

/// The signals of a new audit record without other changes.
const AUDIT: &[Signal] = &[Signal::Audit];

/// A database with one writer and several readers.
pub struct SqliteStore {
    writer: Arc<Writer>,
    readers: Readers,
    marks: ChangeSignals,
    health: Arc<Health>,
    path: PathBuf,
    had_log: bool,
}

impl SqliteStore {
    /// Opens the database at `path`. Creates it from `schema.sql` if it is missing, and upgrades an
    /// older schema. Only for the holder of the data folder's lock. `readers` is the maximum number
    /// of concurrent reads. `max_mib` limits the file size in MiB (0: unlimited); the last part is
    /// reserved for deletions.
    ///
    /// # Errors
    /// [`OpenError`], one line each. A rejected file is left untouched.
    pub fn open(path: &Path, readers: usize, max_mib: u64) -> std::result::Result<Self, OpenError> {
        Self::open_with(path, readers, max_mib, Schema::Settle)
    }

    /// Like [`open`](Self::open), for processes without the lock, which run next to a server that
    /// may be older. Neither creates nor upgrades the database.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and [`OpenError::NeedsUpgrade`].
    pub fn open_beside_server(
        path: &Path,
        readers: usize,
        max_mib: u64,
    ) -> std::result::Result<Self, OpenError> {
        Self::open_with(path, readers, max_mib, Schema::Keep)
    }

    fn open_with(
        path: &Path,
        readers: usize,
        max_mib: u64,
        schema: Schema,
    ) -> std::result::Result<Self, OpenError> {
        let Opened {
            connection,
            had_log,
        } = open_writer(path, schema)?;
        let sqlite = |e| OpenError::sqlite(path, &e);
        let limit = Limit::of(&connection, max_mib).map_err(sqlite)?;
        let newest = outbox::newest(&connection).map_err(sqlite)?;
        let marks = ChangeSignals::new(newest);
        let health = Arc::new(Health::new(Some(path), marks.clone()));
        let pool = Pool::open(path, readers, health.clone());
        let pool = pool.map_err(|e| OpenError::Thread(e.to_string()))?;
        let tools = Tools {
            connection,
            limit,
            marks: marks.clone(),
            checkpoints: Checkpoints::of(Some(path)),
            health: health.clone(),
            known_version: None,
        };
        let writer = Writer::start(tools).map_err(|e| OpenError::Thread(e.to_string()))?;
        Ok(Self {
            writer: Arc::new(writer),
            readers: Readers::Pooled(pool),
            marks,
            health,
            path: path.to_owned(),
            had_log,
        })
    }

    /// Creates an in-memory database, which ends with this store. Watches no files.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn in_memory() -> std::result::Result<Self, OpenError> {
        let connection = open::open_in_memory()?;
        let marks = ChangeSignals::new(EventId::default());
        let health = Arc::new(Health::new(None, marks.clone()));
        let tools = Tools {
            connection,
            limit: None,
            marks: marks.clone(),
            checkpoints: Checkpoints::of(None),
            health: health.clone(),
            known_version: None,
        };
        let writer = Writer::start(tools).map_err(|e| OpenError::Thread(e.to_string()))?;
        let writer = Arc::new(writer);
        Ok(Self {
            readers: Readers::AtTheWriter(writer.clone()),
            writer,
            marks,
            health,
            path: PathBuf::from(":memory:"),
            had_log: false,
        })
    }

    /// After an unclean stop, checks the file for damage within a time limit.
    ///
    /// # Errors
    /// [`OpenError::Damaged`].
    pub async fn check_after_unclean_stop(&self) -> std::result::Result<(), OpenError> {
        if !self.had_log {
            return Ok(());
        }
        let found = self.readers.read(|c| Ok(damage::find(c))).await;
        match found {
            Ok(None) => Ok(()),
            Ok(Some(damage)) => Err(OpenError::Damaged(self.path.clone(), damage)),
            Err(error) => Err(OpenError::Damaged(self.path.clone(), error.to_string())),
        }
    }

    /// Maintains the files until dropped: detects within a second that they were removed, and moves
    /// an idle log into the database.
    pub async fn tend(&self) {
        let mut seconds = tokio::time::interval(TICK);
        loop {
            seconds.tick().await;
            self.writer.tick();
        }
    }

    /// Moves the log into the database, except pages that a reader still needs.
    pub async fn checkpoint(&self) {
        self.writer.checkpoint().await;
    }

    /// Notifies once, when the database can no longer be trusted.
    pub fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.health.reported()
    }

    /// Finishes the queued writes and closes the writing connection. Later writes are unavailable.
    pub async fn close(&self) {
        let writer = self.writer.clone();
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

/// Maps an SQLite error to the domain's by its extended result code. Constraints that matter to a
/// caller are handled at their statement, with [`is_unique`] and [`is_missing_reference`].
fn error(source: &rusqlite::Error) -> Error {
    match source.sqlite_error_code() {
        Some(
            rusqlite::ErrorCode::DiskFull
            | rusqlite::ErrorCode::DatabaseBusy
            | rusqlite::ErrorCode::DatabaseLocked
            | rusqlite::ErrorCode::SystemIoFailure
            | rusqlite::ErrorCode::ReadOnly
            | rusqlite::ErrorCode::CannotOpen,
        ) => {
            tracing::warn!(error = %source, "the database is temporarily unavailable");
            Error::UNAVAILABLE
        }
        _ if is_damage(source) => Error::Broken(Fault::Damaged),
        _ => Error::internal(source.to_string()),
    }
}

/// Returns the path of the database with `suffix` appended. Like SQLite's own files, it lies next
/// to the target of a symbolic link.
fn beside(database: &Path, suffix: &str) -> PathBuf {
    let file = database.canonicalize();
    let mut name = file.map_or_else(|_| database.into(), PathBuf::into_os_string);
    name.push(suffix);
    name.into()
}

/// Returns whether SQLite found the database damaged.
fn is_damage(source: &rusqlite::Error) -> bool {
    matches!(
        source.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Returns whether a UNIQUE index other than the primary key rejected the row.
fn is_unique(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Returns whether a referenced row does not exist.
fn is_missing_reference(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn extended_code(source: &rusqlite::Error) -> Option<i32> {
    source.sqlite_error().map(|code| code.extended_code)
}

#[async_trait]
impl Store for SqliteStore {
    fn committed(&self) -> watch::Receiver<EventId> {
        self.marks.committed()
    }

    fn version(&self, part: ChangeKind) -> u64 {
        self.marks.version(part)
    }

    fn deadlines(&self) -> watch::Receiver<()> {
        self.marks.deadlines()
    }

    async fn refresh(&self) -> Result<()> {
        // Read before the versions rise: a copy cached between the two would outlive an event that
        // is already visible.
        let newest = self.readers.read(outbox::newest).await;
        let mark = newest.as_ref().copied().unwrap_or_default();
        self.marks.raise(mark, EVERYTHING.iter());
        newest.map(drop)
    }

    async fn notice_other_processes(&self) -> Result<()> {
        // Every group compares the data version, even an empty one.
        match self.writer.write(SpaceClass::Common, &[], |_| Ok(())).await {
            Ok(()) => Ok(()),
            Err(_) => self.refresh().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, StatementStatus};

    #[tokio::test]
    async fn a_failed_refresh_still_raises_the_access_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let store = SqliteStore::open(&path, 1, 0).unwrap();
        let version = store.version(ChangeKind::Access);
        let other = open_writer(&path, Schema::Settle).unwrap().connection;
        other
            .execute_batch("ALTER TABLE event RENAME TO elsewhere")
            .unwrap();
        assert!(store.refresh().await.is_err());
        assert!(store.version(ChangeKind::Access) > version);
    }

    /// Returns how often a statement was re-prepared in three uses.
    fn plans_anew(connection: &Connection) -> rusqlite::Result<i32> {
        let sql = "SELECT event.id FROM event LEFT JOIN consumer ON cursor = event.id WHERE event.id = ?1 LIMIT ?2";
        for _ in 0..3 {
            connection.prepare_cached(sql)?.query([1, 2])?.next()?;
        }
        let statement = connection.prepare_cached(sql)?;
        Ok(statement.get_status(StatementStatus::RePrepare))
    }

    #[tokio::test]
    async fn a_statement_is_prepared_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("doorsign.db"), 1, 0).unwrap();
        let written = store
            .writer
            .write(SpaceClass::Common, &[], |c| Ok(plans_anew(c).unwrap()))
            .await;
        let read = store.readers.read(plans_anew).await;
        assert_eq!((written.unwrap(), read.unwrap()), (0, 0));
    }
}
