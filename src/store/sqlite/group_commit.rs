//! Group commit: waiting jobs share one transaction, limited in number and time. No timer delays a
//! single request.
//!
//! Each job runs in its own savepoint, so that a failed one rolls back alone. If the file size is
//! limited, all jobs of a group have the same space class. Otherwise a job that finds no space would
//! also fail jobs that may use the reserve.

use super::checkpoint::{self, Checkpoints, LogRule};
use super::connection::Wait;
use super::error::is_damage;
use super::health::Health;
use super::job::{Failure, Job};
use super::queue::{JobQueue, QUEUE, Task};
use super::space::Limit;
use super::sql::newest;
use crate::domain::{EventId, Fault};
use crate::store::sql::{ChangeSignals, EVERYTHING, SpaceClass};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Maximum number of jobs per transaction, so that the first job of a group does not wait for too
/// many others.
const GROUP_JOBS: usize = 256;
/// Maximum time during which a group accepts further jobs.
const GROUP_SPAN: Duration = Duration::from_millis(10);

/// The state of the writer thread.
pub(super) struct WriterState {
    pub(super) connection: Connection,
    /// The size limit of the file, if any.
    pub(super) limit: Option<Limit>,
    /// Raised after every commit, before the callers get their results.
    pub(super) signals: ChangeSignals,
    pub(super) checkpoints: Checkpoints,
    pub(super) log_rule: LogRule,
    pub(super) health: Arc<Health>,
    /// The [`data_version`] up to which commits of other processes are announced.
    pub(super) known_version: Option<i64>,
}

impl WriterState {
    /// Returns whether the log may be moved into the database. The log of a database that can no
    /// longer be trusted may be needed for recovery.
    fn may_move_log(&self) -> bool {
        self.log_rule == LogRule::Move && self.health.fault().is_none()
    }
}

/// Runs the writer thread: processes `queue` until it is stopped.
pub(super) fn run(mut state: WriterState, mut queue: JobQueue) {
    let mut most = GROUP_JOBS;
    while let Some(task) = queue.next() {
        match task {
            Task::Work(first) => most = work(&mut state, first, &mut queue, most),
            Task::Tick => tick(&mut state),
            Task::Checkpoint(done) => {
                if state.may_move_log() {
                    state.checkpoints.run(&state.connection);
                }
                let _ = done.send(());
            }
        }
    }
    // The callers have their results. If another process writes now, it moves the log later.
    let _ = Wait::Briefly.set(&mut state.connection);
    // Jobs queued after the stop are dropped, and their callers get "unavailable". The log is moved
    // as far as possible: another process may be using the database.
    if state.may_move_log() {
        state.checkpoints.run(&state.connection);
    } else {
        // Otherwise SQLite moves the log when a reader closes the last connection.
        std::mem::forget(state.connection);
    }
}

/// Runs the waiting jobs as one group of at most `most` jobs. Returns the maximum size of the next
/// group.
fn work(state: &mut WriterState, first: Box<dyn Job>, queue: &mut JobQueue, most: usize) -> usize {
    let mut group = Group {
        jobs: Vec::with_capacity(16),
        most,
        limit: state.limit.as_ref(),
        health: &state.health,
    };
    let result = commit_group(&state.connection, first, queue, &mut group);
    let jobs = group.jobs;
    match &result {
        Ok(commit) if state.known_version == Some(commit.data_version) => {
            let touched = jobs.iter().flat_map(|job| job.signals());
            state.signals.raise(commit.newest, touched);
        }
        Ok(commit) => {
            // Another process has written, and its events are now included in the position. Its
            // changes are unknown, so every signal is raised.
            state.known_version = Some(commit.data_version);
            state.signals.raise(commit.newest, EVERYTHING.iter());
        }
        Err(failure) => roll_back(state, failure),
    }
    let count = jobs.len();
    for job in jobs {
        job.answer(result.as_ref().err());
    }
    if state.may_move_log() {
        state.checkpoints.after_commit(&state.connection, count);
    }
    // When space is short, a job that finds none fails its whole group. On their own, the other
    // jobs succeed.
    if result.is_ok() { GROUP_JOBS } else { 1 }
}

fn tick(state: &mut WriterState) {
    state.health.check_files();
    if state.may_move_log() {
        state.checkpoints.tick(&state.connection);
    }
}

