//! `doorsign claim`: sets, ends and lists claims on a user's status.

use super::args::one_of;
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::claim_line;
use crate::app::App;
use crate::domain::{Claim, ClaimSource, Timestamp, UserStatus};
use crate::service::claims::{self, Appearance, NewClaim};
use clap::{Args, Subcommand, value_parser};
use std::time::Duration;

const LISTING: Listing = Listing("claims", &["source", "status", "expires", "text"]);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Set a user's status; replaces the previous claim of the same source
    Set {
        #[command(flatten)]
        user: Username,
        /// Status to show
        #[arg(value_parser = one_of(&UserStatus::ALL, UserStatus::as_str))]
        status: UserStatus,
        /// Text to show with it
        #[arg(long, default_value = "", hide_default_value = true)]
        text: String,
        #[command(flatten)]
        end: End,
        #[command(flatten)]
        source: Source,
    },
    /// End a claim; the claim below it becomes visible again
    End {
        #[command(flatten)]
        user: Username,
        #[command(flatten)]
        source: Source,
    },
    /// List a user's claims, the visible one first: source, status, end, text
    List {
        #[command(flatten)]
        user: Username,
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Args)]
pub(super) struct Username {
    /// Username
    #[arg(value_name = "USER")]
    username: String,
}

#[derive(Args)]
pub(super) struct End {
    /// Minutes until the claim ends; without an end, the claim lasts until you end it
    #[arg(long, value_parser = value_parser!(u32).range(1..=52_560_000))]
    minutes: Option<u32>,
    /// When the claim ends: the next 15:00, or a date and time such as 2026-12-24T12:00, in the time
    /// zone of the setting `time_zone` or with an offset
    #[arg(long, value_name = "TIME", conflicts_with = "minutes")]
    until: Option<String>,
}

impl End {
    fn at(&self, now: Timestamp, zone: &Zone) -> Outcome<Option<Timestamp>> {
        let at = self.minutes.map(|minutes| now.after(MINUTE * minutes));
        let until = self.until.as_deref().map(|text| zone.end(text, now));
        Ok(at.or(until.transpose()?))
    }
}

#[derive(Args)]
pub(super) struct Source {
    /// Source of the claim; internal (a call) is shown rather than external (a calendar)
    #[arg(long, value_parser = one_of(&ClaimSource::ALL, ClaimSource::as_str), default_value = "external")]
    source: ClaimSource,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, zone: &Zone) -> Outcome<String> {
        match self {
            Self::Set {
                user: Username { username },
                status,
                text,
                end,
                source: Source { source },
            } => {
                let new = NewClaim {
                    source,
                    status,
                    text,
                    expires_at: end.at(app.clock.now(), zone)?,
                };
                let end = new.expires_at.map(|end| zone.date(end));
                let shown = claims::set(app, &username, new).await?;
                Ok(after_set(&username, source, end, &shown))
            }
            Self::End {
                user: Username { username },
                source: Source { source },
            } => {
                let (ended, shown) = claims::end(app, &username, source).await?;
                let source = source.as_str();
                let done = match ended {
                    Some(_) => format!("Ended the {source} claim of {username}."),
                    None => format!("{username} has no {source} claim."),
                };
                Ok(format!(
                    "{done} {username} now appears {}.\n",
                    appearance(&shown)
                ))
            }
            Self::List {
                user: Username { username },
                format,
            } => {
                let claims = claims::list(app, &username).await?;
                Ok(format.print(&LISTING, &claims, |claim| cells(claim, zone), claim_line))
            }
        }
    }
}

fn cells(claim: &Claim, zone: &Zone) -> Vec<String> {
    let end = claim.expires_at.map(|end| zone.date(end));
    vec![
        claim.source.as_str().to_owned(),
        claim.status.as_str().to_owned(),
        end.unwrap_or_else(|| "never".to_owned()),
        claim.text.as_str().to_owned(),
    ]
}

/// Reports what became visible: the new claim, or the one that it waits for.
fn after_set(
    username: &str,
    source: ClaimSource,
    end: Option<String>,
    shown: &Appearance,
) -> String {
    let effective = shown.connected.source.unwrap_or(source);
    let end = end.map_or_else(String::new, |end| format!(" until {end}"));
    if effective == source {
        let (status, text) = (status(shown), text(shown));
        return format!("{username} is now {status}{end}{text}.\n");
    }
    let appearance = appearance(shown);
    format!(
        "Set the {} claim of {username}, which waits until the {} one ends. {username} now appears {appearance}.\n",
        source.as_str(),
        effective.as_str()
    )
}

/// Describes the status and its text, such as `busy, with the text "Meeting"`.
fn appearance(shown: &Appearance) -> String {
    status(shown) + &text(shown)
}

fn status(shown: &Appearance) -> String {
    let [connected, unconnected] =
        [&shown.connected, &shown.unconnected].map(|shown| shown.status.as_str());
    if connected == unconnected {
        return connected.to_owned();
    }
    format!("{connected} while connected and {unconnected} otherwise")
}

fn text(shown: &Appearance) -> String {
    match shown.connected.text.as_str() {
        "" => String::new(),
        text => format!(", with the text {text:?}"),
    }
}
