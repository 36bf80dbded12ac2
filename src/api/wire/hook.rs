//! Hooks and their deliveries as JSON. The shape is ours: Rocket.Chat has none.

use super::event::EventRow;
use crate::api::wire::date::Rfc3339;
use crate::domain::{DeliveryRecord, Event, Hook};
use serde::Serialize;

/// The response to `hooks.list`.
#[derive(Serialize)]
pub(in crate::api) struct HookList<'a> {
    hooks: Vec<HookRow<'a>>,
}

/// A hook.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HookRow<'a> {
    name: &'a str,
    kind: &'static str,
    /// `running`, `retrying`, `replaying`, `off` or `missing`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    position: u64,
    lag: u64,
    parked: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<DeliveryRow<'a>>,
}

/// The events that are left to replay: the first and the last.
#[derive(Serialize)]
struct Span {
    from: u64,
    until: u64,
}

/// A delivery.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryRow<'a> {
    event_id: u64,
    state: &'static str,
    attempts: u32,
    reason: &'a str,
    notes: &'a str,
    at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventRow<'a>>,
}

/// The response to `hooks.deliveries`: one page, and the `after` of the next one.
#[derive(Serialize)]
pub(in crate::api) struct DeliveryPage<'a> {
    deliveries: Vec<DeliveryRow<'a>>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// The response to `hooks.delivery`.
#[derive(Serialize)]
pub(in crate::api) struct DeliveryReply<'a> {
    delivery: DeliveryRow<'a>,
}

/// The number of affected deliveries or events.
#[derive(Serialize)]
pub(in crate::api) struct CountReply {
    count: u64,
}

impl<'a> From<&'a [Hook]> for HookList<'a> {
    fn from(hooks: &'a [Hook]) -> Self {
        Self {
            hooks: hooks.iter().map(HookRow::from).collect(),
        }
    }
}

impl<'a> From<&'a Hook> for HookRow<'a> {
    fn from(hook: &'a Hook) -> Self {
        let (state, reason) = hook.state();
        Self {
            name: &hook.name,
            kind: hook.kind.as_str(),
            state,
            reason,
            position: hook.cursor.as_u64(),
            lag: hook.lag,
            parked: hook.parked,
            replay: hook.replay.map(|(from, until)| Span {
                from: from.as_u64(),
                until: until.as_u64(),
            }),
            last_failure: hook.last_failure.as_ref().map(DeliveryRow::from),
        }
    }
}

impl<'a> From<&'a DeliveryRecord> for DeliveryRow<'a> {
    fn from(record: &'a DeliveryRecord) -> Self {
        Self {
            event_id: record.event.as_u64(),
            state: record.state.as_str(),
            attempts: record.attempts,
            reason: &record.reason,
            notes: &record.notes,
            at: record.at.into(),
            next_at: record.next_at.map(Into::into),
            event: None,
        }
    }
}

impl<'a> DeliveryPage<'a> {
    /// Creates a page of at most `most` deliveries.
    pub(in crate::api) fn new(records: &'a [DeliveryRecord], most: usize) -> Self {
        let last = records.last().filter(|_| records.len() >= most);
        Self {
            deliveries: records.iter().map(DeliveryRow::from).collect(),
            next: last.map(|record| record.event.as_u64()),
        }
    }
}

impl<'a> DeliveryReply<'a> {
    pub(in crate::api) fn new(record: &'a DeliveryRecord, event: Option<&'a Event>) -> Self {
        Self {
            delivery: DeliveryRow {
                event: event.map(EventRow::from),
                ..record.into()
            },
        }
    }
}

impl From<u64> for CountReply {
    fn from(count: u64) -> Self {
        Self { count }
    }
}
