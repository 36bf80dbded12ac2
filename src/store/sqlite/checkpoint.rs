//! Checkpoints, which move the write-ahead log into the database: when the log is long, soon after
//! it becomes idle, and at shutdown. SQLite's automatic checkpoints are off, because each
//! checkpoint must raise the generation.

use super::generation::{current, set};
use super::generation_marker::{Expected, Generation, Marker};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Log length in pages that triggers a checkpoint: 4 MiB, SQLite's own default.
const LONG_LOG_PAGES: i64 = 1000;
/// Number of jobs between checks of the log length. A job adds about ten pages at most, and a check
/// costs as much as a small read.
const JOBS_BETWEEN_CHECKS: usize = 64;

/// Whether this process moves the log into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogRule {
    Move,
    /// The log belongs to a running server, or was left by one that stopped uncleanly. In the second
    /// case the next start checks the file for damage, because it finds the log.
    Leave,
}

impl LogRule {
    /// The rule for a process that does not hold the data folder's lock.
    pub(super) fn for_command(found_log: bool) -> Self {
        if found_log { Self::Leave } else { Self::Move }
    }
}

/// The checkpoints of one database.
pub(super) struct Checkpoints {
    /// `None` for an in-memory database, which has no log.
    marker: Option<Marker>,
    /// The state of the log at the last tick.
    last_tick: Log,
    /// Jobs committed since the log length was last checked.
    jobs: usize,
}

/// The number of pages in the log, and how many of them are already in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Log {
    pages: i64,
    moved: i64,
}

impl Log {
    fn waiting(self) -> i64 {
        self.pages - self.moved
    }
}

impl Checkpoints {
    /// Creates the checkpoints of the database at `path`.
    pub(super) fn of(path: Option<&Path>) -> Self {
        Self {
            marker: path.map(Marker::beside),
            last_tick: Log::default(),
            jobs: 0,
        }
    }

    /// Counts `jobs` committed jobs, and runs a checkpoint if the log has become long.
    pub(super) fn after_commit(&mut self, connection: &Connection, jobs: usize) {
        self.jobs += jobs;
        if self.jobs < JOBS_BETWEEN_CHECKS {
            return;
        }
        self.jobs = 0;
        if state(connection).is_ok_and(|log| log.waiting() >= LONG_LOG_PAGES) {
            self.run(connection);
        }
    }

    /// Runs a checkpoint if no process has added to the log since the last tick.
    pub(super) fn tick(&mut self, connection: &Connection) {
        let Ok(log) = state(connection) else { return };
        if log.waiting() > 0 && log == self.last_tick {
            self.run(connection);
        }
        self.last_tick = log;
    }

    /// Moves the log into the database, except pages that a reader still needs.
    pub(super) fn run(&self, connection: &Connection) {
        let Some(marker) = &self.marker else { return };
        if state(connection).is_ok_and(|log| log.waiting() == 0) {
            return;
        }
        if let Err(error) = advance(connection, marker) {
            tracing::debug!(%error, "the log was not fully moved into the database");
        }
    }
}

/// Raises the generation, moves the log, and writes the new generation to the marker once all of
/// the log is moved. Only then can the log restart. If the process ends in between, the file is of
/// the next generation that the marker expects.
fn advance(connection: &Connection, marker: &Marker) -> rusqlite::Result<()> {
    // Without space for a higher generation, the log is moved anyway, which frees space.
    let raised = raise(connection, marker);
    let log = checkpoint(connection, "PASSIVE")?;
    let generation = raised?;
    if log.waiting() == 0
        && let Err(error) = marker.write(&Expected::after(generation))
    {
        tracing::warn!(%error, "cannot write the file doorsign.db-marker");
    }
    Ok(())
}

/// Raises the generation of the log unless it is already raised. Returns the generation of the log.
fn raise(connection: &Connection, marker: &Marker) -> rusqlite::Result<Generation> {
    let now = current(connection)?;
    let Some(expected) = marker.read() else {
        return Ok(now);
    };
    if expected.now.as_ref() != Some(&now) {
        return Ok(now);
    }
    // Sync first: the file must never be two generations ahead of its marker.
    let _ = marker.sync();
    let behavior = TransactionBehavior::Immediate;
    let raising = rusqlite::Transaction::new_unchecked(connection, behavior)?;
    set(&raising, &expected.next)?;
    raising.commit()?;
    Ok(expected.next)
}

