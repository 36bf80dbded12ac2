//! The one writer: a thread that owns the only writing connection and lets many requests share one durable commit.
//!
//! Whatever waits becomes one transaction, bounded in number and time; there is no timer that would make a lone request wait. Each job
//! runs in a savepoint of its own, so that one refusal rolls back alone. Nobody is answered before the commit has been synced.
//! A panic inside a job is handed back to the caller it came from. Knows nothing of what the jobs do.

use super::marks::Marks;
use super::{error, outbox};
use crate::domain::{Error, EventId, Result};
use rusqlite::Connection;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Jobs in one transaction at most, so that the first in a group does not wait for a crowd.
const GROUP_JOBS: usize = 256;
/// How long a group takes in further jobs at most.
const GROUP_SPAN: Duration = Duration::from_millis(10);
/// Jobs that may wait; a further one is told that the store is unavailable.
const QUEUE: usize = 4096;

type Outcome<T> = std::result::Result<Result<T>, Box<dyn Any + Send>>;

pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Work(Box<dyn Job>),
    Stop,
}

impl Writer {
    /// Starts the thread. `marks` are raised after every commit, before its callers are answered.
    pub(super) fn start(connection: Connection, marks: Marks) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(&connection, queue, &marks))?;
        Ok(Self {
            jobs,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs `work` in the writer's current group and answers once it is durable. Dropping this future leaves the work in the group.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.queue(work, Touches::Rows).await
    }

    /// As [`write`](Self::write), for work that changes who may do what.
    pub(super) async fn write_access<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.queue(work, Touches::Access).await
    }

    async fn queue<T, F>(&self, work: F, touches: Touches) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let job = Box::new(Write {
            work: Some(work),
            touches,
            outcome: None,
            reply,
        });
        self.jobs
            .try_send(Message::Work(job))
            .map_err(|_| Error::UNAVAILABLE)?;
        match outcome.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(Error::UNAVAILABLE),
        }
    }

    /// Finishes what is queued and ends the thread. Later writes are unavailable.
    pub(super) fn stop(&self) {
        // A full queue delays the message, not the stop: this is called from a blocking thread.
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

/// A unit of work, with its result type hidden from the thread.
trait Job: Send {
    /// Does the work; `false` when its savepoint must be rolled back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Whether it changes who may do what.
    fn changes_access(&self) -> bool;
    /// Answers the caller: with the work's own result, or with `failure` when the group did not commit.
    fn answer(self: Box<Self>, failure: Option<&rusqlite::Error>);
}

/// What a job changes.
#[derive(PartialEq, Eq)]
enum Touches {
    Rows,
    Access,
}

struct Write<T, F> {
    work: Option<F>,
    touches: Touches,
    outcome: Option<Outcome<T>>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T> + Send> Job for Write<T, F> {
    fn run(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn changes_access(&self) -> bool {
        self.touches == Touches::Access
    }

    fn answer(self: Box<Self>, failure: Option<&rusqlite::Error>) {
        let outcome = match (self.outcome, failure) {
            (Some(outcome @ Err(_)), _) | (Some(outcome), None) => outcome,
            // A refusal does not stand either: the row that was in its way may be gone with the group.
            (_, Some(failure)) => Ok(Err(error(failure))),
            (None, None) => Ok(Err(Error::UNAVAILABLE)),
        };
        let _ = self.reply.send(outcome);
    }
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Message>, marks: &Marks) {
    let (mut stop, mut most) = (false, GROUP_JOBS);
    while !stop && let Some(Message::Work(first)) = queue.blocking_recv() {
        let mut group = Group {
            jobs: Vec::with_capacity(16),
            most,
            stop: false,
        };
        let result = commit_group(connection, first, &mut queue, &mut group);
        if let Ok(newest) = result {
            marks.raise(newest, group.jobs.iter().any(|job| job.changes_access()));
        } else {
            give_up(connection);
        }
        for job in group.jobs {
            job.answer(result.as_ref().err());
        }
        stop = group.stop;
        // Where there is no room, a job that needs some takes its whole group with it. Alone, the others get through.
        most = if result.is_ok() { GROUP_JOBS } else { 1 };
    }
    // Whatever came after the stop is dropped, which answers "unavailable". What the log holds is moved into the
    // database as far as nobody else stands in the way: another process may be at work on it.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
}

/// Jobs that share a transaction.
struct Group {
    jobs: Vec<Box<dyn Job>>,
    /// How many it takes in.
    most: usize,
    /// Whether it is the last.
    stop: bool,
}

/// Runs `first` and whatever else waits in one transaction, and commits it. Every job that was taken is in `group`, whatever happens.
fn commit_group(
    connection: &Connection,
    first: Box<dyn Job>,
    queue: &mut mpsc::Receiver<Message>,
    group: &mut Group,
) -> rusqlite::Result<EventId> {
    let mut next = Some(first);
    let opened = step(connection, "BEGIN IMMEDIATE");
    // Only now: to begin may take long, and all who wait meanwhile are to hear of it at once, not each after as long a wait.
    let began = Instant::now();
    let most = if opened.is_ok() { group.most } else { QUEUE };
    while let Some(job) = next.take() {
        let is_first = group.jobs.is_empty();
        group.jobs.push(job);
        match group.jobs.last_mut() {
            Some(job) if opened.is_ok() && is_first => run_first(connection, job.as_mut())?,
            Some(job) if opened.is_ok() => run_in_savepoint(connection, job.as_mut())?,
            _ => {}
        }
        if group.jobs.len() < most && began.elapsed() < GROUP_SPAN {
            next = match queue.try_recv() {
                Ok(Message::Work(job)) => Some(job),
                Ok(Message::Stop) => {
                    group.stop = true;
                    None
                }
                Err(_) => None,
            };
        }
    }
    opened?;
    let newest = outbox::newest(connection)?;
    step(connection, "COMMIT")?;
    Ok(newest)
}

/// The transaction's beginning is the first job's savepoint, so that a request that comes alone pays for none.
fn run_first(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    if !run_job(connection, job)? {
        step(connection, "ROLLBACK")?;
        step(connection, "BEGIN IMMEDIATE")?;
    }
    Ok(())
}

/// Ends a transaction that failed, and makes room: the log may be what fills the disk, and once its pages are in the database the next
/// transaction writes it from the start.
fn give_up(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
}

fn run_in_savepoint(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    step(connection, "SAVEPOINT job")?;
    if !run_job(connection, job)? {
        step(connection, "ROLLBACK TO job")?;
    }
    step(connection, "RELEASE job")
}

/// Whether what the job wrote is to be kept.
fn run_job(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<bool> {
    let keep = job.run(connection);
    if connection.is_autocommit() {
        // SQLite gave up the whole transaction, as it may when the disk is full: the jobs before this one are lost with it.
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        return Err(rusqlite::Error::SqliteFailure(full, None));
    }
    Ok(keep)
}

fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (Writer, Marks, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let connection = super::super::open_writer(&folder.path().join("doorsign.db"), 0).unwrap();
        let marks = Marks::new(EventId::default());
        (
            Writer::start(connection, marks.clone()).unwrap(),
            marks,
            folder,
        )
    }

    /// What SQLite does by itself when the disk is full.
    fn lose(connection: &Connection) -> Result<()> {
        connection.execute_batch("ROLLBACK").unwrap();
        Ok(())
    }

    async fn put(writer: &Writer, id: &'static str) -> Result<()> {
        writer
            .write(move |c| {
                c.execute("INSERT INTO permission VALUES (?1, 0)", [id])
                    .map(drop)
                    .map_err(|e| error(&e))
            })
            .await
    }

    async fn count(writer: &Writer, like: &'static str) -> i64 {
        writer
            .write(move |c| {
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
    async fn a_refusal_in_a_group_rolls_back_alone() {
        let (writer, _, _folder) = writer();
        let refused = writer.write(|c| {
            c.execute("INSERT INTO permission VALUES ('t-half', 0)", [])
                .unwrap();
            Err::<(), _>(Error::NameTaken)
        });
        let (before, refused, after) =
            tokio::join!(put(&writer, "t-before"), refused, put(&writer, "t-after"));
        assert!(before.is_ok() && after.is_ok());
        assert!(matches!(refused, Err(Error::NameTaken)));
        assert_eq!(count(&writer, "t-%").await, 2, "only what succeeded stays");
    }

    #[tokio::test]
    async fn a_panic_reaches_its_caller_and_leaves_the_writer_working() {
        let (writer, _, _folder) = writer();
        let writer = std::sync::Arc::new(writer);
        let panicking = {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer
                    .write(|_| -> Result<()> { panic!("inside a job") })
                    .await
            })
        };
        assert!(panicking.await.unwrap_err().is_panic());
        put(&writer, "t-after").await.unwrap();
        assert_eq!(count(&writer, "t-%").await, 1);
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_gave_up_fails_its_whole_group_and_the_next_one_works() {
        let (writer, _, _folder) = writer();
        let lost = writer.write(lose);
        let (before, lost) = tokio::join!(put(&writer, "t-before"), lost);
        assert!(matches!(lost, Err(Error::Unavailable { .. })));
        assert_eq!(
            before.is_ok(),
            count(&writer, "t-before").await == 1,
            "an answer is true"
        );
        put(&writer, "t-after").await.unwrap();
        assert_eq!(count(&writer, "t-after").await, 1);
    }

    #[tokio::test]
    async fn a_refusal_does_not_outlive_the_row_that_it_was_about() {
        let (writer, _, _folder) = writer();
        let (begun, beginning) = std::sync::mpsc::channel::<()>();
        // Holds the group open until all of it is queued.
        let holding = writer.write(move |_| {
            beginning.recv().unwrap();
            Ok(())
        });
        let lost = writer.write(lose);
        let all_queued = async { begun.send(()).unwrap() };
        let (first, second) = (put(&writer, "t-same"), put(&writer, "t-same"));
        let (_, first, second, _, ()) = tokio::join!(holding, first, second, lost, all_queued);
        let in_the_way = count(&writer, "t-same").await == 1;
        assert_eq!(first.is_ok(), in_the_way);
        let refused = matches!(second, Err(Error::Internal(_)));
        assert!(!refused || in_the_way, "an answer is true");
    }

    #[tokio::test]
    async fn after_a_group_was_lost_jobs_run_alone_until_one_gets_through() {
        let (writer, _, _folder) = writer();
        let (begun, beginning) = std::sync::mpsc::channel::<()>();
        let losing = writer.write(move |c| {
            beginning.recv().unwrap();
            lose(c)
        });
        let lost = writer.write(lose);
        let all_queued = async { begun.send(()).unwrap() };
        let (_, kept, lost, ()) = tokio::join!(losing, put(&writer, "t-kept"), lost, all_queued);
        assert!(lost.is_err());
        kept.unwrap();
        assert_eq!(count(&writer, "t-kept").await, 1);
    }

    #[tokio::test]
    async fn stopping_finishes_what_is_queued_and_refuses_what_comes_later() {
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
