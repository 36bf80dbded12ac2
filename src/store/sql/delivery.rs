//! Delivery records in SQL.

use super::{Row, Sql, values};
use crate::domain::{DeliveryRecord, DeliveryState, Error, EventId, Result};
use crate::store::FailedDelivery;

/// The columns that [`read`] expects.
pub(super) const COLUMNS: &str = "event_id, state, attempts, reason, notes, at, next_at";

/// Reads a record from a row of [`COLUMNS`].
pub(super) fn read(row: &impl Row) -> Result<DeliveryRecord> {
    Ok(DeliveryRecord {
        event: row.get(0)?,
        state: state(row.get(1)?)?,
        attempts: row.get(2)?,
        reason: row.get(3)?,
        notes: row.get(4)?,
        at: row.get(5)?,
        next_at: row.get(6)?,
    })
}

/// Returns the state with this name. The table's CHECK allows no other name.
pub(super) fn state(name: &str) -> Result<DeliveryState> {
    DeliveryState::named(name).ok_or_else(|| Error::internal(format!("unknown state {name:?}")))
}

/// Stores a record. The last failure reason is kept when the delivery finally succeeds.
pub(super) fn put(sql: &impl Sql, consumer: &str, record: &DeliveryRecord) -> Result<()> {
    sql.run(
        "INSERT INTO delivery (consumer, event_id, state, attempts, reason, notes, at, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (consumer, event_id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
             reason = CASE excluded.reason WHEN '' THEN delivery.reason ELSE excluded.reason END,
             notes = excluded.notes, at = excluded.at, next_at = excluded.next_at",
        values![
            consumer,
            record.event,
            record.state.as_str(),
            record.attempts,
            &record.reason,
            &record.notes,
            record.at,
            record.next_at,
        ],
    )
}

/// Returns the first event after `cursor` that waits for a retry. Retries at or before the cursor
/// block nothing and are ignored.
pub(super) fn failed(
    sql: &impl Sql,
    consumer: &str,
    cursor: EventId,
) -> Result<Option<FailedDelivery>> {
    sql.first(
        "SELECT event_id, attempts, at, coalesce(next_at, at) FROM delivery
         WHERE consumer = $1 AND event_id > $2 AND state = 'retrying' ORDER BY event_id LIMIT 1",
        values![consumer, cursor],
        |row| {
            Ok(FailedDelivery {
                event: row.get(0)?,
                attempts: row.get(1)?,
                at: row.get(2)?,
                next_at: row.get(3)?,
            })
        },
    )
}

/// Returns the first event that was given up and is to be retried.
pub(super) fn again(sql: &impl Sql, consumer: &str) -> Result<Option<(EventId, u32)>> {
    sql.first(
        "SELECT event_id, attempts FROM delivery WHERE consumer = $1 AND state = 'again' ORDER BY event_id LIMIT 1",
        values![consumer],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Deletes the records of events up to `last`. Selects by consumer so that the primary key applies.
pub(super) fn sweep(sql: &impl Sql, last: EventId) -> Result<()> {
    sql.run(
        "DELETE FROM delivery WHERE consumer IN (SELECT name FROM consumer) AND event_id <= $1",
        values![last],
    )
}
