//! SQL of the outbox: events and consumer positions.

use super::space::SpaceClass;
use super::{HOOKS, SqliteStore, audit, delivery, error};
use crate::domain::{
    Attribution, DeliveryRecord, Error, Event, EventId, EventRetention, HookKind, HookPosition,
    NewEvent, Replay, Result, Timestamp,
};
use crate::store::record;
use crate::store::{ConsumerState, Cursor, Outbox, StoredEvent};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl Outbox for SqliteStore {
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>> {
        // Read before the rows: SQLite shows a commit before the signals announce it. Readers of an
        // event rely on versions at least as new, so no event beyond this position is returned.
        let mark = self.marks.newest();
        if cursor >= mark {
            return Ok(Vec::new());
        }
        self.readers
            .read(move |c| between(c, cursor, mark, limit))
            .await
    }

    async fn register(&self, consumer: &str, kind: HookKind) -> Result<Option<ConsumerState>> {
        let consumer = consumer.to_owned();
        let fence = new_fence()?;
        let work = move |c: &Connection| {
            put(c, &consumer, kind, None, fence)?;
            standing(c, &consumer)
        };
        self.writer
            .write(SpaceClass::Common, &[], move |c| {
                work(c).map_err(|e| error(&e))
            })
            .await
    }

    async fn set_missing(&self, consumer: &str, kind: HookKind, missing: String) -> Result<()> {
        let consumer = consumer.to_owned();
        let fence = new_fence()?;
        self.writer
            .write(SpaceClass::Common, &[], move |c| {
                put(c, &consumer, kind, Some(&missing), fence).map_err(|e| error(&e))
            })
            .await
    }

    async fn forget(&self, consumer: &str) -> Result<()> {
        let consumer = consumer.to_owned();
        let work = move |c: &Connection| {
            c.prepare_cached("DELETE FROM consumer WHERE name = ?1")?
                .execute([&consumer])
                .map(drop)
        };
        self.writer
            .write(SpaceClass::Reserve, &[], move |c| {
                work(c).map_err(|e: rusqlite::Error| error(&e))
            })
            .await
    }

    async fn standing(&self, consumer: &str) -> Result<Option<ConsumerState>> {
        let consumer = consumer.to_owned();
        self.readers.read(move |c| standing(c, &consumer)).await
    }

    async fn advance(
        &self,
        consumer: &str,
        place: Cursor,
        records: Vec<DeliveryRecord>,
    ) -> Result<bool> {
        let consumer = consumer.to_owned();
        // In a full file a cursor still moves. Otherwise no event behind it could ever be deleted.
        let space = if records.is_empty() {
            SpaceClass::Reserve
        } else {
            SpaceClass::Common
        };
        self.writer
            .write(space, &[], move |c| {
                advance(c, &consumer, place, &records).map_err(|e| error(&e))
            })
            .await
    }

    async fn disable(
        &self,
        consumer: &str,
        place: Cursor,
        records: Vec<DeliveryRecord>,
        reason: String,
        attribution: Attribution,
    ) -> Result<bool> {
        let consumer = consumer.to_owned();
        let entry = attribution.switched_hook(&consumer, Some(&reason));
        self.writer
            .write(SpaceClass::Common, HOOKS, move |c| {
                let is_moved = advance(c, &consumer, place, &records).map_err(|e| error(&e))?;
                if is_moved {
                    switch_off(c, &consumer, &reason).map_err(|e| error(&e))?;
                    audit::append(c, &entry)?;
                }
                Ok(is_moved)
            })
            .await
    }

    async fn sweep_events(&self, before: Timestamp, limit: usize) -> Result<bool> {
        self.writer
            .write(SpaceClass::Reserve, &[], move |c| {
                sweep(c, before, limit).map_err(|e| error(&e))
            })
            .await
    }
}

pub(super) fn append(connection: &Connection, event: &NewEvent) -> Result<()> {
    let (kind, payload) = record::event::encode(event)?;
    connection
        .prepare_cached("INSERT INTO event (kind, payload, created_at) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute(params![kind, payload, event.at.as_millis()]))
        .map(drop)
        .map_err(|e| error(&e))
}

/// Returns the position of the newest event, or 0 if there is none.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<EventId> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?
        .query_row([], |row| row.get(0))
        .map(event_id)
}

