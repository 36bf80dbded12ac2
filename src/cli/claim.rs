//! `doorsign claim`: sets, ends and lists claims on a user's status.

use super::desk::with_app;
use super::{Outcome, date, text};
use crate::config::Config;
use crate::domain::{Claim, ClaimSource, UserStatus};
use crate::service::claims::{self, NewClaim};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::time::Duration;

pub(super) fn command() -> Command {
    let user = || {
        Arg::new("username")
            .value_name("USER")
            .required(true)
            .help("Username")
    };
    let source = || {
        let words = ClaimSource::ALL.map(ClaimSource::as_str);
        Arg::new("source")
            .long("source")
            .value_name("SOURCE")
            .value_parser(PossibleValuesParser::new(words))
            .default_value(ClaimSource::External.as_str())
            .help(
                "Source of the claim; internal (a call) is shown rather than external (a calendar)",
            )
    };
    let words = UserStatus::ALL.map(UserStatus::as_str);
    let status = Arg::new("status")
        .value_name("STATUS")
        .value_parser(PossibleValuesParser::new(words))
        .required(true)
        .help("Status to show");
    let text = Arg::new("text")
        .long("text")
        .value_name("TEXT")
        .help("Text to show with it");
    let minutes = Arg::new("minutes")
        .long("minutes")
        .value_name("MINUTES")
        .value_parser(value_parser!(u32).range(1..=52_560_000))
        .help("Minutes until the claim ends; without it, the claim lasts until you end it");
    Command::new("claim")
        .about("Set or clear a user's status from a script")
        .subcommand_required(true)
        .subcommand(
            Command::new("set")
                .about("Set a user's status; replaces the previous claim of the same source")
                .args([user(), status, text, minutes, source()]),
        )
        .subcommand(
            Command::new("end")
                .about("End a claim; the claim below it becomes visible again")
                .args([user(), source()]),
        )
        .subcommand(
            Command::new("list")
                .about("List a user's claims, the visible one first")
                .arg(user()),
        )
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("set", matches)) => set(config, matches),
        Some(("end", matches)) => end(config, matches),
        Some(("list", matches)) => list(config, matches),
        _ => Err("unknown command".to_owned()),
    }
}

fn set(config: &Config, matches: &ArgMatches) -> Outcome {
    let user = text(matches, "username");
    let minute = Duration::from_secs(60);
    let new = NewClaim {
        source: source(matches)?,
        status: UserStatus::named(text(matches, "status")).ok_or("unknown status")?,
        text: text(matches, "text").to_owned(),
        life: matches.get_one::<u32>("minutes").map(|n| minute * *n),
    };
    with_app(config, async |app| {
        let done = format!("{user} is now {}.\n", new.status.as_str());
        claims::set(app, user, new.clone()).await?;
        Ok(done)
    })
}

fn end(config: &Config, matches: &ArgMatches) -> Outcome {
    let (user, source) = (text(matches, "username"), source(matches)?);
    with_app(config, async |app| {
        claims::end(app, user, source).await?;
        Ok(format!("Ended the {} claim of {user}.\n", source.as_str()))
    })
}

fn list(config: &Config, matches: &ArgMatches) -> Outcome {
    with_app(config, async |app| {
        let claims = claims::list(app, text(matches, "username")).await?;
        Ok(claims.iter().map(line).collect())
    })
}

fn line(claim: &Claim) -> String {
    let (source, status) = (claim.source.as_str(), claim.status.as_str());
    let end = claim.expires_at.map_or("never".to_owned(), date);
    let text = claim.text.as_str().escape_debug();
    format!("{source}\t{status}\texpires {end}\t{text}\n")
}

fn source(matches: &ArgMatches) -> Result<ClaimSource, String> {
    ClaimSource::named(text(matches, "source")).ok_or_else(|| "unknown source".to_owned())
}
