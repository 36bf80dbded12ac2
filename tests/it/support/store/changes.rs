//! Changes to users in a store, and their events.

use crate::support::store::admin_at;
use crate::support::store::presence::{events, id};
use doorsign::domain::{Change, NewEvent, UserChange, UserPatch, Username};
use doorsign::store::Store;

/// Events that the administrator caused at 5.
pub fn events_by_admin(changes: &[Change]) -> Vec<NewEvent> {
    let events = changes
        .iter()
        .map(|change| admin_at(5).event(change.clone()));
    events.collect()
}

/// Lets the administrator change ann at 5, and returns the events that this appends.
pub async fn update_events(store: &dyn Store, patch: UserPatch) -> Vec<NewEvent> {
    let before = events(store).await.len();
    store
        .update_user(id("ann"), patch, admin_at(5))
        .await
        .unwrap();
    events(store).await.split_off(before)
}

/// The change of ann to these names.
pub fn updated(username: &str, name: &str, renamed: bool) -> Change {
    Change::UserUpdated(UserChange {
        was_public: false,
        user: id("ann"),
        username: Username::stored(username.to_owned()),
        name: name.to_owned(),
        renamed,
        new_username: renamed && username != "ann",
    })
}
