//! Hooks, deliveries and webhooks in a store.

use crate::support::operator;
use crate::support::store::{at, status, user};
use doorsign::domain::{
    Change, DeliveryRecord, DeliveryState, EventId, Hook, SigningSecret, Timestamp, Webhook,
    WebhookName,
};
use doorsign::store::{ConsumerState, Cursor, FailedDelivery, Store};

/// An attempt at the event `event` that failed for good, at `event`.
pub fn parked(event: u64) -> DeliveryRecord {
    DeliveryRecord {
        event: EventId::new(event),
        state: DeliveryState::Parked,
        attempts: 16,
        reason: "it's \"broken\"".to_owned(),
        notes: String::new(),
        at: at(i64::try_from(event).unwrap()),
        next_at: None,
    }
}

/// An attempt that failed, and is tried again at 1000.
pub fn retrying(event: u64) -> DeliveryRecord {
    DeliveryRecord {
        state: DeliveryState::Retrying,
        attempts: 2,
        next_at: Some(at(1000)),
        ..parked(event)
    }
}

/// The failed delivery recorded by [`retrying`].
pub fn failed_at(event: u64) -> FailedDelivery {
    FailedDelivery {
        event: EventId::new(event),
        attempts: 2,
        at: retrying(event).at,
        next_at: at(1000),
    }
}

pub async fn consumer_state(store: &dyn Store, hook: &str) -> ConsumerState {
    store.consumer_state(hook).await.unwrap().unwrap()
}

/// Moves `hook` as its delivery does.
pub async fn advance(store: &dyn Store, hook: &str, to: u64, records: Vec<DeliveryRecord>) {
    let cursor = Cursor {
        event: EventId::new(to),
        ..consumer_state(store, hook).await.cursor
    };
    assert!(store.advance(hook, cursor, records).await.unwrap());
}

/// Requests another attempt at `event`, or at all failed events. Returns how many.
pub async fn retry(store: &dyn Store, event: Option<EventId>) -> u64 {
    let retried = store.retry_deliveries("hook", event, operator());
    retried.await.unwrap()
}

pub async fn drop_event(store: &dyn Store, event: u64) {
    let dropped = store.drop_delivery("hook", EventId::new(event), operator());
    dropped.await.unwrap();
}

/// Replays the events from `since` to before `until`. Returns how many.
pub async fn replay(store: &dyn Store, since: Timestamp, until: Timestamp) -> u64 {
    let replayed = store.replay("hook", since, until, operator());
    replayed.await.unwrap()
}

pub async fn add_webhook(store: &dyn Store, name: &str) {
    let created = store.create_webhook(webhook(name), operator());
    created.await.unwrap();
}

pub async fn remove_webhook(store: &dyn Store, called: &str) {
    let deleted = store.delete_webhook(name(called), operator());
    deleted.await.unwrap();
}

/// Disables the hook for this reason, or enables it.
pub async fn switch(store: &dyn Store, off: Option<String>) {
    let switched = store.switch_hook("hook", off, operator());
    switched.await.unwrap();
}

pub async fn deliveries(store: &dyn Store, hook: &str) -> Vec<DeliveryRecord> {
    let all = store.list_deliveries(hook, None, EventId::new(0), usize::MAX);
    all.await.unwrap()
}

pub async fn hook(store: &dyn Store, name: &str) -> Hook {
    let hooks = store.list_hooks().await.unwrap();
    hooks.into_iter().find(|hook| hook.name == name).unwrap()
}

pub fn name(name: &str) -> WebhookName {
    WebhookName::parse(name).unwrap()
}

pub fn secret(text: &str, expires_at: Option<i64>) -> SigningSecret {
    SigningSecret {
        text: text.to_owned(),
        expires_at: expires_at.map(at),
    }
}

pub fn webhook(called: &str) -> Webhook {
    Webhook {
        name: name(called),
        url: format!("https://example.org/{called}?key=a b"),
        kinds: vec!["user.status".to_owned(), "custom_user_status.*".to_owned()],
        secrets: vec![secret("first", None)],
        created_at: at(7),
    }
}

/// Lets one thing happen at each of these times.
pub async fn happen(store: &dyn Store, times: &[i64]) {
    for millis in times {
        let created = status(*millis, &format!("status {millis}"));
        let event = user("ann").by(at(*millis));
        let event = event.event(Change::StatusCreated(created.clone()));
        store.create_status(created, event).await.unwrap();
    }
}
