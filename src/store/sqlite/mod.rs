//! The store on SQLite: how a database file is checked, created and opened, and how SQLite's errors become the domain's.
//!
//! This folder is the only place that knows rusqlite and r2d2. It leaves the async world through `Writer::write` and
//! `Readers::read`, and knows nothing of rules or requests.

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
use space::Limit;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use writer::Writer;

/// What a change to who may do what signals.
const ACCESS: &[Signal] = &[Signal::ChangeKind(ChangeKind::Access), Signal::Audit];

/// How often the files are looked after.
const TICK: Duration = Duration::from_secs(1);

/// What signals whoever runs hooks.
const HOOKS: &[Signal] = &[Signal::Hooks, Signal::Audit];

/// What signals the audit trail alone.
const AUDIT: &[Signal] = &[Signal::Audit];

/// A database and the two ways to it: one writer, several readers.
pub struct SqliteStore {
    writer: Arc<Writer>,
    readers: Readers,
    marks: ChangeSignals,
    health: Arc<Health>,
    path: PathBuf,
    had_log: bool,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it from `schema.sql` when there is none and upgrading one with an older schema: only
    /// for the holder of the data folder's lock. `readers` is how many may read at once; `max_mib` is the size, in MiB, that the file may grow to (0: any); the last of it is kept for the writes by which something ends.
    ///
    /// # Errors
    /// [`OpenError`], one line each. A file that is refused is left untouched.
    pub fn open(path: &Path, readers: usize, max_mib: u64) -> std::result::Result<Self, OpenError> {
        Self::open_with(path, readers, max_mib, Schema::Settle)
    }

    /// As [`open`](Self::open), for processes without the lock: beside a running server, which may be an older one.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`OpenError::NeedsUpgrade`].
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

    /// A new database in memory, which is gone with this store. It signals no file.
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

    /// Looks for damage where the last stop was unclean, for a bounded time. It reads the whole file, as far as the time goes.
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

    /// Looks after the files until it is dropped: notices within a second that they were removed, and moves an idle log into the database.
    pub async fn tend(&self) {
        let mut seconds = tokio::time::interval(TICK);
        loop {
            seconds.tick().await;
            self.writer.tick();
        }
    }

    /// Moves the log into the database, as far as no reader needs it.
    pub async fn checkpoint(&self) {
        self.writer.checkpoint().await;
    }

    /// Changes once: when the database cannot be trusted any more.
    pub fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.health.reported()
    }

    /// Finishes the writes that wait and closes the writing connection; later writes are unavailable.
    pub async fn close(&self) {
        let writer = self.writer.clone();
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

/// The domain's error for one of SQLite's, told apart by its extended result code. Constraints that mean something to a caller are
/// caught beside their statement, by [`is_unique`] and [`is_missing_reference`].
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
            tracing::warn!(error = %source, "the database cannot be used at the moment");
            Error::UNAVAILABLE
        }
        _ if is_damage(source) => Error::Broken(Fault::Damaged),
        _ => Error::internal(source.to_string()),
    }
}

/// The file whose name is that of the database and `suffix`. It lies where SQLite keeps its own such files: beside the file that a symbolic
/// link leads to.
fn beside(database: &Path, suffix: &str) -> PathBuf {
    let file = database.canonicalize();
    let mut name = file.map_or_else(|_| database.into(), PathBuf::into_os_string);
    name.push(suffix);
    name.into()
}

/// Whether SQLite found the database damaged.
fn is_damage(source: &rusqlite::Error) -> bool {
    matches!(
        source.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Whether a UNIQUE index other than the primary key refused the row.
fn is_unique(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Whether a row that another one refers to is not there.
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
        // Read before the versions rise: a copy that is kept between the two would outlive an event that is visible.
        let newest = self.readers.read(outbox::newest).await;
        let mark = newest.as_ref().copied().unwrap_or_default();
        self.marks.raise(mark, EVERYTHING.iter());
        newest.map(drop)
    }

    async fn notice_other_processes(&self) -> Result<()> {
        // Every group compares the data version, an empty one as well.
        match self.writer.write(|_| Ok(())).await {
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
    async fn a_refresh_that_cannot_read_still_makes_everybody_ask_again_who_may_do_what() {
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

    /// How often a statement was planned again in three uses.
    fn plans_anew(connection: &Connection) -> rusqlite::Result<i32> {
        let sql = "SELECT event.id FROM event LEFT JOIN consumer ON cursor = event.id WHERE event.id = ?1 LIMIT ?2";
        for _ in 0..3 {
            connection.prepare_cached(sql)?.query([1, 2])?.next()?;
        }
        let statement = connection.prepare_cached(sql)?;
        Ok(statement.get_status(StatementStatus::RePrepare))
    }

    #[tokio::test]
    async fn a_statement_is_planned_once_however_often_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("doorsign.db"), 1, 0).unwrap();
        let written = store.writer.write(|c| Ok(plans_anew(c).unwrap())).await;
        let read = store.readers.read(plans_anew).await;
        assert_eq!((written.unwrap(), read.unwrap()), (0, 0));
    }
}
