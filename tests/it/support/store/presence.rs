//! Claims and presence changes in a store.

use crate::support::store::{Database, admin_at, at, user};
use doorsign::domain::{
    Claim, ClaimSource, Event, EventId, NewEvent, Presence, Result, StatusText, UserId, UserStatus,
};
use doorsign::store::{ClaimEffect, PresenceChange, Store};
use std::sync::Arc;

pub fn id(name: &str) -> UserId {
    user(name).id
}

pub fn claim(
    source: ClaimSource,
    status: UserStatus,
    text: &str,
    expires_at: Option<i64>,
) -> Claim {
    Claim {
        source,
        status,
        text: StatusText::new(text),
        expires_at: expires_at.map(at),
        set_at: None,
    }
}

pub fn busy(expires_at: Option<i64>) -> Claim {
    claim(ClaimSource::Manual, UserStatus::Busy, "Lunch", expires_at)
}

/// What the administrator does to the user `name` at `now`.
pub fn change(
    name: &str,
    now: i64,
    rule: impl Fn(&mut Presence) -> Result<()> + Send + 'static,
) -> PresenceChange {
    PresenceChange {
        user: id(name),
        by: admin_at(now),
        effect: ClaimEffect::SetsExpiring,
        rule: Box::new(rule),
    }
}

/// Lets the administrator put a claim on the user `name`.
pub async fn put(store: &dyn Store, name: &str, now: i64, claim: Claim) -> Presence {
    let rule = move |presence: &mut Presence| {
        presence.put(claim.clone());
        Ok(())
    };
    store
        .change_presence(change(name, now, rule))
        .await
        .unwrap()
}

/// A store on a new database with these users.
pub async fn with_users(database: &Database, names: &[&str]) -> Arc<dyn Store> {
    let store = database.open();
    for name in names {
        let created = store
            .create_user(user(name), String::new(), crate::support::beforehand())
            .await;
        created.unwrap();
    }
    store
}

/// All events, each of which can be read.
pub async fn events(store: &dyn Store) -> Vec<NewEvent> {
    let events = store.events_after(EventId::default(), usize::MAX).await;
    let events: std::result::Result<Vec<Event>, _> = events.unwrap().into_iter().collect();
    events.unwrap().into_iter().map(|e| e.event).collect()
}
