//! The events for a changed user, derived from its state before and after.

use crate::domain::{By, Change, Result, RoleOf, User, UserChange};
use crate::store::sqlite::outbox;
use rusqlite::Connection;

/// A user before and after a change.
pub(super) struct Changed<'a> {
    pub(super) before: &'a User,
    pub(super) after: &'a User,
    /// Whether the presence policy changed.
    pub(super) policy: bool,
}

impl Changed<'_> {
    /// Appends an event for the user if a visible field changed, and one for each role given or
    /// taken.
    pub(super) fn tell(&self, connection: &Connection, by: &By) -> Result<()> {
        let changes = self.user().into_iter().chain(self.roles());
        changes
            .map(|change| by.event(change))
            .try_for_each(|event| outbox::append(connection, &event))
    }

    fn user(&self) -> Option<Change> {
        let (before, after) = (self.before, self.after);
        (self.policy || seen(before) != seen(after)).then(|| {
            Change::UserUpdated(UserChange {
                user: after.id.clone(),
                username: after.username.clone(),
                name: after.name.clone(),
                renamed: before.username != after.username || before.name != after.name,
            })
        })
    }

    fn roles(&self) -> impl Iterator<Item = Change> {
        let (before, after) = (&self.before.roles, &self.after.roles);
        let taken = before.iter().filter(|role| !after.contains(role));
        let given = after.iter().filter(|role| !before.contains(role));
        let taken = taken.map(|role| Change::RoleTaken(self.role(role)));
        taken.chain(given.map(|role| Change::RoleGiven(self.role(role))))
    }

    fn role(&self, role: &str) -> RoleOf {
        RoleOf {
            user: self.after.id.clone(),
            username: self.after.username.clone(),
            role: role.to_owned(),
        }
    }
}

/// Returns the user without fields that others cannot see: preferences are private, and a new write
/// time alone is not a difference.
fn seen(user: &User) -> User {
    let mut seen = User {
        updated_at: user.created_at,
        ..user.clone()
    };
    seen.profile.preferences = None;
    seen.profile.unblocked_at = None;
    seen
}
