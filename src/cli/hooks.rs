//! `doorsign hooks`: shows hooks and manages their deliveries.

use super::args::{OPERATOR, one_of};
use super::output::Outcome;
use super::table::{Format, Listing};
use super::time::Zone;
use crate::api::{delivery_line, hook_line};
use crate::app::App;
use crate::domain::{DeliveryRecord, DeliveryState, Event, EventId, Hook};
use crate::service::hooks;
use clap::{Args, Subcommand};

const HOOKS: Listing = Listing(
    "hooks",
    &["name", "kind", "state", "backlog", "parked", "last failure"],
);
const DELIVERIES: Listing = Listing(
    "deliveries that failed or left notes",
    &["event", "state", "attempts", "last attempt", "reason"],
);

#[derive(Subcommand)]
pub(super) enum Command {
    /// List all hooks: name, kind, state, backlog, parked deliveries, last failure
    List(Format),
    /// List deliveries that failed or left notes: event, state, attempts, last attempt, reason
    Deliveries {
        #[command(flatten)]
        hook: Name,
        /// Only deliveries in this state
        #[arg(long, value_parser = one_of(&DeliveryState::ALL, DeliveryState::as_str))]
        state: Option<DeliveryState>,
        #[command(flatten)]
        format: Format,
    },
    /// Print everything about one delivery
    Inspect {
        #[command(flatten)]
        hook: Name,
        /// Number of the event
        event: u64,
    },
    /// Retry a delivery now; without an event, all failed ones
    Retry {
        #[command(flatten)]
        hook: Name,
        /// Number of the event
        event: Option<u64>,
    },
    /// Give up a delivery for good
    Drop {
        #[command(flatten)]
        hook: Name,
        /// Number of the event
        event: u64,
    },
    /// Deliver the events of a time span again, in order; then continue
    Replay {
        #[command(flatten)]
        hook: Name,
        /// Start of the time span, such as 2026-11-25, 2026-11-25T10:00 or 2026-11-25T10:00:00Z
        #[arg(long, value_name = "TIME")]
        since: String,
        /// End of the time span (now by default)
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Stop deliveries to a hook until you resume it
    Pause(Name),
    /// Resume deliveries where they stopped
    Resume(Name),
}

#[derive(Args)]
pub(super) struct Name {
    /// Name of the hook, as `doorsign hooks` lists it; `chat` is enough for `webhook-chat`
    hook: String,
}

impl Command {
    /// The list, for people.
    pub(super) fn list() -> Self {
        Self::List(Format::default())
    }

    /// Returns the text to print.
    pub(super) async fn run(self, app: &App, zone: &Zone) -> Outcome<String> {
        match self {
            Self::List(format) => {
                let listed = hooks::list(app, OPERATOR).await?;
                Ok(format.print(&HOOKS, &listed, |hook| cells(hook, zone), hook_line))
            }
            Self::Deliveries {
                hook,
                state,
                format,
            } => {
                let found = deliveries(app, &hook.resolved(app).await?, state).await?;
                let cells = |record: &_| delivery_cells(record, zone);
                Ok(format.print(&DELIVERIES, &found, cells, delivery_line))
            }
            Self::Inspect { hook, event } => {
                let hook = hook.resolved(app).await?;
                let id = EventId::new(event);
                let (record, event) = hooks::find_delivery(app, OPERATOR, &hook, id).await?;
                Ok(report(&record, event.as_ref(), zone))
            }
            Self::Retry { hook, event } => {
                let hook = hook.resolved(app).await?;
                let count = hooks::retry(app, OPERATOR, &hook, event.map(EventId::new)).await?;
                Ok(format!(
                    "Retrying {}.\n",
                    counted(count, "delivery", "deliveries")
                ))
            }
            Self::Drop { hook, event } => {
                let hook = hook.resolved(app).await?;
                hooks::drop_delivery(app, OPERATOR, &hook, EventId::new(event)).await?;
                Ok(format!("Dropped event {event} for {hook}.\n"))
            }
            Self::Replay { hook, since, until } => {
                let hook = hook.resolved(app).await?;
                let instant = |text: &str| zone.instant(text);
                let (since, until) = (instant(&since)?, until.as_deref().map(instant).transpose()?);
                let count = hooks::replay(app, OPERATOR, &hook, since, until).await?;
                Ok(format!(
                    "Replaying {}.\n",
                    counted(count, "event", "events")
                ))
            }
            Self::Pause(hook) => {
                let hook = hook.resolved(app).await?;
                hooks::pause(app, OPERATOR, &hook).await?;
                Ok(format!("Paused {hook}.\n"))
            }
            Self::Resume(hook) => {
                let hook = hook.resolved(app).await?;
                hooks::resume(app, OPERATOR, &hook).await?;
                Ok(format!("Resumed {hook}.\n"))
            }
        }
    }
}

impl Name {
    async fn resolved(&self, app: &App) -> Outcome<String> {
        Ok(hooks::resolve(app, OPERATOR, &self.hook).await?)
    }
}

fn cells(hook: &Hook, zone: &Zone) -> Vec<String> {
    let (state, reason) = hook.state();
    let reason = reason.map_or(String::new(), |reason| format!(": {}", one_line(reason)));
    let failure = hook.last_failure.as_ref().map(|failed| {
        let (event, at) = (failed.event.as_u64(), zone.date(failed.at));
        format!("event {event}, {at}: {}", one_line(&failed.reason))
    });
    vec![
        hook.name.clone(),
        hook.kind.as_str().to_owned(),
        format!("{state}{reason}"),
        hook.lag.to_string(),
        hook.parked.to_string(),
        failure.unwrap_or_default(),
    ]
}

async fn deliveries(
    app: &App,
    hook: &str,
    state: Option<DeliveryState>,
) -> Outcome<Vec<DeliveryRecord>> {
    let (mut found, mut after) = (Vec::new(), EventId::default());
    loop {
        let page = hooks::list_deliveries(app, OPERATOR, hook, state, after).await?;
        let next = page.last().filter(|_| page.len() == hooks::PAGE);
        let next = next.map(|last| last.event);
        found.extend(page);
        match next {
            Some(last) => after = last,
            None => return Ok(found),
        }
    }
}

fn delivery_cells(record: &DeliveryRecord, zone: &Zone) -> Vec<String> {
    vec![
        record.event.as_u64().to_string(),
        record.state.as_str().to_owned(),
        record.attempts.to_string(),
        zone.date(record.at),
        one_line(&record.reason),
    ]
}

/// Everything about a delivery and its event, one row each.
fn report(record: &DeliveryRecord, event: Option<&Event>, zone: &Zone) -> String {
    let row = |name: &str, value: String| format!("{name:<10}{value}\n");
    let mut text = row("event", record.event.as_u64().to_string());
    if let Some(Event { event, .. }) = event {
        text += &row(
            "happened",
            format!("{}, by {}", zone.date(event.at), event.actor_name.as_str()),
        );
    }
    text += &row("state", record.state.as_str().to_owned());
    text += &row("attempts", record.attempts.to_string());
    text += &row("last", zone.date(record.at));
    text += &record
        .next_at
        .map(|next| row("next", zone.date(next)))
        .unwrap_or_default();
    text += &row("reason", one_line(&record.reason));
    if !record.notes.is_empty() {
        text += &format!("notes\n{}\n", printable(&record.notes));
    }
    text
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
