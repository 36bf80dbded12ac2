//! `doorsign claim`: sets, ends and lists claims on a user's status.

use super::args::one_of;
use super::output::{Outcome, date};
use crate::app::App;
use crate::domain::{Claim, ClaimSource, UserStatus};
use crate::service::claims::{self, NewClaim};
use clap::{Args, Subcommand, value_parser};
use std::time::Duration;

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
        /// Minutes until the claim ends; without it, the claim lasts until you end it
        #[arg(long, value_parser = value_parser!(u32).range(1..=52_560_000))]
        minutes: Option<u32>,
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
    /// List a user's claims, the visible one first
    List(Username),
}

#[derive(Args)]
pub(super) struct Username {
    /// Username
    #[arg(value_name = "USER")]
    username: String,
}

#[derive(Args)]
pub(super) struct Source {
    /// Source of the claim; internal (a call) is shown rather than external (a calendar)
    #[arg(long, value_parser = one_of(&ClaimSource::ALL, ClaimSource::as_str), default_value = "external")]
    source: ClaimSource,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App) -> Outcome<String> {
        match self {
            Self::Set {
                user: Username { username },
                status,
                text,
                minutes,
                source: Source { source },
            } => {
                let life = minutes.map(|minutes| MINUTE * minutes);
                claims::set(
                    app,
                    &username,
                    NewClaim {
                        source,
                        status,
                        text,
                        life,
                    },
                )
                .await?;
                Ok(format!("{username} is now {}.\n", status.as_str()))
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
            Self::List(Username { username }) => {
                let claims = claims::list(app, &username).await?;
                Ok(claims.iter().map(line).collect())
            }
        }
    }
}

fn line(claim: &Claim) -> String {
    let (source, status) = (claim.source.as_str(), claim.status.as_str());
    let end = claim.expires_at.map_or("never".to_owned(), date);
    let text = claim.text.as_str().escape_debug();
    format!("{source}\t{status}\texpires {end}\t{text}\n")
}
