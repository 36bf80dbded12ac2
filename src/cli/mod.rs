//! The command line: one file per command. Commands call the same use cases as the API and hold no
//! rules.

mod args;
mod audit;
mod claim;
mod command_run;
mod data_folder;
mod dev;
mod display;
mod first_start;
mod hint;
mod hooks;
mod links;
mod listener;
mod output;
mod parser;
mod permission;
mod reap;
mod reference;
mod reload;
mod run_server;
mod serve;
mod shell;
mod signals;
mod table;
mod time;
mod token;
mod user;
mod webhook;

pub use reference::markdown_table;

use clap::{ArgMatches, FromArgMatches};
use data_folder::{check_secret, with_app};
use doorsign_hook::PostCreateHook;
use output::{Outcome, print, refuse};
use parser::{Cli, Command, check, load, parser};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the program with the process's arguments and environment, with `hooks` in addition to those
/// that the settings enable. Returns the exit code: 0, 1 if the command failed, 2 if the command
/// line cannot be understood. `dev -- COMMAND` returns that of its command.
#[must_use]
pub fn run(hooks: Vec<Arc<dyn PostCreateHook>>) -> ExitCode {
    let parsed = parser().try_get_matches();
    let parsed = parsed.and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((check(cli, std::env::args_os().next_back())?, matches))
    });
    match parsed {
        Ok((cli, matches)) => {
            match dispatch(cli.command.unwrap_or(Command::Serve), &matches, hooks) {
                Ok(code) => code,
                Err(reason) => refuse(&hint::explain(&*reason), ExitCode::FAILURE),
            }
        }
        // Help and version are requested, not errors.
        Err(asked) if !asked.use_stderr() => asked.exit(),
        Err(misspelt) => refuse(&in_one_line(&misspelt.to_string()), ExitCode::from(2)),
    }
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

fn dispatch(
    command: Command,
    matches: &ArgMatches,
    hooks: Vec<Arc<dyn PostCreateHook>>,
) -> Outcome<ExitCode> {
    let loaded = load(matches)?;
    let config = &loaded.config;
    let done = match command {
        Command::Serve => serve::run(loaded, hooks),
        Command::Dev { command, .. } => return dev::run(loaded, hooks, &command),
        Command::Config => print(&loaded.to_string()),
        Command::User(command) => with_app(config, async |app, zone| {
            command.run(app, (config, zone)).await
        }),
        Command::Token(command) => {
            if command.signs() {
                check_secret(config)?;
            }
            with_app(config, async |app, zone| command.run(app, zone).await)
        }
        Command::Claim(command) => with_app(config, async |app, zone| command.run(app, zone).await),
        Command::Permission(command) => with_app(config, async |app, _| command.run(app).await),
        Command::Hooks { command } => {
            let command = command.unwrap_or_else(hooks::Command::list);
            with_app(config, async |app, zone| command.run(app, zone).await)
        }
        Command::Webhook(command) => {
            with_app(config, async |app, zone| command.run(app, zone).await)
        }
        Command::Display(command) => with_app(config, async |app, zone| {
            command.run(app, (config, zone)).await
        }),
        Command::Audit(command) => with_app(config, async |app, zone| command.run(app, zone).await),
    };
    done.map(|()| ExitCode::SUCCESS)
}
