//! SQL of delivery records.

use super::outbox::{event_id, number};
use crate::domain::{DeliveryRecord, DeliveryState, EventId, Timestamp};
use crate::store::FailedDelivery;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The columns that [`read`] expects.
pub(super) const COLUMNS: &str = "event_id, state, attempts, reason, notes, at, next_at";

impl FromSql for DeliveryState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::named(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<DeliveryRecord> {
    Ok(DeliveryRecord {
        event: event_id(row.get(0)?),
        state: row.get(1)?,
        attempts: row.get(2)?,
        reason: row.get(3)?,
        notes: row.get(4)?,
        at: Timestamp::from_millis(row.get(5)?),
        next_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
    })
}

/// Stores a delivery record. The last failure reason is kept when the delivery finally succeeds.
pub(super) fn put(
    connection: &Connection,
    consumer: &str,
    record: &DeliveryRecord,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO delivery (consumer, event_id, state, attempts, reason, notes, at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (consumer, event_id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
                 reason = iif(excluded.reason = '', reason, excluded.reason), notes = excluded.notes, at = excluded.at,
                 next_at = excluded.next_at",
        )?
        .execute(params![
            consumer,
            number(record.event),
            record.state.as_str(),
            record.attempts,
            record.reason,
            record.notes,
            record.at.as_millis(),
            record.next_at.map(Timestamp::as_millis),
        ])
        .map(drop)
}

/// Returns the first event after `cursor` that waits for a retry. Retries at or before the cursor
/// block nothing and are ignored.
pub(super) fn failed(
    connection: &Connection,
    consumer: &str,
    cursor: EventId,
) -> rusqlite::Result<Option<FailedDelivery>> {
    connection
        .prepare_cached(
            "SELECT event_id, attempts, at, coalesce(next_at, at) FROM delivery
             WHERE consumer = ?1 AND event_id > ?2 AND state = 'retrying' ORDER BY event_id LIMIT 1",
        )?
        .query_row(params![consumer, number(cursor)], |row| {
            Ok(FailedDelivery {
                event: event_id(row.get(0)?),
                attempts: row.get(1)?,
                at: Timestamp::from_millis(row.get(2)?),
                next_at: Timestamp::from_millis(row.get(3)?),
            })
        })
        .optional()
}

/// Returns the first event that was given up and is to be retried.
pub(super) fn again(
    connection: &Connection,
    consumer: &str,
) -> rusqlite::Result<Option<(EventId, u32)>> {
    connection
        .prepare_cached(
            "SELECT event_id, attempts FROM delivery WHERE consumer = ?1 AND state = 'again' ORDER BY event_id LIMIT 1",
        )?
        .query_row([consumer], |row| Ok((event_id(row.get(0)?), row.get(1)?)))
        .optional()
}

/// Deletes the records of events up to `last`. Selects by consumer so that the primary key applies.
pub(super) fn sweep(connection: &Connection, last: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM delivery WHERE consumer IN (SELECT name FROM consumer) AND event_id <= ?1",
        )?
        .execute([last])
        .map(drop)
}
