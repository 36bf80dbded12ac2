//! The SQLite store: checks, creates and opens database files, and runs transactions on them.
//!
//! Only this folder depends on rusqlite and r2d2. Statements are in [`sql`](crate::store::sql).

mod checkpoint;
mod connection;
mod create;
mod damage;
mod error;
mod files;
mod generation;
mod generation_marker;
mod group_commit;
mod health;
mod job;
mod open;
mod open_error;
mod pool;
mod queue;
mod schema;
mod seed;
mod space;
mod sql;
mod upgrades;
mod writer;

pub use open_error::OpenError;

use crate::domain::{DatabaseSize, Error, EventId, Fault, Result};
use crate::store::sql::{ChangeSignals, EVERYTHING, Engine, Signal, SpaceClass, Sql, newest_event};
use crate::store::{ChangeKind, Database, DatabaseSettings, Store};
use async_trait::async_trait;
use checkpoint::{Checkpoints, LogRule};
use connection::Wait;
use group_commit::WriterState;
use health::Health;
use open::{Opened, Schema, open_writer};
use pool::{Pool, Readers};
use rusqlite::Connection;
use space::Limit;
use sql::newest;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use writer::Writer;

/// Interval of the file checks and idle checkpoints.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(1);

/// Bytes of a MiB.
const MIB: u64 = 1024 * 1024;

/// A database with one writer and several readers.
pub struct SqliteStore {
    writer: Arc<Writer>,
    readers: Readers,
    signals: ChangeSignals,
    health: Arc<Health>,
    /// The database file. `None` in memory.
    path: Option<PathBuf>,
    limit_bytes: Option<u64>,
}

impl SqliteStore {
    /// Opens a database, creates a missing one, and upgrades an older schema. Checks the file for
    /// damage, within a time limit, after an unclean stop. Only for the holder of the data folder's
    /// lock.
    ///
    /// # Errors
    /// [`OpenError`], one line each. A rejected file is left untouched.
    pub fn open(settings: DatabaseSettings<'_>) -> std::result::Result<Self, OpenError> {
        let opened = open_writer(settings.file, Schema::Migrate, Wait::of(&settings))?;
        Self::start(opened, settings)
    }

    /// Opens a database without creating or upgrading it, next to a server that may be older. A log
    /// that is found is left in place.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and [`OpenError::NeedsUpgrade`].
    pub fn open_beside_server(
        settings: DatabaseSettings<'_>,
    ) -> std::result::Result<Self, OpenError> {
        let opened = open_writer(settings.file, Schema::Keep, Wait::of(&settings))?;
        Self::start(opened, settings)
    }

    fn start(
        opened: Opened,
        settings: DatabaseSettings<'_>,
    ) -> std::result::Result<Self, OpenError> {
        let (path, connection) = (settings.file, opened.connection);
        let sqlite = |e| OpenError::sqlite(path, &e);
        let limit = Limit::of(&connection, settings.max_mib).map_err(sqlite)?;
        let newest = newest(&connection).map_err(sqlite)?;
        let signals = ChangeSignals::new(newest);
        let health = Arc::new(Health::new(Some(path)));
        let pool = Pool::open(path, settings.readers, Wait::of(&settings), health.clone());
        let pool = pool.map_err(|e| OpenError::Thread(e.to_string()))?;
        let state = WriterState {
            connection,
            limit,
            signals: signals.clone(),
            checkpoints: Checkpoints::of(Some(path)),
            log_rule: opened.log_rule,
            health: health.clone(),
            known_version: None,
        };
        let writer = Writer::start(state).map_err(|e| OpenError::Thread(e.to_string()))?;
        Ok(Self {
            writer: Arc::new(writer),
            readers: Readers::Pooled(pool),
            signals,
            health,
            path: Some(path.to_owned()),
            limit_bytes: (settings.max_mib > 0).then(|| settings.max_mib.saturating_mul(MIB)),
        })
    }

    /// Creates an in-memory database, which ends with this store. Watches no files.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn in_memory() -> std::result::Result<Self, OpenError> {
        let connection = open::open_in_memory()?;
        let signals = ChangeSignals::new(EventId::default());
        let health = Arc::new(Health::new(None));
        let state = WriterState {
            connection,
            limit: None,
            signals: signals.clone(),
            checkpoints: Checkpoints::of(None),
            log_rule: LogRule::Move,
            health: health.clone(),
            known_version: None,
        };
        let writer = Writer::start(state).map_err(|e| OpenError::Thread(e.to_string()))?;
        let writer = Arc::new(writer);
        Ok(Self {
            readers: Readers::AtTheWriter(writer.clone()),
            writer,
            signals,
            health,
            path: None,
            limit_bytes: None,
        })
    }
}

impl Engine for SqliteStore {
    type Connection = Connection;

    fn signals(&self) -> &ChangeSignals {
        &self.signals
    }

    fn write<T: Send + 'static>(
        &self,
        space: SpaceClass,
        signals: &'static [Signal],
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send {
        self.writer.write(space, signals, work)
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send {
        self.readers.read(work)
    }
}

#[async_trait]
impl Database for SqliteStore {
    async fn maintain(&self) {
        let mut seconds = tokio::time::interval(MAINTENANCE_INTERVAL);
        loop {
            seconds.tick().await;
            self.writer.tick();
        }
    }

    async fn checkpoint(&self) {
        self.writer.checkpoint().await;
    }

    fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.health.reported()
    }

    async fn close(&self) {
        let writer = self.writer.clone();
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn committed(&self) -> watch::Receiver<EventId> {
        self.signals.committed()
    }

    fn version(&self, part: ChangeKind) -> u64 {
        self.signals.version(part)
    }

    fn deadlines(&self) -> watch::Receiver<()> {
        self.signals.deadlines()
    }

    async fn check(&self) -> Result<()> {
        if let Some(fault) = self.health.fault() {
            return Err(Error::Broken(fault));
        }
        self.read(newest_event).await.map(drop)
    }

    async fn size(&self) -> Result<DatabaseSize> {
        let (path, limit_bytes) = (self.path.clone(), self.limit_bytes);
        self.read(move |connection| {
            let pages: u64 = connection.only("PRAGMA page_count", &[])?;
            let page: u64 = connection.only("PRAGMA page_size", &[])?;
            let log = path.as_deref().map(files::log_of);
            let log = log.and_then(|log| log.metadata().ok());
            Ok(DatabaseSize {
                bytes: pages.saturating_mul(page),
                log_bytes: log.map_or(0, |log| log.len()),
                limit_bytes,
            })
        })
        .await
    }

    async fn refresh(&self) -> Result<()> {
        // Read before the versions rise: a copy cached between the two would outlive an event that
        // is already visible.
        let newest = self.read(newest_event).await;
        let mark = newest.as_ref().copied().unwrap_or_default();
        self.signals.raise(mark, EVERYTHING.iter());
        newest.map(drop)
    }

    async fn notice_other_processes(&self) -> Result<()> {
        // Every group compares the data version, even an empty one.
        match self.write(SpaceClass::Common, &[], |_| Ok(())).await {
            Ok(()) => Ok(()),
            Err(_) => self.refresh().await,
        }
    }
}

#[cfg(test)]
mod tests;
