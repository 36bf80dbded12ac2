//! The SQLite store: checks, creates and opens database files, and runs transactions on them.
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
mod error;
mod files;
mod generation;
mod generation_marker;
mod group_commit;
mod health;
mod hooks;
mod job;
mod logins;
mod open;
mod open_error;
mod outbox;
mod page;
mod permissions;
mod pool;
mod presence;
mod queue;
mod schema;
mod seed;
mod settings;
mod space;
mod upgrades;
mod users;
mod webhooks;
mod writer;

pub use open_error::OpenError;

use crate::domain::{EventId, Fault, Result};
use crate::store::{ChangeKind, Database, DatabaseSettings, Store};
use async_trait::async_trait;
use change_signals::{ChangeSignals, EVERYTHING};
use checkpoint::Checkpoints;
use error::{error, is_missing_reference, is_unique};
use group_commit::Tools;
use health::Health;
use job::Signal;
use open::{Opened, Schema, open_writer};
use pool::{Pool, Readers};
use space::{Limit, SpaceClass};
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
}

impl SqliteStore {
    /// Opens a database, creates a missing one, and upgrades an older schema. Checks the file for
    /// damage, within a time limit, after an unclean stop. Only for the holder of the data folder's
    /// lock.
    ///
    /// # Errors
    /// [`OpenError`], one line each. A rejected file is left untouched.
    pub fn open(settings: DatabaseSettings<'_>) -> std::result::Result<Self, OpenError> {
        let opened = open_writer(settings.file, Schema::Settle)?;
        if opened.had_log {
            damage::check(settings.file)?;
        }
        Self::start(opened, settings)
    }

    /// Opens a database without creating or upgrading it, next to a server that may be older.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and [`OpenError::NeedsUpgrade`].
    pub fn open_beside_server(
        settings: DatabaseSettings<'_>,
    ) -> std::result::Result<Self, OpenError> {
        let opened = open_writer(settings.file, Schema::Keep)?;
        Self::start(opened, settings)
    }

    fn start(
        opened: Opened,
        settings: DatabaseSettings<'_>,
    ) -> std::result::Result<Self, OpenError> {
        let (path, connection) = (settings.file, opened.connection);
        let sqlite = |e| OpenError::sqlite(path, &e);
        let limit = Limit::of(&connection, settings.max_mib).map_err(sqlite)?;
        let newest = outbox::newest(&connection).map_err(sqlite)?;
        let marks = ChangeSignals::new(newest);
        let health = Arc::new(Health::new(Some(path), marks.clone()));
        let pool = Pool::open(path, settings.readers, health.clone());
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
        })
    }
}

#[async_trait]
impl Database for SqliteStore {
    async fn maintain(&self) {
        let mut seconds = tokio::time::interval(TICK);
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
        let store = SqliteStore::open(DatabaseSettings::of(&path)).unwrap();
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
        let store =
            SqliteStore::open(DatabaseSettings::of(&folder.path().join("doorsign.db"))).unwrap();
        let written = store
            .writer
            .write(SpaceClass::Common, &[], |c| Ok(plans_anew(c).unwrap()))
            .await;
        let read = store.readers.read(plans_anew).await;
        assert_eq!((written.unwrap(), read.unwrap()), (0, 0));
    }
}
