//! Runs a command beside a server in dev mode. The command keeps standard input, output and error;
//! doorsign only adds a variable, passes signals on and takes over the exit code.

use super::output::{Outcome, refuse};
use super::signals::Signals;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use tokio::process::{Child, Command};

/// The variable that holds the URL of the server. It is not a setting.
pub(super) const URL_VARIABLE: &str = "DOORSIGN_URL";

/// Exit codes of a shell for a command that cannot be started. Source: POSIX, "Exit Status for
/// Commands".
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Runs `command`, with the server at `url`, to its end. Returns its exit code, or 128 plus the
/// number of the signal that killed it.
pub(super) async fn run(
    command: &[OsString],
    url: &str,
    mut signals: Signals,
) -> Outcome<ExitCode> {
    let (program, args) = command.split_first().ok_or("the command is missing")?;
    let spawned = Command::new(program)
        .args(args)
        .env(URL_VARIABLE, url)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let code = match error.kind() {
                ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_EXECUTABLE,
            };
            let reason = format!("cannot run {}: {error}", program.display());
            return Ok(refuse(&reason, ExitCode::from(code)));
        }
    };
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(exit_code(ended?)),
            number = signals.next_number() => pass_on(&child, number),
        }
    }
}

/// Sends a signal to the command, unless the terminal has sent it to both already. A second
/// interrupt would make many programs skip their own cleanup.
fn pass_on(child: &Child, number: i32) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let target = id.and_then(Pid::from_raw);
    let (Some(target), Some(signal)) = (target, Signal::from_named_raw(number)) else {
        return;
    };
    if [Signal::INT, Signal::QUIT].contains(&signal) && is_in_foreground() {
        return;
    }
    // Fails if the command has just ended.
    let _ = kill_process(target, signal);
}

/// Returns whether the keys of a terminal send their signals to this process and its command.
fn is_in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let signal = status.signal().map(|number| 128 + number);
    let code = status.code().or(signal).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
