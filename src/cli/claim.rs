//! `doorsign claim`: sets, ends and lists claims on a user's status.

use super::args::one_of;
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::claim_line;
use crate::app::App;
use crate::domain::{Claim, ClaimSource, Timestamp, UserStatus};
use crate::service::claims::{self, NewClaim};
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
                let end = end.map_or_else(String::new, |end| format!(" until {end}"));
                claims::set(app, &username, new).await?;
                Ok(format!("{username} is now {}{end}.\n", status.as_str()))
            }
            Self::End {
                user: Username { username },
                source: Source { source },
            } => {
                claims::end(app, &username, source).await?;
                Ok(format!(
                    "Ended the {} claim of {username}.\n",
                    source.as_str()
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
