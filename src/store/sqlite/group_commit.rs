//! Group commit: whatever waits becomes one transaction, bounded in number and time; there is no timer that would make a lone request
//! wait. Each job runs in a savepoint of its own, so that one refusal rolls back alone. Where the file is limited, all jobs of a group have
//! the same room, so that one for which there is none does not take those with it that have the reserve. Knows nothing of what the jobs do.

use super::change_signals::{ChangeSignals, EVERYTHING};
use super::checkpoint::{self, Checkpoints};
use super::health::Health;
use super::is_damage;
use super::job::{Failure, Job};
use super::outbox;
use super::queue::{Turn, Waiting};
use super::space::{Limit, SpaceClass};
use super::writer::QUEUE;
use crate::domain::{EventId, Fault};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Jobs in one transaction at most, so that the first in a group does not wait for a crowd.
const GROUP_JOBS: usize = 256;
/// How long a group takes in further jobs at most.
const GROUP_SPAN: Duration = Duration::from_millis(10);

/// What the writer's thread works with.
pub(super) struct Tools {
    pub(super) connection: Connection,
    /// The size limit of the file, if there is one.
    pub(super) limit: Option<Limit>,
    /// Raised after every commit, before its callers are answered.
    pub(super) marks: ChangeSignals,
    pub(super) checkpoints: Checkpoints,
    pub(super) health: Arc<Health>,
    /// The [`data_version`] up to which commits of other processes are announced.
    pub(super) known_version: Option<i64>,
}

/// The writer's thread: does what is `waiting` until it is told to stop.
pub(super) fn run(mut tools: Tools, mut waiting: Waiting) {
    let mut most = GROUP_JOBS;
    while let Some(turn) = waiting.next() {
        match turn {
            Turn::Work(first) => most = work(&mut tools, first, &mut waiting, most),
            Turn::Tick => tick(&mut tools),
            Turn::Checkpoint(done) => {
                tidy(&tools, Checkpoints::run);
                let _ = done.send(());
            }
        }
    }
    // Whatever came after the stop is dropped, which answers "unavailable". What the log holds is moved into the
    // database as far as nobody else stands in the way: another process may be at work on it.
    tidy(&tools, Checkpoints::run);
}

/// Does what waits as one group of at most `most` jobs. Gives how many the next group may have.
fn work(tools: &mut Tools, first: Box<dyn Job>, waiting: &mut Waiting, most: usize) -> usize {
    let mut group = Group {
        jobs: Vec::with_capacity(16),
        most,
        limit: tools.limit.as_ref(),
        health: &tools.health,
    };
    let result = commit_group(&tools.connection, first, waiting, &mut group);
    let jobs = group.jobs;
    match &result {
        Ok(commit) if tools.known_version == Some(commit.data_version) => {
            let touched = jobs.iter().flat_map(|job| job.signals());
            tools.marks.raise(commit.newest, touched);
        }
        Ok(commit) => {
            // Another process has written what it signals itself, and its events are part of the mark now.
            tools.known_version = Some(commit.data_version);
            tools.marks.raise(commit.newest, EVERYTHING.iter());
        }
        Err(failure) => give_up(tools, failure),
    }
    let count = jobs.len();
    for job in jobs {
        job.answer(result.as_ref().err());
    }
    if tools.health.fault().is_none() {
        tools.checkpoints.after_commit(&tools.connection, count);
    }
    // Where there is no room, a job that needs some takes its whole group with it. Alone, the others get through.
    if result.is_ok() { GROUP_JOBS } else { 1 }
}

fn tick(tools: &mut Tools) {
    tools.health.check_files();
    if tools.health.fault().is_none() {
        tools.checkpoints.tick(&tools.connection);
    }
}

/// Moves nothing into a database that cannot be trusted: the log may be what it can be recovered from.
fn tidy(tools: &Tools, how: impl Fn(&Checkpoints, &Connection)) {
    if tools.health.fault().is_none() {
        how(&tools.checkpoints, &tools.connection);
    }
}

/// What the database was like when a group was committed.
struct Commit {
    newest: EventId,
    /// Changes only when another connection has written: <https://sqlite.org/pragma.html#pragma_data_version>. The only
    /// other connections that write belong to other processes.
    data_version: i64,
}

/// Jobs that share a transaction.
struct Group<'a> {
    jobs: Vec<Box<dyn Job>>,
    /// How many it takes in.
    most: usize,
    limit: Option<&'a Limit>,
    health: &'a Health,
}

impl Group<'_> {
    /// Refuses to go on with a database that cannot be trusted any more.
    fn check(&self) -> Result<(), Failure> {
        self.health
            .fault()
            .map_or(Ok(()), |fault| Err(Failure::Broken(fault)))
    }
}

/// Runs `first` and whatever else waits in one transaction, and commits it. Every job that was taken is in `group`, whatever happens.
fn commit_group(
    connection: &Connection,
    first: Box<dyn Job>,
    waiting: &mut Waiting,
    group: &mut Group<'_>,
) -> Result<Commit, Failure> {
    let room = first.room();
    let opened = group
        .check()
        .and_then(|()| Ok(begin(connection, group.limit, room)?));
    let mut next = Some(first);
    // Only now: to begin may take long, and all who wait meanwhile are to hear of it at once, not each after as long a wait.
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
            next = waiting.next_if(|job| mixed || job.room() == room);
        }
    }
    opened?;
    if group.jobs.iter().any(|job| job.met_damage()) {
        let detail = "SQLite met a damaged page";
        group.health.report(Fault::Damaged, detail);
    }
    group.check()?;
    let commit = Commit {
        newest: outbox::newest(connection)?,
        data_version: data_version(connection)?,
    };
    step(connection, "COMMIT")?;
    // Before the callers are answered: a file that was removed takes the commit with it.
    group.health.check_files_in_turn();
    group.check()?;
    Ok(commit)
}

/// Changes only when another connection has written, see [`Commit`].
pub(super) fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn begin(connection: &Connection, limit: Option<&Limit>, room: SpaceClass) -> rusqlite::Result<()> {
    step(connection, "BEGIN IMMEDIATE")?;
    limit.map_or(Ok(()), |limit| limit.allow(connection, room))
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
fn give_up(tools: &Tools, failure: &Failure) {
    if !tools.connection.is_autocommit() {
        let _ = tools.connection.execute_batch("ROLLBACK");
    }
    if let Failure::Sqlite(source) = failure
        && is_damage(source)
    {
        tools.health.report(Fault::Damaged, &source.to_string());
    }
    tidy(tools, |_, connection| checkpoint::make_room(connection));
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