/// The state of the database when a group was committed.
struct Commit {
    newest: EventId,
    /// Changes only when another connection has written:
    /// <https://sqlite.org/pragma.html#pragma_data_version>. The only other writing connections
    /// belong to other processes.
    data_version: i64,
}

/// Jobs that share a transaction.
struct Group<'a> {
    jobs: Vec<Box<dyn Job>>,
    /// Maximum number of jobs.
    most: usize,
    limit: Option<&'a Limit>,
    health: &'a Health,
}

impl Group<'_> {
    /// Fails if the database can no longer be trusted.
    fn check(&self) -> Result<(), Failure> {
        self.health
            .fault()
            .map_or(Ok(()), |fault| Err(Failure::Broken(fault)))
    }
}

/// Runs `first` and further waiting jobs in one transaction, and commits it. Every job taken from
/// the queue ends up in `group`, even on failure.
fn commit_group(
    connection: &Connection,
    first: Box<dyn Job>,
    queue: &mut JobQueue,
    group: &mut Group<'_>,
) -> Result<Commit, Failure> {
    let space = first.space();
    let opened = group
        .check()
        .and_then(|()| Ok(begin(connection, group.limit, space)?));
    let mut next = Some(first);
    // The time starts here because beginning the transaction may take long. If it fails, all jobs
    // that waited meanwhile fail at once, instead of each waiting as long again.
    let began = Instant::now();
    let (most, mixed) = match opened {
        Ok(()) => (group.most, group.limit.is_none()),
        Err(_) => (QUEUE, true),
    };
    while let Some(job) = next.take() {
        let is_first = group.jobs.is_empty();
        group.jobs.push(job);
        match group.jobs.last_mut() {
            Some(job) if opened.is_ok() && is_first => run_first(connection, job.as_mut())?,
            Some(job) if opened.is_ok() => run_in_savepoint(connection, job.as_mut())?,
            _ => {}
        }
        if group.jobs.len() < most && began.elapsed() < GROUP_SPAN {
            next = queue.next_if(|job| mixed || job.space() == space);
        }
    }
    opened?;
    if group.jobs.iter().any(|job| job.met_damage()) {
        group.health.report_damaged_page();
    }
    group.check()?;
    let commit = Commit {
        newest: newest(connection)?,
        data_version: data_version(connection)?,
    };
    execute(connection, "COMMIT")?;
    // Before the callers get their results: a commit to a removed file is lost.
    group.health.check_files_in_turn();
    group.check()?;
    Ok(commit)
}

/// Reads SQLite's data version, which changes only when another connection has written; see
/// [`Commit`].
pub(super) fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn begin(
    connection: &Connection,
    limit: Option<&Limit>,
    space: SpaceClass,
) -> rusqlite::Result<()> {
    execute(connection, "BEGIN IMMEDIATE")?;
    limit.map_or(Ok(()), |limit| limit.allow(connection, space))
}

/// Runs the first job without a savepoint: the start of the transaction serves as one. A single
/// request therefore pays for no savepoint.
fn run_first(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    if !run_job(connection, job)? {
        execute(connection, "ROLLBACK")?;
        execute(connection, "BEGIN IMMEDIATE")?;
    }
    Ok(())
}

/// Rolls back a failed transaction and frees space. The log may be what fills the disk; once its
/// pages are in the database, the next transaction overwrites it from the start.
fn roll_back(state: &WriterState, failure: &Failure) {
    // Fails where SQLite has rolled back by itself.
    let _ = state.connection.execute_batch("ROLLBACK");
    if let Failure::Sqlite(source) = failure
        && is_damage(source)
    {
        state.health.report(Fault::Damaged, &source.to_string());
    }
    if state.may_move_log() {
        checkpoint::free_space(&state.connection);
    }
}

fn run_in_savepoint(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    execute(connection, "SAVEPOINT job")?;
    if !run_job(connection, job)? {
        execute(connection, "ROLLBACK TO job")?;
    }
    execute(connection, "RELEASE job")
}

/// Runs a job. Returns whether its writes are kept.
fn run_job(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<bool> {
    let keep = job.run(connection);
    if connection.is_autocommit() {
        // SQLite rolled back the whole transaction, as it may when the disk is full. The writes of
        // earlier jobs are lost with it.
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        return Err(rusqlite::Error::SqliteFailure(full, None));
    }
    Ok(keep)
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
