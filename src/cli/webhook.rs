//! `doorsign webhook`: endpoints that are told of events over HTTP, at the command line.

use super::desk::with_app;
use super::{Outcome, date, text};
use crate::config::Config;
use crate::domain::{Caller, Webhook};
use crate::service::webhooks::{self, NewWebhook};
use clap::{Arg, ArgMatches, Command};

/// Whoever can write the data folder may do anything.
const OPERATOR: Caller<'static> = Caller::Operator;

pub(super) fn command() -> Command {
    let url = Arg::new("url").value_name("URL").required(true);
    let events = Arg::new("events")
        .long("events")
        .value_name("TYPES")
        .value_delimiter(',')
        .help("Types of events, separated by commas, such as presence.changed or custom_user_status.*; without, all");
    let named =
        |word: &'static str, about: &'static str| Command::new(word).about(about).arg(name());
    Command::new("webhook")
        .about("Look after endpoints that are told of events over HTTP; a running server honours it at once")
        .subcommand_required(true)
        .subcommand(
            named("add", "Add an endpoint and print its secret, which is shown this once")
                .arg(url.help("Where it is: http or https"))
                .arg(events),
        )
        .subcommand(Command::new("list").about("List all endpoints"))
        .subcommand(named("test", "Send something to an endpoint that is no event, and print its answer"))
        .subcommand(named("rotate", "Give an endpoint a new secret and print it; the old one signs along for a day"))
        .subcommand(named("disable", "Tell an endpoint nothing any more"))
        .subcommand(named("enable", "Tell an endpoint of events again, from where it was"))
        .subcommand(named("remove", "Remove an endpoint, with everything that is known of its deliveries"))
}

fn name() -> Arg {
    Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help("What it is called: a-z, 0-9 and -")
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
        _ => Err("there is no such command".to_owned()),
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
            Ok(status) => Ok(format!("{name} has answered {status}.\n")),
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
        Ok(format!("{name} is told nothing any more.\n"))
    })
}

fn enable(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        webhooks::enable(app, OPERATOR, name).await?;
        Ok(format!("{name} is told of events again.\n"))
    })
}

fn remove(config: &Config, name: &str) -> Outcome {
    with_app(config, async |app| {
        webhooks::remove(app, OPERATOR, name).await?;
        Ok(format!("{name} is removed.\n"))
    })
}
