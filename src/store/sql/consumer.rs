//! The consumers of events in SQL: their positions, and what is wrong with them.

use super::{Row, Sql, delivery, values};
use crate::domain::{DeliveryRecord, Error, HookKind, HookPosition, Replay, Result};
use crate::store::{ConsumerState, Cursor};

/// Returns a random number that no consumer had before, small enough to count up from. The name is
/// not sufficient: a webhook can be removed and added again while an attempt for the first one is
/// running.
pub(super) fn new_fence() -> Result<i64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(i64::from_le_bytes(bytes) & (i64::MAX >> 1))
}

/// Records a consumer as present, or why it is missing. A new one starts after the newest event,
/// with `fence` as its incarnation and first generation. A webhook consumer is only stored while
/// its webhook exists, because the caller may have read the webhook before it was removed.
pub(super) fn put(
    sql: &impl Sql,
    consumer: &str,
    kind: HookKind,
    missing: Option<&str>,
    fence: i64,
) -> Result<()> {
    sql.run(
        "INSERT INTO consumer (name, kind, cursor, missing, generation, incarnation)
         SELECT $1, $2, (SELECT coalesce(max(id), 0) FROM event), $3, $4, $4
         WHERE $2 <> 'webhook' OR EXISTS (SELECT 1 FROM webhook WHERE 'webhook-' || name = $1)
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, missing = excluded.missing",
        values![consumer, kind.as_str(), missing, fence],
    )
}

/// Returns whether the consumer is stored.
pub(super) fn exists(sql: &impl Sql, consumer: &str) -> Result<bool> {
    sql.exists("SELECT 1 FROM consumer WHERE name = $1", values![consumer])
}

/// Deletes a consumer with its delivery records.
pub(super) fn delete(sql: &impl Sql, consumer: &str) -> Result<()> {
    sql.run("DELETE FROM consumer WHERE name = $1", values![consumer])
}

/// Disables a consumer for a reason, or enables it.
pub(super) fn set_off(sql: &impl Sql, consumer: &str, reason: Option<&str>) -> Result<()> {
    sql.run(
        "UPDATE consumer SET off = $1 WHERE name = $2",
        values![reason, consumer],
    )
}

/// Returns the state of a consumer.
pub(super) fn state(sql: &impl Sql, consumer: &str) -> Result<Option<ConsumerState>> {
    let found = sql.first(
        "SELECT cursor, generation, incarnation, off, replay_until FROM consumer WHERE name = $1",
        values![consumer],
        |row| {
            Ok(ConsumerState {
                cursor: Cursor {
                    event: row.get(0)?,
                    generation: row.get(1)?,
                },
                incarnation: row.get(2)?,
                is_on: row.get::<Option<&str>>(3)?.is_none(),
                replay_until: row.get(4)?,
                failed: None,
                again: None,
            })
        },
    )?;
    let Some(state) = found else { return Ok(None) };
    Ok(Some(ConsumerState {
        failed: delivery::failed(sql, consumer, state.cursor.event)?,
        again: delivery::again(sql, consumer)?,
        ..state
    }))
}

/// Returns the position of a consumer.
pub(super) fn position(sql: &impl Sql, consumer: &str) -> Result<Option<HookPosition>> {
    sql.first(
        "SELECT cursor, generation, replay_until, resume_at FROM consumer WHERE name = $1",
        values![consumer],
        |row| {
            let replay = row.get::<Option<_>>(2)?.zip(row.get(3)?);
            Ok(HookPosition {
                cursor: row.get(0)?,
                generation: row.get(1)?,
                replay: replay.map(|(until, resume_at)| Replay { until, resume_at }),
            })
        },
    )
}

/// Stores the position of a consumer.
pub(super) fn set_position(sql: &impl Sql, consumer: &str, position: HookPosition) -> Result<()> {
    let replay = position.replay;
    sql.run(
        "UPDATE consumer SET cursor = $1, generation = $2, replay_until = $3, resume_at = $4 WHERE name = $5",
        values![
            position.cursor,
            position.generation,
            replay.map(|replay| replay.until),
            replay.map(|replay| replay.resume_at),
            consumer,
        ],
    )
}

/// Moves a consumer and stores the records, unless it was moved concurrently.
pub(super) fn advance(
    sql: &impl Sql,
    consumer: &str,
    cursor: Cursor,
    records: &[DeliveryRecord],
) -> Result<bool> {
    let position = position(sql, consumer)?;
    let Some(moved) = position.and_then(|p| p.advanced(cursor.event, cursor.generation)) else {
        return Ok(false);
    };
    set_position(sql, consumer, moved)?;
    for record in records {
        delivery::put(sql, consumer, record)?;
    }
    Ok(true)
}
