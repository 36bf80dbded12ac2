//! The audit entries for a change of a user. Values that may be private, such as addresses, are
//! left out: a record only names the changed fields.

use super::super::User;
use super::{Action, Attribution, AuditEntry, Target};

/// A user before and after a change.
pub struct UserDifference<'a> {
    /// The user before the change.
    pub before: &'a User,
    /// The user after the change.
    pub after: &'a User,
    /// Whether the password was set.
    pub has_new_password: bool,
    /// Whether the change only lifted the block after failed logins.
    pub is_unblocked: bool,
    /// Number of logins that the change ended.
    pub ended_logins: usize,
}

impl UserDifference<'_> {
    /// Returns one entry per kind of change, in a fixed order. Empty if no security-relevant field
    /// differs.
    #[must_use]
    pub fn entries(&self, by: &Attribution) -> Vec<AuditEntry> {
        let target = Target::user(&self.after.id, &self.after.username);
        let entry = |(action, detail): (Action, String)| {
            by.clone().entry(action, Some(target.clone()), &detail)
        };
        let found = [
            self.record(),
            self.password(),
            self.unblock(),
            self.activity(),
        ];
        let found = found.into_iter().flatten().chain(self.roles());
        found.map(entry).collect()
    }

    fn record(&self) -> Option<(Action, String)> {
        let (before, after) = (self.before, self.after);
        let (old, new) = (&before.profile, &after.profile);
        let renamed = format!(
            "username {} to {}",
            before.username.as_str(),
            after.username.as_str()
        );
        let fields = [
            (before.username != after.username, renamed.as_str()),
            (before.name != after.name, "name"),
            (before.email != after.email, "email"),
            (old.email_verified != new.email_verified, "email verified"),
            (old.bio != new.bio, "bio"),
            (old.nickname != new.nickname, "nickname"),
            (
                old.require_password_change != new.require_password_change,
                "require password change",
            ),
        ];
        let changed: Vec<_> = fields
            .iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, field)| *field)
            .collect();
        (!changed.is_empty()).then(|| (Action::UserUpdated, changed.join(", ")))
    }

    fn password(&self) -> Option<(Action, String)> {
        self.has_new_password
            .then(|| (Action::PasswordChanged, self.ended()))
    }

    fn unblock(&self) -> Option<(Action, String)> {
        self.is_unblocked
            .then(|| (Action::LoginUnblocked, String::new()))
    }

    fn activity(&self) -> Option<(Action, String)> {
        match (self.before.active, self.after.active) {
            (true, false) => Some((Action::UserDeactivated, self.ended())),
            (false, true) => Some((Action::UserActivated, String::new())),
            _ => None,
        }
    }

    fn roles(&self) -> impl Iterator<Item = (Action, String)> {
        let (before, after) = (&self.before.roles, &self.after.roles);
        let taken = before.iter().filter(|role| !after.contains(role));
        let given = after.iter().filter(|role| !before.contains(role));
        let taken = taken.map(|role| (Action::RoleTaken, role.clone()));
        taken.chain(given.map(|role| (Action::RoleGiven, role.clone())))
    }

    fn ended(&self) -> String {
        format!("{} logins ended", self.ended_logins)
    }
}
