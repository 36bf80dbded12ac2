//! Moves the log into the database: when it is long, soon after it goes idle, and at the end. SQLite's own automatic checkpoint is
//! switched off, because the generation has to rise with every one.

use super::generation::{current, set};
use super::marker::{Expected, Generation, Marker};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Pages in the log after which they are moved: 4 MiB, as SQLite does by itself.
const LONG: i64 = 1000;
/// Jobs after which the log's length is asked for: a job adds some ten pages at most, and asking costs as much as a small read.
const JOBS_BETWEEN_CHECKS: usize = 64;

/// Moves the log of one database.
pub(super) struct Checkpoints {
    /// `None` for a database in memory, which has no log.
    marker: Option<Marker>,
    /// The log's state a tick ago.
    seen: Log,
    /// Jobs that were committed since the log's length was asked for.
    jobs: usize,
}

/// How many pages the log has, and how many of them are in the database already.
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
    /// Those of the database at `path`.
    pub(super) fn of(path: Option<&Path>) -> Self {
        Self {
            marker: path.map(Marker::beside),
            seen: Log::default(),
            jobs: 0,
        }
    }

    /// Moves a log that has become long, after `jobs` more were committed.
    pub(super) fn after_commit(&mut self, connection: &Connection, jobs: usize) {
        self.jobs += jobs;
        if self.jobs < JOBS_BETWEEN_CHECKS {
            return;
        }
        self.jobs = 0;
        if state(connection).is_ok_and(|log| log.waiting() >= LONG) {
            self.run(connection);
        }
    }

    /// Moves a log to which nothing was added since the last tick, be it by this process or by another one.
    pub(super) fn tick(&mut self, connection: &Connection) {
        let Ok(log) = state(connection) else { return };
        if log.waiting() > 0 && log == self.seen {
            self.run(connection);
        }
        self.seen = log;
    }

    /// Moves whatever is in the log, as far as no reader needs it.
    pub(super) fn run(&self, connection: &Connection) {
        let Some(marker) = &self.marker else { return };
        if state(connection).is_ok_and(|log| log.waiting() == 0) {
            return;
        }
        if let Err(error) = advance(connection, marker) {
            tracing::debug!(%error, "the log was not moved into the database, or not all of it");
        }
    }
}

/// Raises the generation, moves the log, and names the new generation in the marker once all of it is moved: only then can the log begin
/// anew. A process that ends in between leaves a file that the marker expects as the next one.
fn advance(connection: &Connection, marker: &Marker) -> rusqlite::Result<()> {
    // Where there is no room for a higher generation, the log is moved all the same, which makes room.
    let raised = raise(connection, marker);
    let log = checkpoint(connection, "PASSIVE")?;
    let generation = raised?;
    if log.waiting() == 0
        && let Err(error) = marker.write(&Expected::after(generation))
    {
        tracing::warn!(%error, "the file doorsign.db-marker cannot be written");
    }
    Ok(())
}

/// Makes the log one of the next generation, unless it is already. Gives the generation that it is of.
fn raise(connection: &Connection, marker: &Marker) -> rusqlite::Result<Generation> {
    let now = current(connection)?;
    let Some(expected) = marker.read() else {
        return Ok(now);
    };
    if expected.now.as_ref() != Some(&now) {
        return Ok(now);
    }
    // Durable first: the file may never be two generations ahead of its marker.
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
            // Another connection moves the log at this moment. The other columns then hold -1, as for an empty log.
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(busy, None));
        }
        let (pages, moved) = (row.get(1)?, row.get(2)?);
        Ok(Log { pages, moved })
    })
}

/// Moves the log without a new generation, where a failed write left no room for one.
pub(super) fn make_room(connection: &Connection) {
    let _ = checkpoint(connection, "PASSIVE");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::open_writer;
    use rusqlite::OpenFlags;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Whether another connection has begun to move the log and waits for a reader.
    static IS_WAITING: AtomicBool = AtomicBool::new(false);
    static IS_OVER: AtomicBool = AtomicBool::new(false);

    fn wait_for_the_reader(_: i32) -> bool {
        IS_WAITING.store(true, Ordering::SeqCst);
        std::thread::yield_now();
        !IS_OVER.load(Ordering::SeqCst)
    }

    fn write(connection: &Connection, id: &str) {
        let insert = "INSERT INTO permission VALUES (?1, 0)";
        connection.execute(insert, [id]).unwrap();
    }

    #[test]
    fn the_marker_stays_while_another_connection_moves_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorsign.db");
        let writer = open_writer(&path, super::super::Schema::Settle)
            .unwrap()
            .connection;
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
        // Raises the generation, and cannot move all of the log because of the reader.
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
            assert_eq!(after, before, "the log is not in the database yet");
        });
    }
}
