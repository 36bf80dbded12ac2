//! The results of commands, and how they are printed.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

/// The result of a command; an error is one line that says why it failed.
pub(super) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

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

/// Prints why a command failed, and returns `code`.
pub(super) fn refuse(reason: &str, code: ExitCode) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "doorsign: {reason}");
    code
}
