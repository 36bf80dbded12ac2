//! How an event of the server becomes one of the contract. Hooks are told of custom statuses and of people's own; every other event is
//! passed over here. Knows nothing of who is told.

use crate::domain::{Change, CustomStatus, Event, Timestamp, UserId, Username};
use doorsign_hook::{
    Actor, Event as Told, Status, StatusCreated, StatusDeleted, StatusUpdated, UserStatusChanged,
};

/// The event in the contract's form; `None` for those that hooks are not told of.
pub(super) fn told(Event { id, event }: &Event) -> Option<Told> {
    let (id, at) = (id.as_u64(), event.at.as_millis());
    let actor = user(&event.actor, &event.actor_name);
    Some(match &event.change {
        Change::StatusCreated(it) => StatusCreated::new(id, at, actor, status(it)).into(),
        Change::StatusUpdated(it) => StatusUpdated::new(id, at, actor, status(it)).into(),
        Change::StatusDeleted(it) => StatusDeleted::new(id, at, actor, status(it)).into(),
        Change::PresenceChanged(change) => {
            let whose = user(&change.user, &change.username);
            let (word, text) = (change.status.as_str(), change.text.as_str());
            let changed = UserStatusChanged::new(id, at, actor, whose, word, text);
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
