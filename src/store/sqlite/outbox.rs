//! SQL of the outbox: events, who has read how far, and what was given up. Owns the shape in which an event is stored, so that the
//! domain can be renamed without touching old rows. Knows nothing of delivery.

use super::{SqliteStore, error};
use crate::domain::{
    Change, ClaimSource, CustomStatus, Error, Event, EventId, NewEvent, Result, StatusChange,
    StatusId, StatusName, StatusText, StatusType, Timestamp, UserId, UserStatus, Username,
};
use crate::store::{Outbox, Parked, StoredEvent};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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

/// What `event.payload` holds of a custom status, as JSON.
#[derive(Serialize, Deserialize)]
struct StatusPayload<'a> {
    actor_id: Cow<'a, str>,
    actor_username: Cow<'a, str>,
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    status_type: Cow<'a, str>,
    updated_at: i64,
}

/// What `event.payload` holds of somebody's own status, as JSON.
#[derive(Serialize, Deserialize)]
struct PresencePayload<'a> {
    actor_id: Cow<'a, str>,
    actor_username: Cow<'a, str>,
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    status: Cow<'a, str>,
    text: Cow<'a, str>,
    source: Option<Cow<'a, str>>,
    expires_at: Option<i64>,
}

const CREATED: &str = "custom_user_status.created";
const UPDATED: &str = "custom_user_status.updated";
const DELETED: &str = "custom_user_status.deleted";
const PRESENCE: &str = "presence.changed";

pub(super) fn append(connection: &Connection, event: &NewEvent) -> Result<()> {
    let (kind, payload) = match &event.change {
        Change::StatusCreated(status) => (CREATED, status_payload(event, status)),
        Change::StatusUpdated(status) => (UPDATED, status_payload(event, status)),
        Change::StatusDeleted(status) => (DELETED, status_payload(event, status)),
        Change::PresenceChanged(change) => (PRESENCE, presence_payload(event, change)),
    };
    let payload = payload.map_err(Error::internal)?;
    connection
        .prepare_cached("INSERT INTO event (kind, payload, created_at) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute(params![kind, payload, event.at.as_millis()]))
        .map(drop)
        .map_err(|e| error(&e))
}

fn status_payload(event: &NewEvent, status: &CustomStatus) -> serde_json::Result<String> {
    serde_json::to_string(&StatusPayload {
        actor_id: event.actor.as_str().into(),
        actor_username: event.actor_name.as_str().into(),
        id: status.id.as_str().into(),
        name: status.name.as_str().into(),
        status_type: status.status_type.as_str().into(),
        updated_at: status.updated_at.as_millis(),
    })
}

fn presence_payload(event: &NewEvent, change: &StatusChange) -> serde_json::Result<String> {
    serde_json::to_string(&PresencePayload {
        actor_id: event.actor.as_str().into(),
        actor_username: event.actor_name.as_str().into(),
        user_id: change.user.as_str().into(),
        username: change.username.as_str().into(),
        status: change.status.as_str().into(),
        text: change.text.as_str().into(),
        source: change.source.map(|source| source.as_str().into()),
        expires_at: change.expires_at.map(Timestamp::as_millis),
    })
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
            decode(&kind, &payload, at).map_or_else(
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

fn decode(kind: &str, payload: &str, at: Timestamp) -> Result<NewEvent> {
    if kind == PRESENCE {
        return decode_presence(payload, at);
    }
    let payload: StatusPayload<'_> = serde_json::from_str(payload).map_err(Error::internal)?;
    let status = CustomStatus {
        id: StatusId::new(payload.id),
        name: StatusName::stored(payload.name.into_owned()),
        status_type: StatusType::parse(payload.status_type.into_owned())?,
        updated_at: Timestamp::from_millis(payload.updated_at),
    };
    let change = match kind {
        CREATED => Change::StatusCreated(status),
        UPDATED => Change::StatusUpdated(status),
        DELETED => Change::StatusDeleted(status),
        _ => {
            return Err(Error::internal(format!("its kind {kind:?} is unknown")));
        }
    };
    Ok(NewEvent {
        at,
        actor: UserId::new(payload.actor_id),
        actor_name: Username::stored(payload.actor_username.into_owned()),
        change,
    })
}

fn decode_presence(payload: &str, at: Timestamp) -> Result<NewEvent> {
    let payload: PresencePayload<'_> = serde_json::from_str(payload).map_err(Error::internal)?;
    let status = UserStatus::named(&payload.status)
        .ok_or_else(|| Error::internal(format!("its status {:?} is unknown", payload.status)))?;
    let change = StatusChange {
        user: UserId::new(payload.user_id),
        username: Username::stored(payload.username.into_owned()),
        status,
        text: StatusText::new(&payload.text),
        source: payload.source.as_deref().and_then(ClaimSource::named),
        expires_at: payload.expires_at.map(Timestamp::from_millis),
    };
    Ok(NewEvent {
        at,
        actor: UserId::new(payload.actor_id),
        actor_name: Username::stored(payload.actor_username.into_owned()),
        change: Change::PresenceChanged(change),
    })
}

fn event_id(number: i64) -> EventId {
    EventId::new(u64::try_from(number).unwrap_or(0))
}

fn number(id: EventId) -> i64 {
    i64::try_from(id.as_u64()).unwrap_or(i64::MAX)
}
