//! The commands and their flags, and the settings of this process.

use super::command_run::URL_VARIABLE;
use super::output::Outcome;
use super::{audit, claim, display, hooks, permission, token, user, webhook};
use crate::config::{self, Config, Loaded};
use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, Parser, Subcommand};
use std::ffi::OsString;

/// A self-hosted status sign: Rocket.Chat's custom user statuses in one small binary
#[derive(Parser)]
#[command(name = "doorsign", version)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Run the server (the default without a command)
    Serve,
    /// Run a server in memory for the tests of a client, with fixed users and tokens, a clock to
    /// move and faults to inject
    Dev {
        /// A command without `--`, which is refused with advice
        #[arg(hide = true)]
        stray: Vec<OsString>,
        /// Command to run beside the server, such as `npm test`: it finds the server's URL in
        /// `DOORSIGN_URL`, the server stops when it ends, and its exit code is returned
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Print the settings in force as a settings file, with the source of each and with secrets
    /// hidden
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
    /// List permissions and change which roles grant them
    #[command(subcommand)]
    Permission(permission::Command),
    /// Show hooks and manage their deliveries (without a command: list)
    Hooks {
        #[command(subcommand)]
        command: Option<hooks::Command>,
    },
    /// Manage webhooks
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Manage displays: screens on a wall or at a door that show who is in
    #[command(subcommand)]
    Display(display::Command),
    /// Print the audit trail, newest first: who did what, when and from where
    Audit(audit::Audit),
}

/// The commands with their flags. All take the settings, before and after their name; only the help
/// of `serve` lists them all, that of the others `--data` and `--config`.
pub(super) fn parser() -> clap::Command {
    let settings = config::args();
    let hidden = settings.iter().map(|arg| {
        let is_shown = ["data", "config"].contains(&arg.get_id().as_str());
        arg.clone().hide(!is_shown).global(true)
    });
    let note = |command: clap::Command| command.after_help("All settings: doorsign serve --help");
    note(Cli::command().args(hidden))
        .mut_subcommands(|command| command.arg_required_else_help(false))
        .mut_subcommand("serve", |serve| serve.args(&settings))
        .mut_subcommand("dev", |dev| {
            let data = settings.iter().filter(|arg| arg.get_id() == "data");
            note(dev).args(data.map(|arg| arg.clone().hide(true)))
        })
        .mut_subcommand("config", note)
}

/// Refuses a command of dev mode without `--`, and `--` without a command, such as that of an unset
/// variable: without it, the server would run until a signal arrives.
pub(super) fn check(cli: Cli, last: Option<OsString>) -> Result<Cli, clap::Error> {
    let refuse = |text: String| Err(clap::Error::raw(ErrorKind::UnknownArgument, text));
    match &cli.command {
        Some(Command::Dev { stray, .. }) if !stray.is_empty() => {
            let stray = stray.join(" ".as_ref());
            let stray = stray.display();
            refuse(format!(
                "the command must follow `--`: doorsign dev -- {stray}"
            ))
        }
        Some(Command::Dev { command, .. }) if command.is_empty() && last == Some("--".into()) => {
            refuse("no command follows `--`: use doorsign dev -- npm test, or leave it out".into())
        }
        _ => Ok(cli),
    }
}

/// Reads the settings that `matches`, the environment and the settings file give.
pub(super) fn load(matches: &ArgMatches) -> Outcome<Loaded> {
    let mut environment = Vec::new();
    for (name, value) in std::env::vars_os() {
        // Variables of other programs need not be text.
        let name = name.to_str().filter(|name| name.starts_with("DOORSIGN_"));
        // A command of dev mode may run doorsign itself.
        if let Some(name) = name.filter(|name| *name != URL_VARIABLE) {
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
