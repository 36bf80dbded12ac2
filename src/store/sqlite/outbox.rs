//! SQL of the outbox: events, who has read how far, and what was given up. Knows nothing of delivery, nor of what is in a payload.

use super::{SqliteStore, error, payload};
use crate::domain::{Event, EventId, NewEvent, Result, Timestamp};
use crate::store::{Outbox, Parked, StoredEvent};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl Outbox for SqliteStore {
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>> {
        self.readers.read(move |c| after(c, cursor, limit)).await
    }

    async fn cursor(&self, consumer: &str) -> Result<EventId> {
        let consumer = consumer.to_owned();
        self.writer.write(move |c| cursor(c, &consumer)).await
    }

    async fn advance(&self, consumer: &str, cursor: EventId, parked: Vec<Parked>) -> Result<()> {
        let consumer = consumer.to_owned();
        self.writer
            .write(move |c| advance(c, &consumer, cursor, &parked))
            .await
    }
}

pub(super) fn append(connection: &Connection, event: &NewEvent) -> Result<()> {
    let (kind, payload) = payload::encode(event)?;
    connection
        .prepare_cached("INSERT INTO event (kind, payload, created_at) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute(params![kind, payload, event.at.as_millis()]))
        .map(drop)
        .map_err(|e| error(&e))
}

/// The position of the newest event; 0 when there is none.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<EventId> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?
        .query_row([], |row| row.get(0))
        .map(event_id)
}

pub(super) fn after(
    connection: &Connection,
    cursor: EventId,
    limit: usize,
) -> rusqlite::Result<Vec<StoredEvent>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, payload, created_at FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = statement.query_map(
        params![number(cursor), i64::try_from(limit).unwrap_or(i64::MAX)],
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
            payload::decode(&kind, &payload, at).map_or_else(
                |e| Err((id, e.to_string())),
                |event| Ok(Event { id, event }),
            )
        })
    })
    .collect()
}

pub(super) fn cursor(connection: &Connection, consumer: &str) -> Result<EventId> {
    let found = connection
        .query_row(
            "SELECT cursor FROM consumer WHERE name = ?1",
            [consumer],
            |row| row.get(0),
        )
        .optional()
        .map_err(|e| error(&e))?;
    if let Some(cursor) = found {
        return Ok(event_id(cursor));
    }
    let newest = newest(connection).map_err(|e| error(&e))?;
    connection
        .execute(
            "INSERT INTO consumer (name, cursor) VALUES (?1, ?2)",
            params![consumer, number(newest)],
        )
        .map_err(|e| error(&e))?;
    Ok(newest)
}

pub(super) fn advance(
    connection: &Connection,
    consumer: &str,
    cursor: EventId,
    parked: &[Parked],
) -> Result<()> {
    let write = || {
        for event in parked {
            connection
                .prepare_cached("INSERT OR REPLACE INTO parked (consumer, event_id, reason, attempts, parked_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![consumer, number(event.event), event.reason, event.attempts, event.at.as_millis()])?;
        }
        connection
            .prepare_cached("UPDATE consumer SET cursor = ?2 WHERE name = ?1")?
            .execute(params![consumer, number(cursor)])
    };
    write().map(drop).map_err(|e| error(&e))
}

fn event_id(number: i64) -> EventId {
    EventId::new(u64::try_from(number).unwrap_or(0))
}

fn number(id: EventId) -> i64 {
    i64::try_from(id.as_u64()).unwrap_or(i64::MAX)
}
