//! The command line: one file per command. Commands call the same use cases as the API and hold no rules.

mod audit;
mod claim;
mod desk;
mod dev;
mod hooks;
mod reap;
mod reference;
mod reload;
mod serve;
mod serving;
mod signals;
mod token;
mod user;
mod webhook;

pub use reference::markdown_table;

use crate::config::{self, Config, Loaded};
use crate::domain::Timestamp;
use clap::{ArgMatches, Command};
use doorsign_hook::PostCreateHook;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// The result of a command; an error is one line that says why it failed.
type Outcome = Result<(), String>;

/// Runs the program with the process's arguments and environment, with `hooks` in addition to those that the settings enable.
/// Returns the exit code: 0, 1 if the command failed, 2 if the command line cannot be understood.
#[must_use]
pub fn run(hooks: Vec<Arc<dyn PostCreateHook>>) -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        // Help and version are requested, not errors.
        Err(asked) if !asked.use_stderr() => asked.exit(),
        Err(misspelt) => return refuse(&in_one_line(&misspelt.to_string()), ExitCode::from(2)),
    };
    match dispatch(&matches, hooks) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => refuse(&reason, ExitCode::FAILURE),
    }
}

fn refuse(reason: &str, code: ExitCode) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "doorsign: {reason}");
    code
}

/// clap's error and its tips in one line, without the usage that follows.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text
        .trim_start_matches("error: ")
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ").replace(":; ", ": ")
}

fn command() -> Command {
    Command::new("doorsign")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A self-hosted status sign: Rocket.Chat's custom user statuses in one small binary")
        .args(config::args())
        .subcommand(Command::new("serve").about("Run the server (the default without a command)"))
        .subcommand(dev::command())
        .subcommand(
            Command::new("config")
                .about("Print the settings in force and the source of each, with secrets hidden"),
        )
        .subcommand(user::command())
        .subcommand(token::command())
        .subcommand(claim::command())
        .subcommand(hooks::command())
        .subcommand(webhook::command())
        .subcommand(audit::command())
}

fn dispatch(matches: &ArgMatches, hooks: Vec<Arc<dyn PostCreateHook>>) -> Outcome {
    let loaded = load(matches)?;
    match matches.subcommand() {
        None | Some(("serve", _)) => serve::run(loaded, hooks),
        Some(("dev", _)) => dev::run(loaded, hooks),
        Some(("config", _)) => print(&loaded.to_string()),
        Some(("user", matches)) => user::run(&loaded.config, matches),
        Some(("token", matches)) => token::run(&loaded.config, matches),
        Some(("claim", matches)) => claim::run(&loaded.config, matches),
        Some(("hooks", matches)) => hooks::run(&loaded.config, matches),
        Some(("webhook", matches)) => webhook::run(&loaded.config, matches),
        Some(("audit", matches)) => audit::run(&loaded.config, matches),
        Some((other, _)) => Err(format!("unknown command {other:?}: run doorsign --help")),
    }
}

fn load(matches: &ArgMatches) -> Result<Loaded, String> {
    let mut environment = Vec::new();
    for (name, value) in std::env::vars_os() {
        // Variables of other programs need not be text.
        if let Some(name) = name.to_str().filter(|name| name.starts_with("DOORSIGN_")) {
            let value = value
                .into_string()
                .map_err(|_| format!("{name} is not valid UTF-8"))?;
            environment.push((name.to_owned(), value));
        }
    }
    let directory =
        std::env::current_dir().map_err(|e| format!("cannot determine the current folder: {e}"))?;
    Config::load(matches, environment.into_iter(), &directory).map_err(|e| e.to_string())
}

/// The argument of this name; empty if it is missing.
fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

/// Formats an instant, to the second.
fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| "never".to_owned(), |at| format!("{at:.0}"))
}

/// Parses an RFC 3339 time, or a date, which means midnight UTC.
fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    };
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(midnight);
    let instant = instant.map(|at| Timestamp::from_millis(at.as_millisecond()));
    instant.ok_or_else(|| {
        format!("invalid time {text:?}: expected a format like 2026-11-25T10:00:00Z or 2026-11-25")
    })
}

/// Writes to standard output. A closed pipe is not an error.
fn print(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write: {e}")),
        _ => Ok(()),
    }
}
