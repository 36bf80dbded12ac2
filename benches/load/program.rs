//! The command line `PROGRAM [NUMBER]` of benchmarks that start the server themselves.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs `measure` with the absolute path of the program and the number, which is at least `least`.
/// Prints `usage` without arguments, because cargo runs every bench that way.
pub fn run(
    usage: &str,
    default: usize,
    least: usize,
    measure: impl FnOnce(PathBuf, usize) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.retain(|argument| argument != "--bench" && argument != "--test");
    let (program, number) = match arguments.as_slice() {
        [program] if !program.starts_with('-') => (program, Some(default)),
        [program, number] => (program, number.parse().ok().filter(|n| *n >= least)),
        _ => {
            println!("{usage}");
            return ExitCode::SUCCESS;
        }
    };
    let measured = match (std::path::absolute(Path::new(program)), number) {
        (Ok(program), Some(number)) => measure(program, number),
        (Err(error), _) => Err(error.into()),
        (_, None) => Err(usage.into()),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
