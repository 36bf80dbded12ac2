//! The writer: a thread that owns the only writing connection and commits many requests together.
//!
//! Callers get their result only after the commit is synced. A panic inside a job is passed to its
//! caller.

use super::group_commit::{self, WriterState};
use super::job::Write;
use super::queue::{JobQueue, Message, QUEUE};
use super::sql::newest;
use crate::domain::{Error, Outage, Result};
use crate::store::sql::{Signal, SpaceClass};
use rusqlite::Connection;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread::JoinHandle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(mut state: WriterState) -> std::io::Result<Self> {
        // Read the version first: a later commit of another process is then detected by the next
        // group.
        state.known_version = group_commit::data_version(&state.connection).ok();
        if let Ok(newest) = newest(&state.connection) {
            state.signals.raise(newest, [].iter());
        }
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || group_commit::run(state, JobQueue::new(queue)))?;
        Ok(Self {
            jobs,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs `work` in the writer's current group, and raises `signals` after the commit. Returns
    /// once it is durable. Dropping this future does not cancel the work.
    pub(super) async fn write<T, F>(
        &self,
        space: SpaceClass,
        signals: &'static [Signal],
        work: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T> + Send + 'static,
    {
        let (job, outcome) = Write::new(space, signals, work);
        self.jobs
            .try_send(Message::Work(Box::new(job)))
            .map_err(|refused| {
                Error::unavailable(match refused {
                    TrySendError::Full(_) => Outage::DatabaseBusy,
                    TrySendError::Closed(_) => Outage::Stopping,
                })
            })?;
        match outcome.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(Error::unavailable(Outage::Stopping)),
        }
    }

    /// Signals that a second has passed. Skipped if the queue is full.
    pub(super) fn tick(&self) {
        let _ = self.jobs.try_send(Message::Tick);
    }

    /// Moves the log into the database, except pages that a reader still needs.
    pub(super) async fn checkpoint(&self) {
        let (done, is_done) = oneshot::channel();
        let sent = self.jobs.send(Message::Checkpoint(done)).await;
        if sent.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Finishes the queued jobs and ends the thread. Later writes are unavailable.
    pub(super) fn stop(&self) {
        // A full queue delays the message, which is fine on a blocking thread.
        let _ = self.jobs.blocking_send(Message::Stop);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::{Checkpoints, LogRule};
    use super::super::connection::Wait;
    use super::super::error::error;
    use super::super::health::Health;
    use super::super::open::{Schema, open_writer};
    use super::super::space::Limit;
    use super::*;
    use crate::domain::EventId;
    use crate::store::sql::ChangeSignals;
    use std::sync::Arc;

    fn writer() -> (Writer, ChangeSignals, tempfile::TempDir) {
        limited_writer(0)
    }

    fn limited_writer(max_mib: u64) -> (Writer, ChangeSignals, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let connection = open_writer(&path, Schema::Migrate, Wait::Briefly)
            .unwrap()
            .connection;
        let signals = ChangeSignals::new(EventId::default());
        let state = WriterState {
            limit: Limit::of(&connection, max_mib).unwrap(),
            signals: signals.clone(),
            checkpoints: Checkpoints::of(Some(&path)),
            log_rule: LogRule::Move,
            health: Arc::new(Health::new(Some(&path))),
            known_version: None,
            connection,
        };
        (Writer::start(state).unwrap(), signals, folder)
    }

    /// Rolls back the transaction, as SQLite does by itself when the disk is full.
    fn lose(connection: &Connection) -> Result<()> {
        connection.execute_batch("ROLLBACK").unwrap();
        Ok(())
    }

    async fn put(writer: &Writer, id: &'static str) -> Result<()> {
        writer
            .write(SpaceClass::Common, &[], move |c| {
                c.execute("INSERT INTO permission VALUES (?1, 0)", [id])
                    .map(drop)
                    .map_err(|e| error(&e))
            })
            .await
    }

    async fn count(writer: &Writer, like: &'static str) -> i64 {
        writer
            .write(SpaceClass::Common, &[], move |c| {
                c.query_row(
                    "SELECT count(*) FROM permission WHERE id LIKE ?1",
                    [like],
                    |r| r.get(0),
                )
                .map_err(|e| error(&e))
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_log_stays_short_while_jobs_keep_coming() {
        let (writer, _, folder) = writer();
        for n in 0..120 {
            let id = format!("{n} {}", "t".repeat(64 * 1024));
            let insert = writer.write(SpaceClass::Common, &[], move |c| {
                c.execute("INSERT INTO permission VALUES (?1, 0)", [&id])
                    .map(drop)
                    .map_err(|e| error(&e))
            });
            insert.await.unwrap();
        }
        let log = folder.path().join("doorsign.db-wal");
        assert!(log.metadata().unwrap().len() < 6_000_000);
    }

    #[tokio::test]
    async fn a_failed_job_rolls_back_alone() {
        let (writer, _, _folder) = writer();
        let refused = writer.write(SpaceClass::Common, &[], |c| {
            c.execute("INSERT INTO permission VALUES ('t-half', 0)", [])
                .unwrap();
            Err::<(), _>(Error::NameTaken)
        });
        let (before, refused, after) =
            tokio::join!(put(&writer, "t-before"), refused, put(&writer, "t-after"));
        assert!(before.is_ok() && after.is_ok());
        assert!(matches!(refused, Err(Error::NameTaken)));
        assert_eq!(
            count(&writer, "t-%").await,
            2,
            "only successful jobs are kept"
        );
    }

    #[tokio::test]
    async fn a_panic_reaches_its_caller_and_the_writer_continues() {
        let (writer, _, _folder) = writer();
        let writer = std::sync::Arc::new(writer);
        let panicking = {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer
                    .write(SpaceClass::Common, &[], |_| -> Result<()> {
                        panic!("inside a job")
                    })
                    .await
            })
        };
        assert!(panicking.await.unwrap_err().is_panic());
        put(&writer, "t-after").await.unwrap();
        assert_eq!(count(&writer, "t-%").await, 1);
    }

    #[tokio::test]
    async fn a_transaction_rolled_back_by_sqlite_fails_its_group_only() {
        let (writer, _, _folder) = writer();
        let lost = writer.write(SpaceClass::Common, &[], lose);
        let (before, lost) = tokio::join!(put(&writer, "t-before"), lost);
        assert!(matches!(lost, Err(Error::Unavailable { .. })));
        assert_eq!(
            before.is_ok(),
            count(&writer, "t-before").await == 1,
            "the result matches the database"
        );
        put(&writer, "t-after").await.unwrap();
        assert_eq!(count(&writer, "t-after").await, 1);
    }

    #[tokio::test]
    async fn a_rejection_does_not_outlive_the_conflicting_row() {
        let (writer, _, _folder) = writer();
        let (begun, beginning) = std::sync::mpsc::channel::<()>();
        // Keeps the group open until all jobs are queued.
        let holding = writer.write(SpaceClass::Common, &[], move |_| {
            beginning.recv().unwrap();
            Ok(())
        });
        let lost = writer.write(SpaceClass::Common, &[], lose);
        let all_queued = async { begun.send(()).unwrap() };
        let (first, second) = (put(&writer, "t-same"), put(&writer, "t-same"));
        let (_, first, second, _, ()) = tokio::join!(holding, first, second, lost, all_queued);
        let is_stored = count(&writer, "t-same").await == 1;
        assert_eq!(first.is_ok(), is_stored);
        let refused = matches!(second, Err(Error::Internal(_)));
        assert!(!refused || is_stored, "the result matches the database");
    }

    #[tokio::test]
    async fn after_a_lost_group_jobs_run_alone_until_one_succeeds() {
        let (writer, _, _folder) = writer();
        let (begun, beginning) = std::sync::mpsc::channel::<()>();
        let losing = writer.write(SpaceClass::Common, &[], move |c| {
            beginning.recv().unwrap();
            lose(c)
        });
        let lost = writer.write(SpaceClass::Common, &[], lose);
        let all_queued = async { begun.send(()).unwrap() };
        let (_, kept, lost, ()) = tokio::join!(losing, put(&writer, "t-kept"), lost, all_queued);
        assert!(lost.is_err());
        kept.unwrap();
        assert_eq!(count(&writer, "t-kept").await, 1);
    }

    /// Writes a row that is too large, so that SQLite rolls back the whole transaction.
    fn overfill(connection: &Connection) -> Result<()> {
        let row = "INSERT INTO permission VALUES (printf('t-%02000000d', 0), 0)";
        connection.execute_batch(row).map_err(|e| error(&e))
    }

    #[tokio::test]
    async fn deletions_succeed_next_to_jobs_that_find_no_space() {
        let (writer, _, _folder) = limited_writer(1);
        let (begun, beginning) = std::sync::mpsc::channel::<()>();
        let holding = writer.write(SpaceClass::Common, &[], move |_| {
            beginning.recv().unwrap();
            Ok(())
        });
        let end = |id| {
            writer.write(SpaceClass::Reserve, &[], move |c| {
                c.execute("INSERT INTO permission VALUES (?1, 0)", [id])
                    .map(drop)
                    .map_err(|e| error(&e))
            })
        };
        let all_queued = async { begun.send(()).unwrap() };
        let (first, second) = (
            writer.write(SpaceClass::Common, &[], overfill),
            writer.write(SpaceClass::Common, &[], overfill),
        );
        let (_, before, first, after, second, ()) = tokio::join!(
            holding,
            end("t-before"),
            first,
            end("t-after"),
            second,
            all_queued
        );
        assert!(matches!(first, Err(Error::Unavailable { .. })));
        assert!(matches!(second, Err(Error::Unavailable { .. })));
        assert!(before.is_ok() && after.is_ok());
        assert_eq!(count(&writer, "t-%").await, 2);
    }

    #[tokio::test]
    async fn stopping_finishes_queued_jobs_and_rejects_later_ones() {
        let (writer, _, _folder) = writer();
        let writer = std::sync::Arc::new(writer);
        let queued = put(&writer, "t-queued");
        tokio::pin!(queued);
        assert!(
            futures_util::poll!(queued.as_mut()).is_pending(),
            "queued by its first poll"
        );
        let stopping = writer.clone();
        tokio::task::spawn_blocking(move || stopping.stop())
            .await
            .unwrap();
        queued.await.unwrap();
        assert!(matches!(
            put(&writer, "t-late").await,
            Err(Error::Unavailable { .. })
        ));
    }
}
