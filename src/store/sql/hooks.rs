//! Hook administration in SQL.

use super::signal::HOOKS;
use super::{Engine, Row, SpaceClass, Sql, audit, consumer, delivery, outbox, values};
use crate::domain::{
    Action, Attribution, DeliveryRecord, DeliveryState, Error, EventId, Hook, HookKind, Result,
    Timestamp, What,
};
use crate::store::Hooks;
use async_trait::async_trait;
use tokio::sync::watch;

#[async_trait]
impl<E: Engine> Hooks for E {
    fn hooks_changed(&self) -> watch::Receiver<()> {
        self.signals().hooks()
    }

    async fn list_hooks(&self) -> Result<Vec<Hook>> {
        self.read(list).await
    }

    async fn list_deliveries(
        &self,
        hook: &str,
        state: Option<DeliveryState>,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>> {
        let hook = hook.to_owned();
        self.read(move |sql| deliveries(sql, &hook, state, after, limit))
            .await
    }

    async fn retry_deliveries(
        &self,
        hook: &str,
        event: Option<EventId>,
        attribution: Attribution,
    ) -> Result<u64> {
        let entry = attribution.delivery(Action::DeliveriesRetried, hook, event);
        administer(self, hook, move |sql, hook| {
            let count = retry(sql, hook, event)?;
            audit::append(sql, &entry)?;
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
        administer(self, hook, move |sql, hook| {
            drop_one(sql, hook, event)?;
            audit::append(sql, &entry)
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
        let span = self.read(move |sql| span(sql, since, until)).await?;
        administer(self, hook, move |sql, hook| {
            let count = span.map_or(Ok(0), |span| replay(sql, hook, span))?;
            audit::append(sql, &attribution.clone().replayed_hook(hook, count))?;
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
        administer(self, hook, move |sql, hook| {
            switch(sql, hook, off.as_deref())?;
            audit::append(sql, &entry)
        })
        .await
    }
}

/// Runs `work` on an existing hook, and signals the hook runner. Adds no row except the audit
/// record, so it may use the reserve of a full database.
async fn administer<E: Engine, T: Send + 'static>(
    engine: &E,
    hook: &str,
    work: impl Fn(&E::Connection, &str) -> Result<T> + Send + 'static,
) -> Result<T> {
    let hook = hook.to_owned();
    let administered = move |sql: &E::Connection| {
        require(sql, &hook)?;
        work(sql, &hook)
    };
    engine.write(SpaceClass::Reserve, HOOKS, administered).await
}

/// Fails if the hook does not exist.
fn require(sql: &impl Sql, hook: &str) -> Result<()> {
    if consumer::exists(sql, hook)? {
        Ok(())
    } else {
        Err(Error::NotFound(What::Hook(hook.to_owned())))
    }
}

fn list(sql: &impl Sql) -> Result<Vec<Hook>> {
    let newest = outbox::newest(sql)?;
    let mut hooks = sql.all(
        "SELECT name, kind, cursor, off, missing, replay_until,
             (SELECT count(*) FROM delivery WHERE consumer = name AND (state = 'parked' OR state = 'again'))
         FROM consumer ORDER BY name",
        &[],
        |row| hook(row, newest),
    )?;
    for hook in &mut hooks {
        hook.last_failure = last_failure(sql, &hook.name)?;
    }
    Ok(hooks)
}

/// Reads a hook without its last failure.
fn hook(row: &impl Row, newest: EventId) -> Result<Hook> {
    let cursor: EventId = row.get(2)?;
    let until: Option<EventId> = row.get(5)?;
    Ok(Hook {
        name: row.get(0)?,
        kind: HookKind::named(row.get(1)?).unwrap_or(HookKind::BuiltIn),
        cursor,
        lag: newest.as_u64().saturating_sub(cursor.as_u64()),
        off: row.get(3)?,
        missing: row.get(4)?,
        replay: until.map(|until| (EventId::new(cursor.as_u64() + 1), until)),
        parked: row.get(6)?,
        last_failure: None,
    })
}

fn last_failure(sql: &impl Sql, hook: &str) -> Result<Option<DeliveryRecord>> {
    let columns = delivery::COLUMNS;
    let select = format!(
        "SELECT {columns} FROM delivery WHERE consumer = $1 AND reason <> '' ORDER BY at DESC, event_id DESC LIMIT 1"
    );
    sql.first(&select, values![hook], |row| delivery::read(row))
}

fn deliveries(
    sql: &impl Sql,
    hook: &str,
    state: Option<DeliveryState>,
    after: EventId,
    limit: usize,
) -> Result<Vec<DeliveryRecord>> {
    require(sql, hook)?;
    let columns = delivery::COLUMNS;
    let select = format!(
        "SELECT {columns} FROM delivery WHERE consumer = $1 AND event_id > $2 AND state = coalesce($3, state) ORDER BY event_id LIMIT $4"
    );
    let state = state.map(DeliveryState::as_str);
    sql.all(&select, values![hook, after, state, limit], |row| {
        delivery::read(row)
    })
}

/// Makes a failed delivery due at once, and marks one that was given up for a retry.
fn retry(sql: &impl Sql, hook: &str, event: Option<EventId>) -> Result<u64> {
    let count = sql.execute(
        "UPDATE delivery SET next_at = CASE state WHEN 'retrying' THEN at END,
             state = CASE state WHEN 'retrying' THEN state ELSE 'again' END
         WHERE consumer = $1 AND event_id = coalesce($2, event_id) AND state <> 'delivered'",
        values![hook, event],
    )?;
    match event {
        Some(event) if count == 0 => Err(unknown_delivery(event)),
        _ => Ok(count as u64),
    }
}

/// Drops a delivery, and moves the hook as follows from it.
fn drop_one(sql: &impl Sql, hook: &str, event: EventId) -> Result<()> {
    let state = sql.first(
        "SELECT state FROM delivery WHERE consumer = $1 AND event_id = $2",
        values![hook, event],
        |row| delivery::state(row.get(0)?),
    )?;
    let state = state.filter(|state| *state != DeliveryState::Delivered);
    let (Some(state), Some(position)) = (state, consumer::position(sql, hook)?) else {
        return Err(unknown_delivery(event));
    };
    consumer::set_position(sql, hook, position.without(event, state))?;
    sql.run(
        "DELETE FROM delivery WHERE consumer = $1 AND event_id = $2",
        values![hook, event],
    )
}

fn unknown_delivery(event: EventId) -> Error {
    Error::NotFound(What::Delivery(event.as_u64().to_string()))
}

/// Returns the first and last event of a time span. Scans all events, so it runs on a reader and
/// not on the writer.
fn span(sql: &impl Sql, since: Timestamp, until: Timestamp) -> Result<Option<(EventId, EventId)>> {
    let found = sql.first(
        "SELECT min(id), max(id) FROM event WHERE created_at >= $1 AND created_at < $2",
        values![since, until],
        |row| Ok(row.get::<Option<_>>(0)?.zip(row.get(1)?)),
    )?;
    Ok(found.flatten())
}

/// Moves the cursor back. Events of the span that were given up are delivered again with the
/// others. Returns the number of events to deliver again.
fn replay(sql: &impl Sql, hook: &str, (first, last): (EventId, EventId)) -> Result<u64> {
    let Some(before) = consumer::position(sql, hook)? else {
        return Ok(0);
    };
    let (position, last) = before.replaying(first, last);
    consumer::set_position(sql, hook, position)?;
    let Some(last) = last else { return Ok(0) };
    // The replay that this one replaces leaves no retries: its events are before the position at
    // which the hook continues.
    sql.run(
        "DELETE FROM delivery WHERE consumer = $1 AND state = 'retrying' AND event_id <= $2",
        values![hook, before.replay.map(|replay| replay.until)],
    )?;
    sql.run(
        "DELETE FROM delivery WHERE consumer = $1 AND event_id BETWEEN $2 AND $3",
        values![hook, first, last],
    )?;
    // Positions have no gaps.
    Ok(last.as_u64() - first.before().as_u64())
}

fn switch(sql: &impl Sql, hook: &str, off: Option<&str>) -> Result<()> {
    consumer::set_off(sql, hook, off)?;
    if off.is_none() {
        sql.run(
            "DELETE FROM delivery WHERE consumer = $1 AND state = 'retrying'",
            values![hook],
        )?;
    }
    Ok(())
}
