//! The outbox in SQL: events and consumer positions.

use super::signal::HOOKS;
use super::{Engine, Row, SpaceClass, Sql, audit, consumer, delivery, values};
use crate::domain::{
    Attribution, DeliveryRecord, Event, EventId, EventRetention, HookKind, NewEvent, Result,
    Timestamp,
};
use crate::store::record;
use crate::store::{ConsumerState, Cursor, Outbox, StoredEvent};
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Outbox for E {
    async fn events_after(&self, cursor: EventId, limit: usize) -> Result<Vec<StoredEvent>> {
        // Read before the rows: a commit is visible before the signals announce it. Readers of an
        // event rely on versions at least as new, so no event beyond this position is returned.
        let mark = self.signals().newest();
        if cursor >= mark {
            return Ok(Vec::new());
        }
        self.read(move |sql| between(sql, cursor, mark, limit))
            .await
    }

    async fn register(&self, consumer: &str, kind: HookKind) -> Result<Option<ConsumerState>> {
        let (consumer, fence) = (consumer.to_owned(), consumer::new_fence()?);
        self.write(SpaceClass::Common, &[], move |sql| {
            consumer::put(sql, &consumer, kind, None, fence)?;
            consumer::state(sql, &consumer)
        })
        .await
    }

    async fn set_missing(&self, consumer: &str, kind: HookKind, missing: String) -> Result<()> {
        let (consumer, fence) = (consumer.to_owned(), consumer::new_fence()?);
        self.write(SpaceClass::Common, &[], move |sql| {
            consumer::put(sql, &consumer, kind, Some(&missing), fence)
        })
        .await
    }

    async fn forget(&self, consumer: &str) -> Result<()> {
        let consumer = consumer.to_owned();
        self.write(SpaceClass::Reserve, &[], move |sql| {
            consumer::delete(sql, &consumer)
        })
        .await
    }

    async fn consumer_state(&self, consumer: &str) -> Result<Option<ConsumerState>> {
        let consumer = consumer.to_owned();
        self.read(move |sql| consumer::state(sql, &consumer)).await
    }

    async fn advance(
        &self,
        consumer: &str,
        cursor: Cursor,
        records: Vec<DeliveryRecord>,
    ) -> Result<bool> {
        let consumer = consumer.to_owned();
        // In a full database a cursor still moves. Otherwise no event behind it could ever be
        // deleted.
        let space = if records.is_empty() {
            SpaceClass::Reserve
        } else {
            SpaceClass::Common
        };
        self.write(space, &[], move |sql| {
            consumer::advance(sql, &consumer, cursor, &records)
        })
        .await
    }

    async fn disable(
        &self,
        consumer: &str,
        cursor: Cursor,
        records: Vec<DeliveryRecord>,
        reason: String,
        attribution: Attribution,
    ) -> Result<bool> {
        let consumer = consumer.to_owned();
        let entry = attribution.switched_hook(&consumer, Some(&reason));
        self.write(SpaceClass::Common, HOOKS, move |sql| {
            let is_moved = consumer::advance(sql, &consumer, cursor, &records)?;
            if is_moved {
                consumer::set_off(sql, &consumer, Some(&reason))?;
                audit::append(sql, &entry)?;
            }
            Ok(is_moved)
        })
        .await
    }

    async fn sweep_events(&self, before: Timestamp, limit: usize) -> Result<bool> {
        self.write(SpaceClass::Reserve, &[], move |sql| {
            sweep(sql, before, limit)
        })
        .await
    }
}

/// Appends an event in the open transaction.
pub(super) fn append(sql: &impl Sql, event: &NewEvent) -> Result<()> {
    let (kind, payload) = record::event::encode(event)?;
    sql.run(
        "INSERT INTO event (kind, payload, created_at) VALUES ($1, $2, $3)",
        values![kind, &payload, event.at],
    )
}

/// Selects the position of the newest event, or 0 if there is none.
pub const NEWEST_EVENT: &str = "SELECT coalesce(max(id), 0) FROM event";

/// Returns the position of the newest event, or 0 if there is none.
pub fn newest(sql: &impl Sql) -> Result<EventId> {
    sql.only(NEWEST_EVENT, &[])
}

/// Returns at most `limit` events after `cursor`, up to and including `mark`.
fn between(
    sql: &impl Sql,
    cursor: EventId,
    mark: EventId,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    sql.all(
        "SELECT id, kind, payload, created_at FROM event WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
        values![cursor, mark, limit],
        |row| {
            let id = row.get(0)?;
            let event = record::event::decode(row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(match event {
                Ok(event) => Ok(Event { id, event }),
                Err(unreadable) => Err((id, unreadable.to_string())),
            })
        },
    )
}

/// Deletes the oldest events.
fn sweep(sql: &impl Sql, before: Timestamp, limit: usize) -> Result<bool> {
    let retention = EventRetention {
        before,
        newest: newest(sql)?,
        slowest: sql.only(
            "SELECT min(cursor) FROM consumer WHERE off IS NULL AND missing IS NULL",
            &[],
        )?,
    };
    let rows: Vec<(EventId, Timestamp)> = sql.all(
        "SELECT id, created_at FROM event ORDER BY id LIMIT $1",
        values![limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some(last) = retention.last_expired(&rows) else {
        return Ok(false);
    };
    sql.run("DELETE FROM event WHERE id <= $1", values![last])?;
    delivery::sweep(sql, last)?;
    Ok(rows.last().is_some_and(|(id, _)| *id == last))
}
