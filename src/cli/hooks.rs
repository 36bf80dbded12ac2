//! `doorsign hooks`: shows hooks and manages their deliveries.

use super::desk::with_app;
use super::{Outcome, date, instant};
use crate::config::Config;
use crate::domain::{Caller, DeliveryRecord, DeliveryState, EventId, Hook};
use crate::service::hooks;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::fmt::Write;

/// Write access to the data folder grants every permission.
const OPERATOR: Caller<'static> = Caller::Operator;

pub(super) fn command() -> Command {
    let states = DeliveryState::ALL.map(|(_, word)| word);
    let state = Arg::new("state")
        .long("state")
        .value_name("STATE")
        .value_parser(PossibleValuesParser::new(states))
        .help("Only deliveries in this state");
    let named =
        |word: &'static str, about: &'static str| Command::new(word).about(about).arg(hook());
    Command::new("hooks")
        .about("Show hooks and manage their deliveries (without a command: list)")
        .subcommand(
            Command::new("list").about(
                "List all hooks: name, kind, state, backlog, parked deliveries, last failure",
            ),
        )
        .subcommand(named("deliveries", "List deliveries that failed or left notes").arg(state))
        .subcommand(
            named("inspect", "Print everything about one delivery").arg(event().required(true)),
        )
        .subcommand(
            named(
                "retry",
                "Retry a delivery now; without an event, all failed ones",
            )
            .arg(event()),
        )
        .subcommand(named("drop", "Give up a delivery for good").arg(event().required(true)))
        .subcommand(
            named(
                "replay",
                "Deliver the events of a time span again, in order; then continue",
            )
            .arg(time("since", "Start of the time span").required(true))
            .arg(time("until", "End of the time span (now by default)")),
        )
        .subcommand(named(
            "pause",
            "Stop deliveries to a hook until you resume it",
        ))
        .subcommand(named("resume", "Resume deliveries where they stopped"))
}

fn hook() -> Arg {
    Arg::new("hook")
        .value_name("HOOK")
        .required(true)
        .help("Name of the hook, as `doorsign hooks` lists it")
}

fn event() -> Arg {
    Arg::new("event")
        .value_name("EVENT")
        .value_parser(value_parser!(u64))
        .help("Number of the event")
}

fn time(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("TIME").help(format!(
        "{help}, such as 2026-11-25T10:00:00Z or 2026-11-25"
    ))
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        None | Some(("list", _)) => list(config),
        Some(("deliveries", matches)) => deliveries(config, matches),
        Some(("inspect", matches)) => inspect(config, matches),
        Some(("retry", matches)) => retry(config, matches),
        Some(("drop", matches)) => drop_delivery(config, matches),
        Some(("replay", matches)) => replay(config, matches),
        Some(("pause", matches)) => pause(config, matches),
        Some(("resume", matches)) => resume(config, matches),
        _ => Err("unknown command".to_owned()),
    }
}

fn list(config: &Config) -> Outcome {
    with_app(config, async |app| {
        let hooks = hooks::list(app, OPERATOR).await?;
        Ok(hooks.iter().map(line).collect())
    })
}

fn line(hook: &Hook) -> String {
    let (state, reason) = hook.state();
    let reason = reason.map_or(String::new(), |reason| format!(": {}", one_line(reason)));
    let failure = hook
        .last_failure
        .as_ref()
        .map_or("never failed".to_owned(), |failed| {
            let (event, at) = (failed.event.as_u64(), date(failed.at));
            format!(
                "last failure at event {event}, {at}: {}",
                one_line(&failed.reason)
            )
        });
    format!(
        "{}\t{}\t{state}{reason}\tlag {}\tparked {}\t{failure}\n",
        hook.name,
        hook.kind.as_str(),
        hook.lag,
        hook.parked
    )
}

