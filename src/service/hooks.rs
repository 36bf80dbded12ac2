//! Hook administration: positions, delivery records, and actions on them.

use crate::app::App;
use crate::domain::{
    Caller, DeliveryRecord, DeliveryState, Error, Event, EventId, Field, Hook, Permission, Problem,
    Result, Timestamp, What,
};

/// Maximum number of delivery records per call.
pub const PAGE: usize = 100;
/// The reason stored for a paused hook.
const PAUSED: &str = "paused";

/// The permission to manage hooks.
pub const MAY_MANAGE: Permission = Permission::ManageOutgoingIntegrations;

/// Returns every hook by name, including missing ones.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<Hook>> {
    caller.require(MAY_MANAGE)?;
    app.store.list_hooks().await
}

/// Returns the name of the hook that the operator means: `name` itself, or the only hook whose name
/// is its kind, such as `webhook` or `exec`, and `name`.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn resolve(app: &App, caller: Caller<'_>, name: &str) -> Result<String> {
    let hooks = list(app, caller).await?;
    if hooks.iter().any(|hook| hook.name == name) {
        return Ok(name.to_owned());
    }
    let is_meant = |hook: &&Hook| hook.name == format!("{}-{name}", hook.kind.as_str());
    let mut meant = hooks.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(hook), None) => Ok(hook.name.clone()),
        _ => Err(Error::NotFound(What::Hook(name.to_owned()))),
    }
}

/// Returns at most [`PAGE`] delivery records of a hook, for events after `after`. `state` restricts
/// them to one state.
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
    caller.require(MAY_MANAGE)?;
    app.store.list_deliveries(hook, state, after, PAGE).await
}

/// Returns one delivery record, with its event if that still exists.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn find_delivery(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: EventId,
) -> Result<(DeliveryRecord, Option<Event>)> {
    caller.require(MAY_MANAGE)?;
    let before = event.before();
    let found = app.store.list_deliveries(hook, None, before, 1).await?;
    let record = found.into_iter().find(|record| record.event == event);
    let record = record.ok_or_else(|| {
        let id = event.as_u64().to_string();
        Error::NotFound(What::Delivery(id))
    })?;
    let events = app.store.events_after(before, 1).await?;
    let found = events.into_iter().flatten().find(|found| found.id == event);
    Ok((record, found))
}

/// Requests an immediate retry for the delivery of `event`, or for all failed ones. Returns their
/// number.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn retry(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: Option<EventId>,
) -> Result<u64> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    app.store.retry_deliveries(hook, event, attribution).await
}

/// Drops the delivery of `event` for good.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn drop_delivery(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    event: EventId,
) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    app.store.drop_delivery(hook, event, attribution).await
}

/// Replays the events from `since` (inclusive) to `until` (exclusive, default now) to a hook.
/// Returns the number of events.
///
/// # Errors
/// `Forbidden`, `Invalid { Span, Refused }` if `until` is not after `since`, `NotFound`,
/// `Unavailable`.
pub async fn replay(
    app: &App,
    caller: Caller<'_>,
    hook: &str,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<u64> {
    caller.require(MAY_MANAGE)?;
    let until = until.unwrap_or(Timestamp::from_millis(i64::MAX));
    if until <= since {
        return Err(Error::invalid(
            Field::Span,
            Problem::Refused("the time span ends before it begins".to_owned()),
        ));
    }
    let attribution = caller.attribution(app.clock.now());
    app.store.replay(hook, since, until, attribution).await
}

/// Pauses delivery to a hook until [`resume`].
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn pause(app: &App, caller: Caller<'_>, hook: &str) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    let off = Some(PAUSED.to_owned());
    app.store.switch_hook(hook, off, attribution).await
}

/// Resumes delivery to a hook, whatever it was disabled for.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn resume(app: &App, caller: Caller<'_>, hook: &str) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    app.store.switch_hook(hook, None, attribution).await
}
