//! `doorsign audit`: prints the audit trail, newest record first. Changes nothing and adds no record.

use super::desk::with_app;
use super::{Outcome, date, instant, text};
use crate::api::audit_line;
use crate::config::Config;
use crate::domain::{Action, AuditQuery, AuditRecord, Author, Caller};
use crate::service::audit;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let words = Action::ALL.iter().map(|action| action.as_str());
    Command::new("audit")
        .about("Print the audit trail, newest first: who did what, when and from where")
        .args([
            option(
                "since",
                "TIME",
                "Only records from this time on, such as 2026-11-25",
            ),
            option("until", "TIME", "Only records before this time"),
            option(
                "user",
                "USER",
                "Only records with this user as author or target",
            ),
            option(
                "action",
                "ACTION",
                "Only this action, such as login.failed; can be repeated",
            )
            .action(ArgAction::Append)
            .value_parser(PossibleValuesParser::new(words))
            .hide_possible_values(true),
            option("count", "NUMBER", "Print at most this many records")
                .value_parser(value_parser!(u64).range(1..=1_000_000))
                .default_value("100"),
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print one JSON object per line, as in `audit.list`"),
        ])
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    let given = |name| matches.get_one::<String>(name).map(|text| instant(text));
    let actions = matches.get_many::<String>("action").unwrap_or_default();
    let query = AuditQuery {
        actions: actions.filter_map(|word| Action::named(word)).collect(),
        user: None,
        since: given("since").transpose()?,
        until: given("until").transpose()?,
        offset: 0,
        limit: matches.get_one("count").copied().unwrap_or(100),
    };
    let user = Some(text(matches, "user")).filter(|name| !name.is_empty());
    let print = if matches.get_flag("json") {
        |record: &AuditRecord| audit_line(record) + "\n"
    } else {
        line
    };
    with_app(config, async |app| {
        let user = user.map(str::to_owned);
        let page = audit::list(app, Caller::Operator, user, query.clone()).await?;
        Ok(page.items.iter().map(print).collect())
    })
}

/// Tab-separated: time, action, author, target, address, detail; `-` for none.
fn line(record: &AuditRecord) -> String {
    let (entry, attribution) = (&record.entry, &record.entry.attribution);
    let author = match &attribution.author {
        Author::User { username, .. } => username.as_str(),
        other => other.kind(),
    };
    let target = entry.target.as_ref();
    let target = target.map_or_else(none, |target| {
        format!("{} {}", target.kind.as_str(), target.name)
    });
    let address = attribution.address;
    let columns = [
        date(attribution.at),
        entry.action.as_str().to_owned(),
        author.to_owned(),
        target,
        address.map_or_else(none, |address| address.to_string()),
        entry.detail.clone(),
    ];
    columns
        .map(|text| text.escape_debug().to_string())
        .join("\t")
        + "\n"
}

fn none() -> String {
    "-".to_owned()
}