fn deliveries(config: &Config, matches: &ArgMatches) -> Outcome {
    let state = matches
        .get_one::<String>("state")
        .and_then(|word| DeliveryState::named(word));
    with_app(config, async |app| {
        let (mut lines, mut after) = (String::new(), EventId::default());
        loop {
            let page = hooks::list_deliveries(app, OPERATOR, name(matches), state, after).await?;
            lines.extend(page.iter().map(delivery_line));
            match page.last() {
                Some(last) if page.len() == hooks::PAGE => after = last.event,
                _ => return Ok(lines),
            }
        }
    })
}

fn delivery_line(record: &DeliveryRecord) -> String {
    format!(
        "{}\t{}\tattempts {}\t{}\t{}\n",
        record.event.as_u64(),
        record.state.as_str(),
        record.attempts,
        date(record.at),
        one_line(&record.reason)
    )
}

fn inspect(config: &Config, matches: &ArgMatches) -> Outcome {
    let id = number(matches).unwrap_or_default();
    with_app(config, async |app| {
        let (record, event) = hooks::find_delivery(app, OPERATOR, name(matches), id).await?;
        let mut text = String::new();
        let _ = writeln!(text, "event     {}", record.event.as_u64());
        if let Some(event) = event {
            let (actor, at) = (
                event.event.actor_name.as_str().to_owned(),
                date(event.event.at),
            );
            let _ = writeln!(text, "happened  {at}, by {actor}");
        }
        let _ = writeln!(text, "state     {}", record.state.as_str());
        let _ = writeln!(text, "attempts  {}", record.attempts);
        let _ = writeln!(text, "last      {}", date(record.at));
        if let Some(next) = record.next_at {
            let _ = writeln!(text, "next      {}", date(next));
        }
        let _ = writeln!(text, "reason    {}", one_line(&record.reason));
        if !record.notes.is_empty() {
            let _ = writeln!(text, "notes\n{}", printable(&record.notes));
        }
        Ok(text)
    })
}

fn retry(config: &Config, matches: &ArgMatches) -> Outcome {
    with_app(config, async |app| {
        let count = hooks::retry(app, OPERATOR, name(matches), number(matches)).await?;
        Ok(format!(
            "Retrying {}.\n",
            counted(count, "delivery", "deliveries")
        ))
    })
}

fn drop_delivery(config: &Config, matches: &ArgMatches) -> Outcome {
    let id = number(matches).unwrap_or_default();
    with_app(config, async |app| {
        hooks::drop_delivery(app, OPERATOR, name(matches), id).await?;
        Ok(format!(
            "Dropped event {} for {}.\n",
            id.as_u64(),
            name(matches)
        ))
    })
}

fn replay(config: &Config, matches: &ArgMatches) -> Outcome {
    let given = |name| matches.get_one::<String>(name).map(|text| instant(text));
    let since = given("since").transpose()?.ok_or("--since is missing")?;
    let until = given("until").transpose()?;
    with_app(config, async |app| {
        let count = hooks::replay(app, OPERATOR, name(matches), since, until).await?;
        Ok(format!(
            "Replaying {}.\n",
            counted(count, "event", "events")
        ))
    })
}

fn pause(config: &Config, matches: &ArgMatches) -> Outcome {
    with_app(config, async |app| {
        hooks::pause(app, OPERATOR, name(matches)).await?;
        Ok(format!("Paused {}.\n", name(matches)))
    })
}

fn resume(config: &Config, matches: &ArgMatches) -> Outcome {
    with_app(config, async |app| {
        hooks::resume(app, OPERATOR, name(matches)).await?;
        Ok(format!("Resumed {}.\n", name(matches)))
    })
}

/// `1 event` or `2 events`.
fn counted(count: impl Into<u64>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// A hook's text on one line, without control characters for the terminal.
fn one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

fn printable(text: &str) -> String {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.trim_end().chars().filter(|c| !control(*c)).collect()
}

fn name(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("hook").map_or("", String::as_str)
}

fn number(matches: &ArgMatches) -> Option<EventId> {
    matches.get_one::<u64>("event").copied().map(EventId::new)
}
