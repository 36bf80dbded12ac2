//! `doorsign hooks`: shows hooks and manages their deliveries.

use super::args::{OPERATOR, instant, one_of};
use super::output::{Outcome, date};
use crate::app::App;
use crate::domain::{DeliveryRecord, DeliveryState, Event, EventId, Hook};
use crate::service::hooks;
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List all hooks: name, kind, state, backlog, parked deliveries, last failure
    List,
    /// List deliveries that failed or left notes
    Deliveries {
        #[command(flatten)]
        hook: Name,
        /// Only deliveries in this state
        #[arg(long, value_parser = one_of(&DeliveryState::ALL, DeliveryState::as_str))]
        state: Option<DeliveryState>,
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
        /// Start of the time span, such as 2026-11-25T10:00:00Z or 2026-11-25
        #[arg(long, value_name = "TIME")]
        since: String,
        /// End of the time span (now by default), such as 2026-11-25T10:00:00Z or 2026-11-25
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
    /// Name of the hook, as `doorsign hooks` lists it
    hook: String,
}

impl Command {
    /// Returns the text to print.
    pub(super) async fn run(self, app: &App) -> Outcome<String> {
        match self {
            Self::List => Ok(hooks::list(app, OPERATOR).await?.iter().map(line).collect()),
            Self::Deliveries {
                hook: Name { hook },
                state,
            } => deliveries(app, &hook, state).await,
            Self::Inspect {
                hook: Name { hook },
                event,
            } => {
                let id = EventId::new(event);
                let (record, event) = hooks::find_delivery(app, OPERATOR, &hook, id).await?;
                Ok(report(&record, event.as_ref()))
            }
            Self::Retry {
                hook: Name { hook },
                event,
            } => {
                let count = hooks::retry(app, OPERATOR, &hook, event.map(EventId::new)).await?;
                Ok(format!(
                    "Retrying {}.\n",
                    counted(count, "delivery", "deliveries")
                ))
            }
            Self::Drop {
                hook: Name { hook },
                event,
            } => {
                hooks::drop_delivery(app, OPERATOR, &hook, EventId::new(event)).await?;
                Ok(format!("Dropped event {event} for {hook}.\n"))
            }
            Self::Replay {
                hook: Name { hook },
                since,
                until,
            } => {
                let (since, until) = (instant(&since)?, until.as_deref().map(instant).transpose()?);
                let count = hooks::replay(app, OPERATOR, &hook, since, until).await?;
                Ok(format!(
                    "Replaying {}.\n",
                    counted(count, "event", "events")
                ))
            }
            Self::Pause(Name { hook }) => {
                hooks::pause(app, OPERATOR, &hook).await?;
                Ok(format!("Paused {hook}.\n"))
            }
            Self::Resume(Name { hook }) => {
                hooks::resume(app, OPERATOR, &hook).await?;
                Ok(format!("Resumed {hook}.\n"))
            }
        }
    }
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

async fn deliveries(app: &App, hook: &str, state: Option<DeliveryState>) -> Outcome<String> {
    let (mut lines, mut after) = (String::new(), EventId::default());
    loop {
        let page = hooks::list_deliveries(app, OPERATOR, hook, state, after).await?;
        lines.extend(page.iter().map(delivery_line));
        match page.last() {
            Some(last) if page.len() == hooks::PAGE => after = last.event,
            _ => return Ok(lines),
        }
    }
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

/// Everything about a delivery and its event, one row each.
fn report(record: &DeliveryRecord, event: Option<&Event>) -> String {
    let row = |name: &str, value: String| format!("{name:<10}{value}\n");
    let mut text = row("event", record.event.as_u64().to_string());
    if let Some(Event { event, .. }) = event {
        text += &row(
            "happened",
            format!("{}, by {}", date(event.at), event.actor_name.as_str()),
        );
    }
    text += &row("state", record.state.as_str().to_owned());
    text += &row("attempts", record.attempts.to_string());
    text += &row("last", date(record.at));
    text += &record
        .next_at
        .map(|next| row("next", date(next)))
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
