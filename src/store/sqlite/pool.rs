//! Readers: pooled read-only connections from r2d2, or the writer's own connection for an in-memory
//! database, which belongs to a single connection.

use super::connection::{Wait, read_only};
use super::error::error;
use super::health::Health;
use super::writer::Writer;
use crate::domain::{Error, Fault, Outage, Result};
use crate::store::sql::SpaceClass;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Where reads run.
pub(super) enum Readers {
    /// On separate connections.
    Pooled(Pool),
    /// On the writer thread.
    AtTheWriter(Arc<Writer>),
}

impl Readers {
    /// Runs `work` on one consistent snapshot.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T> + Send + 'static,
    {
        match self {
            Self::Pooled(pool) => pool.read(work).await,
            Self::AtTheWriter(writer) => writer.write(SpaceClass::Common, &[], work).await,
        }
    }
}

/// A pool of read connections.
pub(super) struct Pool {
    pool: r2d2::Pool<ReadOnly>,
    /// Callers wait here asynchronously, so that none blocks a thread while it waits for a
    /// connection.
    free: Arc<Semaphore>,
    health: Arc<Health>,
}

impl Pool {
    /// Creates a pool of at most `size` connections to the database at `path`, opened on demand.
    pub(super) fn open(
        path: &Path,
        size: usize,
        wait: Wait,
        health: Arc<Health>,
    ) -> std::result::Result<Self, r2d2::Error> {
        let pool = r2d2::Pool::builder()
            .max_size(u32::try_from(size).unwrap_or(u32::MAX))
            .min_idle(Some(0))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_on_check_out(false)
            .connection_timeout(wait.to_connect())
            .build(ReadOnly {
                path: path.to_owned(),
                wait,
            })?;
        Ok(Self {
            pool,
            free: Arc::new(Semaphore::new(size)),
            health,
        })
    }

    /// Runs `work` on a blocking thread inside one read transaction, so that it sees one consistent
    /// snapshot.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T> + Send + 'static,
    {
        self.health.check_read()?;
        let permit = self
            .free
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::unavailable(Outage::Stopping))?;
        let (pool, health) = (self.pool.clone(), self.health.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            // A connection is free, so the failure is that of opening its file.
            let connection = pool
                .get()
                .map_err(|_| Error::unavailable(Outage::DiskFailing))?;
            let snapshot = connection.unchecked_transaction();
            let result = snapshot.map_err(|e| error(&e)).and_then(|c| work(&c));
            if matches!(result, Err(Error::Broken(Fault::Damaged))) {
                health.report_damaged_page();
            }
            result
        });
        reading
            .await
            .unwrap_or_else(|stopped| match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::unavailable(Outage::Stopping)),
            })
    }
}

/// Opens read-only connections for r2d2.
struct ReadOnly {
    path: PathBuf,
    wait: Wait,
}

impl r2d2::ManageConnection for ReadOnly {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Connection> {
        read_only(&self.path, self.wait)
    }

    fn is_valid(&self, _: &mut Connection) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Connection) -> bool {
        false
    }
}
