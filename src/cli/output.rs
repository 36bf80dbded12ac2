//! The results of commands, and how they are printed.

use crate::domain::Timestamp;
use std::error::Error;
use std::io::Write;

/// The result of a command; an error is one line that says why it failed.
pub(super) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Formats an instant, to the second.
pub(super) fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| "never".to_owned(), |at| format!("{at:.0}"))
}

/// Writes to standard output. A closed pipe is not an error.
pub(super) fn print(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {e}").into())
        }
        _ => Ok(()),
    }
}
