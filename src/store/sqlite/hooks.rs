//! SQL of hook administration.

use super::outbox::{event_id, newest, number};
use super::space::SpaceClass;
use super::{HOOKS, SqliteStore, audit, delivery, error, outbox};
use crate::domain::{
    Action, Attribution, DeliveryRecord, DeliveryState, Error, EventId, Hook, HookKind, Result,
    Timestamp, What,
};
use crate::store::Hooks;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::watch;

#[async_trait]
impl Hooks for SqliteStore {
    fn hooks_changed(&self) -> watch::Receiver<()> {
        self.marks.hooks()
    }

    async fn list_hooks(&self) -> Result<Vec<Hook>> {
        self.readers.read(list).await
    }

    async fn list_deliveries(
        &self,
        hook: &str,
        state: Option<DeliveryState>,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>> {
        let name = hook.to_owned();
        let found = self
            .readers
            .read(move |c| deliveries(c, &name, state, after, limit))
            .await?;
        found.ok_or_else(|| unknown(hook))
    }

    async fn retry_deliveries(
        &self,
        hook: &str,
        event: Option<EventId>,
        attribution: Attribution,
    ) -> Result<u64> {
        let entry = attribution.delivery(Action::DeliveriesRetried, hook, event);
        self.look_after(hook, move |c, hook| {
            let count = retry(c, hook, event)?;
            audit::append(c, &entry)?;
            Ok(count)
        })
        .await
    }

    async fn drop_delivery(
        &self,
        hook: &str,
        event: EventId,
        attribution: Attribution,
    ) -> Result<()> {
        let entry = attribution.delivery(Action::DeliveryDropped, hook, Some(event));
        self.look_after(hook, move |c, hook| {
            give_up(c, hook, event)?;
            audit::append(c, &entry)
        })
        .await
    }

    async fn replay(
        &self,
        hook: &str,
        since: Timestamp,
        until: Timestamp,
        attribution: Attribution,
    ) -> Result<u64> {
        let span = self.readers.read(move |c| span(c, since, until)).await?;
        self.look_after(hook, move |c, hook| {
            let count = span
                .map_or(Ok(0), |span| replay(c, hook, span))
                .map_err(|e| error(&e))?;
            audit::append(c, &attribution.clone().replayed_hook(hook, count))?;
            Ok(count)
        })
        .await
    }

    async fn switch_hook(
        &self,
        hook: &str,
        off: Option<String>,
        attribution: Attribution,
    ) -> Result<()> {
        let entry = attribution.switched_hook(hook, off.as_deref());
        self.look_after(hook, move |c, hook| {
            switch(c, hook, off.as_deref()).map_err(|e| error(&e))?;
            audit::append(c, &entry)
        })
        .await
    }
}

impl SqliteStore {
    /// Runs `work` on an existing hook, and signals the hook runner. Adds no row except the
    /// audit record, so it may use the reserve of a full file.
    async fn look_after<T: Send + 'static>(
        &self,
        hook: &str,
        work: impl Fn(&Connection, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let hook = hook.to_owned();
        let looked_after = move |c: &Connection| {
            if is_known(c, &hook).map_err(|e| error(&e))? {
                work(c, &hook)
            } else {
                Err(unknown(&hook))
            }
        };
        self.writer
            .write(SpaceClass::Reserve, HOOKS, looked_after)
            .await
    }
}

fn unknown(hook: &str) -> Error {
    Error::NotFound(What::Hook(hook.to_owned()))
}

fn is_known(connection: &Connection, hook: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM consumer WHERE name = ?1")?
        .exists([hook])
}

fn list(connection: &Connection) -> rusqlite::Result<Vec<Hook>> {
    let newest = newest(connection)?;
    let mut select = connection.prepare_cached(
        "SELECT name, kind, cursor, off, missing, replay_until,
             (SELECT count(*) FROM delivery WHERE consumer = name AND (state = 'parked' OR state = 'again'))
         FROM consumer ORDER BY name",
    )?;
    let rows = select.query_map([], |row| hook(connection, row, newest))?;
    rows.collect()
}

fn hook(connection: &Connection, row: &Row<'_>, newest: EventId) -> rusqlite::Result<Hook> {
    let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
    let cursor = event_id(row.get(2)?);
    let until = row.get::<_, Option<i64>>(5)?.map(event_id);
    Ok(Hook {
        last_failure: last_failure(connection, &name)?,
        name,
        kind: HookKind::named(&kind).unwrap_or(HookKind::BuiltIn),
        cursor,
        lag: newest.as_u64().saturating_sub(cursor.as_u64()),
        off: row.get(3)?,
        missing: row.get(4)?,
        replay: until.map(|until| (EventId::new(cursor.as_u64() + 1), until)),
        parked: row.get(6)?,
    })
}

fn last_failure(connection: &Connection, hook: &str) -> rusqlite::Result<Option<DeliveryRecord>> {
    let columns = delivery::COLUMNS;
    connection
        .prepare_cached(&format!(
            "SELECT {columns} FROM delivery WHERE consumer = ?1 AND reason <> '' ORDER BY at DESC, event_id DESC LIMIT 1"
        ))?
        .query_row([hook], delivery::read)
        .optional()
}

fn deliveries(
    connection: &Connection,
    hook: &str,
    state: Option<DeliveryState>,
    after: EventId,
    limit: usize,
) -> rusqlite::Result<Option<Vec<DeliveryRecord>>> {
    if !is_known(connection, hook)? {
        return Ok(None);
    }
    let columns = delivery::COLUMNS;
    let mut select = connection.prepare_cached(&format!(
        "SELECT {columns} FROM delivery WHERE consumer = ?1 AND event_id > ?2 AND state = coalesce(?3, state) ORDER BY event_id LIMIT ?4"
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let state = state.map(DeliveryState::as_str);
    let rows = select.query_map(params![hook, number(after), state, limit], delivery::read)?;
    rows.collect::<rusqlite::Result<_>>().map(Some)
}

/// Makes a failed delivery due at once, and marks one that was given up for a retry.
fn retry(connection: &Connection, hook: &str, event: Option<EventId>) -> Result<u64> {
    let wanted = connection.execute(
        "UPDATE delivery SET next_at = iif(state = 'retrying', at, NULL), state = iif(state = 'retrying', state, 'again')
         WHERE consumer = ?1 AND event_id = coalesce(?2, event_id) AND state <> 'delivered'",
        params![hook, event.map(number)],
    );
    let wanted = wanted.map_err(|e| error(&e))?;
    let found = event.filter(|_| wanted == 0).map_or(Ok(()), |event| {
        Err(Error::NotFound(What::Delivery(event.as_u64().to_string())))
    });
    found.map(|()| wanted as u64)
}

/// Drops a delivery, and moves the hook as follows from it.
fn give_up(connection: &Connection, hook: &str, event: EventId) -> Result<()> {
    let work = || {
        let state = connection
            .prepare_cached("SELECT state FROM delivery WHERE consumer = ?1 AND event_id = ?2")?
            .query_row(params![hook, number(event)], |row| row.get(0))
            .optional()?;
        let state = state.filter(|state| *state != DeliveryState::Delivered);
        let (Some(state), Some(position)) = (state, outbox::position(connection, hook)?) else {
            return Ok(false);
        };
        outbox::set_position(connection, hook, position.without(event, state))?;
        connection
            .prepare_cached("DELETE FROM delivery WHERE consumer = ?1 AND event_id = ?2")?
            .execute(params![hook, number(event)])?;
        Ok(true)
    };
    match work() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotFound(What::Delivery(event.as_u64().to_string()))),
        Err(source) => Err(error(&source)),
    }
}

/// Returns the first and last event of a time span. Scans all events, so it runs on a reader and
/// not on the writer.
fn span(
    connection: &Connection,
    since: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<Option<(EventId, EventId)>> {
    connection
        .prepare_cached(
            "SELECT min(id), max(id) FROM event WHERE created_at >= ?1 AND created_at < ?2",
        )?
        .query_row([since.as_millis(), until.as_millis()], |row| {
            let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(first.map(event_id).zip(last.map(event_id)))
        })
}

/// Moves the cursor back. Events of the span that were given up are delivered again with the
/// others. Returns the number of events to deliver again.
fn replay(
    connection: &Connection,
    hook: &str,
    (first, last): (EventId, EventId),
) -> rusqlite::Result<u64> {
    let Some(before) = outbox::position(connection, hook)? else {
        return Ok(0);
    };
    let (position, last) = before.replaying(first, last);
    outbox::set_position(connection, hook, position)?;
    let Some(last) = last else { return Ok(0) };
    // The replay that this one replaces leaves no retries: its events are before the position at
    // which the hook continues.
    connection.execute(
        "DELETE FROM delivery WHERE consumer = ?1 AND state = 'retrying' AND event_id <= ?2",
        params![hook, before.replay.map(|replay| number(replay.until))],
    )?;
    connection.execute(
        "DELETE FROM delivery WHERE consumer = ?1 AND event_id BETWEEN ?2 AND ?3",
        params![hook, number(first), number(last)],
    )?;
    // Positions have no gaps.
    Ok(last.as_u64() - first.before().as_u64())
}

fn switch(connection: &Connection, hook: &str, off: Option<&str>) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE consumer SET off = ?2 WHERE name = ?1",
        params![hook, off],
    )?;
    if off.is_none() {
        connection.execute(
            "DELETE FROM delivery WHERE consumer = ?1 AND state = 'retrying'",
            [hook],
        )?;
    }
    Ok(())
}