fn state(connection: &Connection) -> rusqlite::Result<Log> {
    checkpoint(connection, "NOOP")
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    statement.query_row([], |row| {
        if row.get(0)? {
            // Another connection is running a checkpoint. The other columns are -1, as for an empty
            // log.
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(busy, None));
        }
        let (pages, moved) = (row.get(1)?, row.get(2)?);
        Ok(Log { pages, moved })
    })
}

/// Moves the log without a new generation, when a failed write left no space for one.
pub(super) fn free_space(connection: &Connection) {
    let _ = checkpoint(connection, "PASSIVE");
}

#[cfg(test)]
mod tests {
    use super::super::connection::Wait;
    use super::super::open::{Schema, open_writer};
    use super::*;
    use rusqlite::OpenFlags;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Whether the other connection has started its checkpoint and waits for a reader.
    static IS_WAITING: AtomicBool = AtomicBool::new(false);
    static IS_OVER: AtomicBool = AtomicBool::new(false);

    fn wait_for_the_reader(_: i32) -> bool {
        IS_WAITING.store(true, Ordering::SeqCst);
        std::thread::yield_now();
        !IS_OVER.load(Ordering::SeqCst)
    }

    fn database() -> (tempfile::TempDir, std::path::PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let writer = open_writer(&path, Schema::Migrate, Wait::Briefly).unwrap();
        (folder, path, writer.connection)
    }

    fn write(connection: &Connection, id: &str) {
        let insert = "INSERT INTO permission VALUES (?1, 0)";
        connection.execute(insert, [id]).unwrap();
    }

    fn waiting(connection: &Connection) -> i64 {
        state(connection).unwrap().waiting()
    }

    #[test]
    fn a_long_log_is_moved_while_the_server_is_busy() {
        let (_folder, path, writer) = database();
        let mut checkpoints = Checkpoints::of(Some(&path));
        write(&writer, "t-short");
        checkpoints.after_commit(&writer, JOBS_BETWEEN_CHECKS);
        assert!(waiting(&writer) > 0);
        write(&writer, &"t".repeat(1000 * 4096));
        checkpoints.after_commit(&writer, JOBS_BETWEEN_CHECKS - 1);
        assert!(waiting(&writer) > LONG_LOG_PAGES);
        checkpoints.after_commit(&writer, 1);
        assert_eq!(waiting(&writer), 0);
    }

    #[test]
    fn an_idle_log_is_moved_once() {
        let (_folder, path, writer) = database();
        let mut checkpoints = Checkpoints::of(Some(&path));
        for id in ["t-one", "t-two"] {
            write(&writer, id);
            checkpoints.tick(&writer);
            assert!(waiting(&writer) > 0, "not idle since {id}");
        }
        checkpoints.tick(&writer);
        assert_eq!(waiting(&writer), 0);
        let moved = current(&writer).unwrap();
        checkpoints.run(&writer);
        assert_eq!(current(&writer).unwrap(), moved);
    }

    #[test]
    fn the_marker_is_unchanged_during_a_checkpoint_by_another_connection() {
        let (_folder, path, writer) = database();
        let connect = || Connection::open_with_flags(&path, OpenFlags::default()).unwrap();
        let (reader, mut other) = (connect(), connect());
        let (checkpoints, marker) = (Checkpoints::of(Some(&path)), Marker::beside(&path));
        checkpoints.run(&writer);
        write(&writer, "t-before");
        reader.execute_batch("BEGIN").unwrap();
        reader
            .query_row("SELECT count(*) FROM permission", [], |_| Ok(()))
            .unwrap();
        write(&writer, "t-after");
        // Raises the generation, but the reader prevents moving the whole log.
        checkpoints.run(&writer);
        let before = marker.read().unwrap();
        assert_eq!(current(&writer).unwrap(), before.next);
        std::thread::scope(|threads| {
            threads.spawn(move || {
                other.busy_handler(Some(wait_for_the_reader)).unwrap();
                let _ = checkpoint(&other, "RESTART");
            });
            while !IS_WAITING.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            checkpoints.run(&writer);
            let after = marker.read().unwrap();
            IS_OVER.store(true, Ordering::SeqCst);
            assert_eq!(after, before, "the checkpoint is not complete yet");
        });
    }
}
