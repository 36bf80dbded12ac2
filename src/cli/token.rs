//! `doorsign token`: creates, lists and revokes personal access tokens.

use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::login_line;
use crate::app::App;
use crate::domain::Login;
use crate::service::users;
use clap::{Args, Subcommand, value_parser};
use std::time::Duration;

const LISTING: Listing = Listing("logins and tokens", &["name", "created", "expires"]);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a token and print the two headers to send
    Create {
        #[command(flatten)]
        token: Token,
        /// Days until the token expires; without it, the token is valid until you revoke it
        #[arg(long, value_name = "DAYS", value_parser = value_parser!(u32).range(1..=36500))]
        expires: Option<u32>,
    },
    /// List a user's logins and tokens: name, creation, end
    List {
        /// Username
        #[arg(value_name = "USER")]
        username: String,
        #[command(flatten)]
        format: Format,
    },
    /// Revoke a token at once
    Revoke(Token),
}

#[derive(Args)]
pub(super) struct Token {
    /// Username
    #[arg(value_name = "USER")]
    username: String,
    /// Name of the token
    #[arg(long)]
    name: String,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, zone: &Zone) -> Outcome<String> {
        match self {
            Self::Create {
                token: Token { username, name },
                expires,
            } => {
                let life = expires.map(|days| DAY * days);
                let (id, token) = users::create_token(app, &username, &name, life).await?;
                Ok(format!(
                    "X-User-Id: {}\nX-Auth-Token: {token}\n",
                    id.as_str()
                ))
            }
            Self::List { username, format } => {
                let logins = users::list_logins(app, &username).await?;
                Ok(format.print(&LISTING, &logins, |login| cells(login, zone), login_line))
            }
            Self::Revoke(Token { username, name }) => {
                users::revoke_token(app, &username, &name).await?;
                Ok(format!("Revoked the token {name} of {username}.\n"))
            }
        }
    }

    /// Whether it signs a token.
    pub(super) fn signs(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

fn cells(login: &Login, zone: &Zone) -> Vec<String> {
    let name = login.token_name().unwrap_or("(login)");
    let end = login.expires_at.map(|end| zone.date(end));
    vec![
        name.to_owned(),
        zone.date(login.created_at),
        end.unwrap_or_else(|| "never".to_owned()),
    ]
}
