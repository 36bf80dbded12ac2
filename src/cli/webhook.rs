//! `doorsign webhook`: manages webhooks.

use super::args::OPERATOR;
use super::output::{Outcome, date};
use crate::app::App;
use crate::domain::Webhook;
use crate::service::webhooks::{self, NewWebhook};
use clap::{ArgAction, Args, Subcommand};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a webhook and print its signing secret (shown only once)
    Add {
        #[command(flatten)]
        webhook: Name,
        /// URL to send events to: http or https
        url: String,
        /// Types of events, separated by commas, such as `presence.changed` or
        /// `custom_user_status.*`; all by default
        #[arg(long, value_name = "TYPES", value_delimiter = ',', action = ArgAction::Set)]
        events: Vec<String>,
    },
    /// List all webhooks
    List,
    /// Send a test message and print the response
    Test(Name),
    /// Create a new signing secret and print it; the old one stays valid for a day
    Rotate(Name),
    /// Stop deliveries to a webhook
    Disable(Name),
    /// Resume deliveries where they stopped
    Enable(Name),
    /// Remove a webhook with the records of its deliveries
    Remove(Name),
}

#[derive(Args)]
pub(super) struct Name {
    /// Name of the webhook: a-z, 0-9 and -
    #[arg(value_name = "WEBHOOK")]
    name: String,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App) -> Outcome<String> {
        match self {
            Self::Add {
                webhook: Name { name },
                url,
                events: kinds,
            } => {
                let added = webhooks::add(app, OPERATOR, NewWebhook { name, url, kinds }).await?;
                let secret = added.secrets.first().map_or("", |secret| &secret.text);
                Ok(format!("{secret}\n"))
            }
            Self::List => Ok(webhooks::list(app, OPERATOR)
                .await?
                .iter()
                .map(line)
                .collect()),
            Self::Test(Name { name }) => {
                let status = webhooks::test(app, OPERATOR, &name).await??;
                Ok(format!("{name} responded with {status}.\n"))
            }
            Self::Rotate(Name { name }) => {
                let secret = webhooks::rotate(app, OPERATOR, &name).await?;
                Ok(format!("{}\n", secret.text))
            }
            Self::Disable(Name { name }) => {
                webhooks::disable(app, OPERATOR, &name).await?;
                Ok(format!("Disabled {name}.\n"))
            }
            Self::Enable(Name { name }) => {
                webhooks::enable(app, OPERATOR, &name).await?;
                Ok(format!("Enabled {name}.\n"))
            }
            Self::Remove(Name { name }) => {
                webhooks::remove(app, OPERATOR, &name).await?;
                Ok(format!("Removed {name}.\n"))
            }
        }
    }
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
