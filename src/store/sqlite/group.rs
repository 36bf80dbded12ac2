//! Group commit: whatever waits becomes one transaction, bounded in number and time; there is no timer that would make a lone request
//! wait. Each job runs in a savepoint of its own, so that one refusal rolls back alone. Knows nothing of what the jobs do.

use super::job::Job;
use super::marks::Marks;
use super::outbox;
use super::writer::{Message, QUEUE};
use crate::domain::EventId;
use rusqlite::Connection;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Jobs in one transaction at most, so that the first in a group does not wait for a crowd.
const GROUP_JOBS: usize = 256;
/// How long a group takes in further jobs at most.
const GROUP_SPAN: Duration = Duration::from_millis(10);

/// The writer's thread: takes jobs from `queue` until it is told to stop, and raises `marks` after every commit, before its callers are
/// answered.
pub(super) fn run(connection: &Connection, mut queue: mpsc::Receiver<Message>, marks: &Marks) {
    let (mut stop, mut most) = (false, GROUP_JOBS);
    while !stop && let Some(Message::Work(first)) = queue.blocking_recv() {
        let mut group = Group {
            jobs: Vec::with_capacity(16),
            most,
            stop: false,
        };
        let result = commit_group(connection, first, &mut queue, &mut group);
        if let Ok(newest) = result {
            marks.raise(newest, group.jobs.iter().flat_map(|job| job.touches()));
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
