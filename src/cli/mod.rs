//! The command line: one file per command. Commands call the same use cases as the API and hold no rules.

mod app;
mod audit;
mod claim;
mod dev;
mod hooks;
mod reap;
mod reference;
mod reload;
mod run_server;
mod serve;
mod signals;
mod token;
mod user;
mod webhook;

use crate::config::{self, Config, Loaded};
use crate::domain::{Caller, Timestamp};
pub use reference::markdown_table;

use app::{check_secret, with_app};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use doorsign_hook::PostCreateHook;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// The result of a command; an error is one line that says why it failed.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Write access to the data folder grants every permission.
const OPERATOR: Caller<'static> = Caller::Operator;

/// A self-hosted status sign: Rocket.Chat's custom user statuses in one small binary
#[derive(Parser)]
#[command(name = "doorsign", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default without a command)
    Serve,
    /// Run a server in memory for the tests of a client, with fixed users and tokens, a clock to move and faults to inject
    Dev,
    /// Print the settings in force as a settings file, with the source of each and with secrets hidden
    Config,
    /// Add, change and list users
    #[command(subcommand)]
    User(user::Command),
    /// Create, list and revoke personal access tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Set or clear a user's status from a script
    #[command(subcommand)]
    Claim(claim::Command),
    /// Show hooks and manage their deliveries (without a command: list)
    Hooks {
        #[command(subcommand)]
        command: Option<hooks::Command>,
    },
    /// Manage webhooks
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Print the audit trail, newest first: who did what, when and from where
    Audit(audit::Audit),
}

/// Runs the program with the process's arguments and environment, with `hooks` in addition to those that the settings enable.
/// Returns the exit code: 0, 1 if the command failed, 2 if the command line cannot be understood.
#[must_use]
pub fn run(hooks: Vec<Arc<dyn PostCreateHook>>) -> ExitCode {
    let parsed = parser().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    match parsed {
        Ok((cli, matches)) => {
            match dispatch(cli.command.unwrap_or(Command::Serve), &matches, hooks) {
                Ok(()) => ExitCode::SUCCESS,
                Err(reason) => refuse(&reason.to_string(), ExitCode::FAILURE),
            }
        }
        // Help and version are requested, not errors.
        Err(asked) if !asked.use_stderr() => asked.exit(),
        Err(misspelt) => refuse(&in_one_line(&misspelt.to_string()), ExitCode::from(2)),
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

/// The commands with their flags. All take the settings, before and after their name; only the help of `serve` lists them all, that
/// of the others `--data` and `--config`.
fn parser() -> clap::Command {
    let settings = config::args();
    let hidden = settings.iter().map(|arg| {
        let is_shown = ["data", "config"].contains(&arg.get_id().as_str());
        arg.clone().hide(!is_shown).global(true)
    });
    let note = |command: clap::Command| command.after_help("All settings: doorsign serve --help");
    note(Cli::command().args(hidden))
        .mut_subcommands(|command| command.arg_required_else_help(false))
        .mut_subcommand("serve", |serve| serve.args(&settings))
        .mut_subcommand("dev", note)
        .mut_subcommand("config", note)
}

fn dispatch(
    command: Command,
    matches: &ArgMatches,
    hooks: Vec<Arc<dyn PostCreateHook>>,
) -> Outcome {
    let loaded = load(matches)?;
    let config = &loaded.config;
    match command {
        Command::Serve => serve::run(loaded, hooks),
        Command::Dev => dev::run(loaded, hooks),
        Command::Config => print(&loaded.to_string()),
        Command::User(command) => with_app(config, async |app| command.run(app).await),
        Command::Token(command) => {
            if command.signs() {
                check_secret(config)?;
            }
            with_app(config, async |app| command.run(app).await)
        }
        Command::Claim(command) => with_app(config, async |app| command.run(app).await),
        Command::Hooks { command } => {
            let command = command.unwrap_or(hooks::Command::List);
            with_app(config, async |app| command.run(app).await)
        }
        Command::Webhook(command) => with_app(config, async |app| command.run(app).await),
        Command::Audit(command) => with_app(config, async |app| command.run(app).await),
    }
}

fn load(matches: &ArgMatches) -> Outcome<Loaded> {
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
    Ok(Config::load(matches, environment.into_iter(), &directory)?)
}

/// Parses one of `all` by its word. Help texts and errors list the words.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().map(|one| word(*one));
    let find = move |text: String| {
        let found = all.iter().copied().find(|one| word(*one) == text);
        found.ok_or("unknown")
    };
    PossibleValuesParser::new(words).try_map(find)
}

/// Formats an instant, to the second.
fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| "never".to_owned(), |at| format!("{at:.0}"))
}

/// Parses an RFC 3339 time, or a date, which means midnight UTC.
fn instant(text: &str) -> Outcome<Timestamp> {
    crate::api::read_date(text).ok_or_else(|| {
        format!("invalid time {text:?}: expected a format like 2026-11-25T10:00:00Z or 2026-11-25")
            .into()
    })
}

/// Writes to standard output. A closed pipe is not an error.
fn print(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {e}").into())
        }
        _ => Ok(()),
    }
}
