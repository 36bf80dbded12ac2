//! Converts server events into events of the plugin contract. Hooks receive changes of custom
//! statuses and of users' statuses; all other events are skipped.

use crate::domain::{Change, CustomStatus, Event, Timestamp, UserId, Username};
use doorsign_hook::{
    Actor, Event as HookEvent, Status, StatusCreated, StatusDeleted, StatusUpdated,
    UserStatusChanged,
};

/// Converts an event to the contract's form; `None` for events that hooks do not receive.
pub(super) fn event_for_hooks(Event { id, event }: &Event) -> Option<HookEvent> {
    let (id, at) = (id.as_u64(), event.at.as_millis());
    let actor = user(&event.actor, &event.actor_name);
    Some(match &event.change {
        Change::StatusCreated(it) => StatusCreated::new(id, at, actor, status(it)).into(),
        Change::StatusUpdated(it) => StatusUpdated::new(id, at, actor, status(it)).into(),
        Change::StatusDeleted(it) => StatusDeleted::new(id, at, actor, status(it)).into(),
        Change::PresenceChanged(change) => {
            let owner = user(&change.user, &change.username);
            let (word, text) = (change.status.as_str(), change.text.as_str());
            let changed = UserStatusChanged::new(id, at, actor, owner, word, text);
            let end = change.expires_at.map(Timestamp::as_millis);
            match change.source {
                Some(source) => changed.held_by(source.as_str(), end).into(),
                None => changed.into(),
            }
        }
        _ => return None,
    })
}

fn user(id: &UserId, username: &Username) -> Actor {
    Actor::new(id.as_str(), username.as_str())
}

fn status(status: &CustomStatus) -> Status {
    Status::new(
        status.id.as_str(),
        status.name.as_str(),
        status.status_type.as_str(),
        status.updated_at.as_millis(),
    )
}
