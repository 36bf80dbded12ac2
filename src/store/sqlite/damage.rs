//! Looks for damage in a database, for a bounded time.

use rusqlite::Connection;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long a start looks at most. That is enough for some hundred MiB; what lies beyond is noticed when it is read.
const TIME: Duration = Duration::from_millis(250);

/// The first damage that `connection` finds in time.
pub(super) fn find(connection: &Connection) -> Option<String> {
    let interrupt = connection.get_interrupt_handle();
    let (done, is_done) = channel::<()>();
    let timer = std::thread::Builder::new().name("timer".to_owned());
    let timer = timer.spawn(move || {
        if is_done.recv_timeout(TIME) == Err(RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    // Without a timer there is no bound, and the look is left out.
    let timer = timer.ok()?;
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    drop(done);
    let _ = timer.join();
    match found {
        Ok(found) => (found != "ok").then(|| found.replace('\n', ", ")),
        Err(source) if super::is_damage(&source) => Some(source.to_string()),
        Err(_) => None,
    }
}
