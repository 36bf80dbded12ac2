//! `doorsign webhook`: manages webhooks.

use super::args::OPERATOR;
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::webhook_line;
use crate::app::App;
use crate::domain::Webhook;
use crate::service::webhooks::{self, NewWebhook};
use clap::{ArgAction, Args, Subcommand};

const LISTING: Listing = Listing("webhooks", &["name", "url", "events", "added"]);

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
    /// List all webhooks: name, URL, types of events, when they were added
    List(Format),
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
    pub(super) async fn run(self, app: &App, zone: &Zone) -> Outcome<String> {
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
            Self::List(format) => {
                let (listed, now) = (webhooks::list(app, OPERATOR).await?, app.clock.now());
                let object = |webhook: &_| webhook_line(webhook, now);
                Ok(format.print(&LISTING, &listed, |webhook| cells(webhook, zone), object))
            }
            Self::Test(Name { name }) => {
                let name = webhooks::resolve(app, OPERATOR, &name).await?;
                let status = webhooks::test(app, OPERATOR, &name).await??;
                Ok(format!("{name} responded with {status}.\n"))
            }
            Self::Rotate(Name { name }) => {
                let name = webhooks::resolve(app, OPERATOR, &name).await?;
                let secret = webhooks::rotate(app, OPERATOR, &name).await?;
                Ok(format!("{}\n", secret.text))
            }
            Self::Disable(Name { name }) => {
                let name = webhooks::resolve(app, OPERATOR, &name).await?;
                webhooks::disable(app, OPERATOR, &name).await?;
                Ok(format!("Disabled {name}.\n"))
            }
            Self::Enable(Name { name }) => {
                let name = webhooks::resolve(app, OPERATOR, &name).await?;
                webhooks::enable(app, OPERATOR, &name).await?;
                Ok(format!("Enabled {name}.\n"))
            }
            Self::Remove(Name { name }) => {
                let name = webhooks::resolve(app, OPERATOR, &name).await?;
                webhooks::remove(app, OPERATOR, &name).await?;
                Ok(format!("Removed {name}.\n"))
            }
        }
    }
}

fn cells(webhook: &Webhook, zone: &Zone) -> Vec<String> {
    let kinds = if webhook.kinds.is_empty() {
        "all".to_owned()
    } else {
        webhook.kinds.join(",")
    };
    vec![
        webhook.name.as_str().to_owned(),
        webhook.url.clone(),
        kinds,
        zone.date(webhook.created_at),
    ]
}
