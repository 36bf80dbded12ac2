//! `doorsign webhook`: manages webhooks.

use super::desk::with_app;
use super::{Outcome, date, text};
use crate::config::Config;
use crate::domain::{Caller, Webhook};
use crate::service::webhooks::{self, NewWebhook};
use clap::{Arg, ArgMatches, Command};

/// Write access to the data folder grants every permission.
const OPERATOR: Caller<'static> = Caller::Operator;

pub(super) fn command() -> Command {
    let url = Arg::new("url").value_name("URL").required(true);
    let events = Arg::new("events")
        .long("events")
        .value_name("TYPES")
        .value_delimiter(',')
        .help("Types of events, separated by commas, such as presence.changed or custom_user_status.*; all by default");
    let named =
        |word: &'static str, about: &'static str| Command::new(word).about(about).arg(name());
    Command::new("webhook")
        .about("Manage webhooks")
        .subcommand_required(true)
        .subcommand(
            named(
                "add",
                "Register a webhook and print its signing secret (shown only once)",
            )
            .arg(url.help("URL to send events to: http or https"))
            .arg(events),
        )
        .subcommand(Command::new("list").about("List all webhooks"))
        .subcommand(named("test", "Send a test message and print the response"))
        .subcommand(named(
            "rotate",
            "Create a new signing secret and print it; the old one stays valid for a day",
        ))
        .subcommand(named("disable", "Stop deliveries to a webhook"))
        .subcommand(named("enable", "Resume deliveries where they stopped"))
        .subcommand(named(
            "remove",
            "Remove a webhook with the records of its deliveries",
        ))
}

fn name() -> Arg {
    Arg::new("name")
        .value_name("WEBHOOK")
        .required(true)
        .help("Name of the webhook: a-z, 0-9 and -")
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("add", matches)) => add(config, matches),
        Some(("list", _)) => list(config),
        Some(("test", matches)) => test(config, text(matches, "name")),
        Some(("rotate", matches)) => rotate(config, text(matches, "name")),
        Some(("disable", matches)) => disable(config, text(matches, "name")),
        Some(("enable", matches)) => enable(config, text(matches, "name")),
        Some(("remove", matches)) => remove(config, text(matches, "name")),
        _ => Err("unknown command".to_owned()),
    }
}

fn add(config: &Config, matches: &ArgMatches) -> Outcome {
    let kinds = matches.get_many::<String>("events").unwrap_or_default();
    let new = NewWebhook {
        name: text(matches, "name").to_owned(),
        url: text(matches, "url").to_owned(),
        kinds: kinds.cloned().collect(),
    };
    with_app(config, async |app| {
        let added = webhooks::add(app, OPERATOR, new.clone()).await?;
        let secret = added.secrets.first().map_or("", |secret| &secret.text);
        Ok(format!("{secret}\n"))
    })
}

fn list(config: &Config) -> Outcome {
    with_app(config, async |app| {
        let all = webhooks::list(app, OPERATOR).await?;
        Ok(all.iter().map(line).collect())
    })
}

fn line(webhook: &Webhook) -> String {
    let kinds = if webhook.kinds.is_empty() {
        "all events".to_owned()
    } else {
        webhook.kinds.join(",")
    };
    let (name, url) = (webhook.name.as_str(), &webhook.url);
    format!(
        "{name}\t{url}\t{kinds}\tadded {}\n",
        date(webhook.created_at)
    )
}

fn test(config: &Config, name: &str) -> Outcome {
    let mut failed = None;
    with_app(config, async |app| {
        match webhooks::test(app, OPERATOR, name).await? {
            Ok(status) => Ok(format!("{name} responded with {status}.\n")),
            Err(reason) => {
                failed = Some(reason);
                Ok(String::new())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

fn rotate(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        let secret = webhooks::rotate(app, OPERATOR, name).await?;
        Ok(format!("{}\n", secret.text))
    })
}

fn disable(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        webhooks::disable(app, OPERATOR, name).await?;
        Ok(format!("Disabled {name}.\n"))
    })
}

fn enable(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        webhooks::enable(app, OPERATOR, name).await?;
        Ok(format!("Enabled {name}.\n"))
    })
}

fn remove(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        webhooks::remove(app, OPERATOR, name).await?;
        Ok(format!("Removed {name}.\n"))
    })
}
