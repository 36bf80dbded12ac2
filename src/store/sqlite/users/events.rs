//! The events of a changed user: found by comparing what it was with what it is. Knows nothing of how it was changed.

use crate::domain::{By, Change, Result, RoleOf, User, UserChange};
use crate::store::sqlite::outbox;
use rusqlite::Connection;

/// A user before and after a change.
pub(super) struct Changed<'a> {
    pub(super) before: &'a User,
    pub(super) after: &'a User,
    /// Whether the user counts as connected by something else than before.
    pub(super) policy: bool,
}

impl Changed<'_> {
    /// Appends an event of the user, if others may see a difference, and one of each role that differs.
    pub(super) fn tell(&self, connection: &Connection, by: &By) -> Result<()> {
        let told = self.user().into_iter().chain(self.roles());
        told.map(|change| by.clone().event(change))
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

/// What of a user others may see. Preferences are the user's own, and that the row was written is no difference by itself.
fn seen(user: &User) -> User {
    let mut seen = User {
        updated_at: user.created_at,
        ..user.clone()
    };
    seen.profile.preferences = None;
    seen.profile.unblocked_at = None;
    seen
}
