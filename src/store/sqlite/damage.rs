//! Searches a database for damage within a time limit.

use super::connection::{Wait, read_only};
use super::error::is_damage;
use super::open_error::OpenError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The time limit at startup. Enough for a few hundred MiB; damage beyond is found when it is read.
const TIME_LIMIT: Duration = Duration::from_millis(250);

/// Checks the database at `path` on a connection of its own, whose memory is freed afterwards.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    let connection =
        read_only(path, Wait::Briefly).map_err(|source| OpenError::sqlite(path, &source))?;
    let damage = find(&connection).map(|damage| OpenError::Damaged(path.to_owned(), damage));
    damage.map_or(Ok(()), Err)
}

/// Returns the first damage that `connection` finds within the time limit.
fn find(connection: &Connection) -> Option<String> {
    let interrupt = connection.get_interrupt_handle();
    let (done, is_done) = channel::<()>();
    let timer = std::thread::Builder::new().name("timer".to_owned());
    let timer = timer.spawn(move || {
        if is_done.recv_timeout(TIME_LIMIT) == Err(RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    // Without a timer the check would be unbounded, so it is skipped.
    let timer = timer.ok()?;
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    drop(done);
    let _ = timer.join();
    match found {
        Ok(found) => (found != "ok").then(|| found.replace('\n', ", ")),
        Err(source) if is_damage(&source) => Some(source.to_string()),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_cannot_be_made_finds_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locked.db");
        let open = || Connection::open_with_flags(&path, Default::default()).unwrap();
        let (writer, reader) = (open(), open());
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        reader.busy_timeout(Duration::ZERO).unwrap();
        assert_eq!(find(&reader), None);
    }
}