/// Returns at most `limit` events after `cursor`, up to and including `mark`.
fn between(
    connection: &Connection,
    cursor: EventId,
    mark: EventId,
    limit: usize,
) -> rusqlite::Result<Vec<StoredEvent>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, payload, created_at FROM event WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(
        params![
            number(cursor),
            number(mark),
            i64::try_from(limit).unwrap_or(i64::MAX)
        ],
        |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get(3)?,
            ))
        },
    )?;
    rows.map(|row| {
        row.map(|(id, kind, payload, at)| {
            let (id, at) = (event_id(id), Timestamp::from_millis(at));
            record::event::decode(&kind, &payload, at).map_or_else(
                |e| Err((id, e.to_string())),
                |event| Ok(Event { id, event }),
            )
        })
    })
    .collect()
}

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
    connection: &Connection,
    consumer: &str,
    kind: HookKind,
    missing: Option<&str>,
    fence: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO consumer (name, kind, cursor, missing, generation, incarnation) SELECT ?1, ?2, ?3, ?4, ?5, ?5
             WHERE ?2 <> 'webhook' OR EXISTS (SELECT 1 FROM webhook WHERE 'webhook-' || name = ?1)
             ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, missing = excluded.missing",
        )?
        .execute(params![
            consumer,
            kind.as_str(),
            number(newest(connection)?),
            missing,
            fence
        ])
        .map(drop)
}

fn standing(connection: &Connection, consumer: &str) -> rusqlite::Result<Option<ConsumerState>> {
    let mut select = connection.prepare_cached(
        "SELECT cursor, generation, incarnation, off IS NULL, replay_until FROM consumer WHERE name = ?1",
    )?;
    let found = select.query_row([consumer], |row| {
        let cursor = event_id(row.get(0)?);
        Ok(ConsumerState {
            place: Cursor {
                cursor,
                generation: row.get(1)?,
            },
            incarnation: row.get(2)?,
            is_on: row.get(3)?,
            replay_until: row.get::<_, Option<i64>>(4)?.map(event_id),
            failed: delivery::failed(connection, consumer, cursor)?,
            again: delivery::again(connection, consumer)?,
        })
    });
    found.optional()
}

/// Returns the position of a consumer.
pub(super) fn position(
    connection: &Connection,
    consumer: &str,
) -> rusqlite::Result<Option<HookPosition>> {
    connection
        .prepare_cached(
            "SELECT cursor, generation, replay_until, resume_at FROM consumer WHERE name = ?1",
        )?
        .query_row([consumer], |row| {
            let until = row.get::<_, Option<i64>>(2)?.map(event_id);
            let resume_at = row.get::<_, Option<i64>>(3)?.map(event_id);
            let replay = until.zip(resume_at);
            Ok(HookPosition {
                cursor: event_id(row.get(0)?),
                generation: row.get(1)?,
                replay: replay.map(|(until, resume_at)| Replay { until, resume_at }),
            })
        })
        .optional()
}

/// Stores the position of a consumer.
pub(super) fn set_position(
    connection: &Connection,
    consumer: &str,
    position: HookPosition,
) -> rusqlite::Result<()> {
    let replay = position.replay;
    connection
        .prepare_cached(
            "UPDATE consumer SET cursor = ?2, generation = ?3, replay_until = ?4, resume_at = ?5 WHERE name = ?1",
        )?
        .execute(params![
            consumer,
            number(position.cursor),
            position.generation,
            replay.map(|replay| number(replay.until)),
            replay.map(|replay| number(replay.resume_at)),
        ])
        .map(drop)
}

/// Moves a consumer, unless it was moved concurrently.
fn advance(
    connection: &Connection,
    consumer: &str,
    place: Cursor,
    records: &[DeliveryRecord],
) -> rusqlite::Result<bool> {
    let position = position(connection, consumer)?;
    let Some(moved) = position.and_then(|p| p.advanced(place.cursor, place.generation)) else {
        return Ok(false);
    };
    set_position(connection, consumer, moved)?;
    for record in records {
        delivery::put(connection, consumer, record)?;
    }
    Ok(true)
}

fn switch_off(connection: &Connection, consumer: &str, reason: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE consumer SET off = ?2 WHERE name = ?1")?
        .execute([consumer, reason])
        .map(drop)
}

/// Deletes the oldest events.
fn sweep(connection: &Connection, before: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let slowest = connection.query_row(
        "SELECT min(cursor) FROM consumer WHERE off IS NULL AND missing IS NULL",
        [],
        |row| row.get::<_, Option<i64>>(0),
    )?;
    let retention = EventRetention {
        before,
        newest: newest(connection)?,
        slowest: slowest.map(event_id),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut oldest =
        connection.prepare_cached("SELECT id, created_at FROM event ORDER BY id LIMIT ?1")?;
    let rows = oldest.query_map([limit], |row| {
        Ok((event_id(row.get(0)?), Timestamp::from_millis(row.get(1)?)))
    })?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let Some(last) = retention.last_expired(&rows) else {
        return Ok(false);
    };
    connection
        .prepare_cached("DELETE FROM event WHERE id <= ?1")?
        .execute([number(last)])?;
    delivery::sweep(connection, number(last))?;
    Ok(rows.last().is_some_and(|(id, _)| *id == last))
}

pub(super) fn event_id(number: i64) -> EventId {
    EventId::new(u64::try_from(number).unwrap_or(0))
}

pub(super) fn number(id: EventId) -> i64 {
    i64::try_from(id.as_u64()).unwrap_or(i64::MAX)
}
