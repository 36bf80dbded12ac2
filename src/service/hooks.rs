//! Looking after hooks: how far each is, what became of its deliveries, and what is to be done about them. Knows nothing of how an event
//! is delivered.

use crate::app::App;
use crate::domain::{
    Caller, DeliveryRecord, DeliveryState, Error, Event, EventId, Field, Hook, Permission, Problem,
    Result, Timestamp,
};

/// Deliveries told at once at most.
pub const PAGE: usize = 100;
/// Why a hook is off that somebody has paused.
const PAUSED: &str = "paused";

/// Who looks after hooks.
pub const LOOKS_AFTER: Permission = Permission::ManageOutgoingIntegrations;

/// Every hook, by name, those included that are not there any more.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<Hook>> {
    caller.require(LOOKS_AFTER)?;
    app.store.list_hooks().await
}

/// What is to be told of a hook's deliveries, of events after `after`, at most [`PAGE`]; `state`: of this one alone.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn list_deliveries(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    state: Option<DeliveryState>,
    after: EventId,
) -> Result<Vec<DeliveryRecord>> {
    caller.require(LOOKS_AFTER)?;
    app.store.list_deliveries(hook, state, after, PAGE).await
}

/// What is to be told of one delivery, with its event if that is still there.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn find_delivery(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: EventId,
) -> Result<(DeliveryRecord, Option<Event>)> {
    caller.require(LOOKS_AFTER)?;
    let before = event.before();
    let found = app.store.list_deliveries(hook, None, before, 1).await?;
    let record = found.into_iter().find(|record| record.event == event);
    let record = record.ok_or_else(|| {
        let id = event.as_u64().to_string();
        Error::NotFound(crate::domain::What::Delivery(id))
    })?;
    let events = app.store.events_after(before, 1).await?;
    let told = events.into_iter().flatten().find(|told| told.id == event);
    Ok((record, told))
}

/// Wants deliveries tried now: the one of `event`, or whatever failed. Answers how many.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn retry(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: Option<EventId>,
) -> Result<u64> {
    caller.require(LOOKS_AFTER)?;
    let attribution = caller.attribution(app.clock.now());
    app.store.retry_deliveries(hook, event, attribution).await
}

/// Gives the delivery of `event` up for good.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn drop_delivery(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: EventId,
) -> Result<()> {
    caller.require(LOOKS_AFTER)?;
    let attribution = caller.attribution(app.clock.now());
    app.store.drop_delivery(hook, event, attribution).await
}

/// Tells a hook once more what happened from `since` until before `until`, or until now. Answers how many events that are.
///
/// # Errors
/// `Forbidden`, `Invalid { Span, NotValid }` when it ends before it begins, `NotFound`, `Unavailable`.
pub async fn replay(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<u64> {
    caller.require(LOOKS_AFTER)?;
    let until = until.unwrap_or(Timestamp::from_millis(i64::MAX));
    if until <= since {
        return Err(Error::Invalid {
            field: Field::Span,
            problem: Problem::Refused("the time span ends before it begins".to_owned()),
        });
    }
    let attribution = caller.attribution(app.clock.now());
    app.store.replay(hook, since, until, attribution).await
}

/// Delivers nothing to a hook any more, until [`resume`].
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn pause(app: &App, caller: Caller<'_>, hook: &str) -> Result<()> {
    caller.require(LOOKS_AFTER)?;
    let off = Some(PAUSED.to_owned());
    let attribution = caller.attribution(app.clock.now());
    app.store.switch_hook(hook, off, attribution).await
}

/// Delivers to a hook again, whatever it was switched off for.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn resume(app: &App, caller: Caller<'_>, hook: &str) -> Result<()> {
    caller.require(LOOKS_AFTER)?;
    let attribution = caller.attribution(app.clock.now());
    app.store.switch_hook(hook, None, attribution).await
}
