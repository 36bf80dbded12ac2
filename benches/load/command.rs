//! What the programs have in common: parsing the command line, running and exiting.

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};
use std::io::Write;
use std::process::ExitCode;

/// Parses the command line.
///
/// # Errors
/// An error of clap or `parse`, or the requested help. Without arguments the help counts as
/// requested, because cargo runs every bench that way.
pub fn read<T>(
    mut command: Command,
    arguments: impl IntoIterator<Item = String>,
    parse: impl FnOnce(&mut ArgMatches) -> Result<T, String>,
) -> Result<T, clap::Error> {
    let mut arguments: Vec<String> = arguments.into_iter().collect();
    arguments.retain(|argument| argument != "--bench" && argument != "--test");
    if arguments.len() < 2 {
        arguments.push("--help".to_owned());
    }
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    parse(&mut matches).map_err(|reason| command.error(ErrorKind::ValueValidation, reason))
}

/// Runs `measure` with the arguments, or prints the requested help to `out`.
///
/// # Errors
/// One line: the arguments are invalid, or the measurement failed.
pub fn run<T>(
    arguments: Result<T, clap::Error>,
    out: &mut dyn Write,
    measure: impl AsyncFnOnce(&T, &mut dyn Write) -> Result<(), String>,
) -> Result<(), String> {
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(invalid) if invalid.use_stderr() => return Err(invalid.to_string()),
        Err(help) => return write!(out, "{help}").map_err(|e| e.to_string()),
    };
    // One thread, because every further one would take a CPU from the server.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?
        .block_on(measure(&arguments, out))
}

/// Prints the reason of a failure and returns the exit code.
pub fn exit(result: Result<(), impl std::fmt::Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
