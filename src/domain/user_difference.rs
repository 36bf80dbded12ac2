//! The difference that a change makes to a user: the events and the audit entries that follow.

use super::{Action, Attribution, AuditEntry, Change, RoleOf, Target, User, UserChange, UserPatch};

/// A user before and after a change.
pub struct UserDifference<'a> {
    /// The user before the change.
    pub before: &'a User,
    /// The user after the change.
    pub after: &'a User,
    /// The change.
    pub patch: &'a UserPatch,
    /// Whether the presence policy differs, which is not a part of [`User`].
    pub has_new_policy: bool,
    /// Number of logins that the change ended.
    pub ended_logins: usize,
}

impl UserDifference<'_> {
    /// Returns the changes to announce: one of the user if others see a difference, then one for
    /// each role taken or given.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let of = |role: &String| RoleOf {
            user: self.after.id.clone(),
            username: self.after.username.clone(),
            role: role.clone(),
        };
        let taken = self
            .roles_taken()
            .map(move |role| Change::RoleTaken(of(role)));
        let given = self
            .roles_given()
            .map(move |role| Change::RoleGiven(of(role)));
        self.user_updated().into_iter().chain(taken).chain(given)
    }

    /// Returns the change to announce if logins ended.
    #[must_use]
    pub fn logins_ended(&self) -> Option<Change> {
        let user = || self.after.id.clone();
        (self.ended_logins > 0).then(|| Change::LoginsEnded { user: user() })
    }

    fn user_updated(&self) -> Option<Change> {
        let (before, after) = (self.before, self.after);
        (self.has_new_policy || visible(before) != visible(after)).then(|| {
            Change::UserUpdated(UserChange {
                user: after.id.clone(),
                username: after.username.clone(),
                name: after.name.clone(),
                renamed: before.username != after.username || before.name != after.name,
                new_username: before.username != after.username,
                was_public: before.is_public(),
            })
        })
    }

    /// Returns one audit entry per kind of change, in a fixed order. Empty if no security-relevant
    /// field differs. Values that may be private, such as addresses, are left out: an entry only
    /// names the changed fields.
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
            (old.public_board != new.public_board, "public board"),
        ];
        let changed: Vec<_> = fields
            .iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, field)| *field)
            .collect();
        (!changed.is_empty()).then(|| (Action::UserUpdated, changed.join(", ")))
    }

    fn password(&self) -> Option<(Action, String)> {
        let password = self.patch.password_hash.as_ref();
        password.map(|_| (Action::PasswordChanged, self.ended()))
    }

    /// A new password also lifts the block, and has its own entry.
    fn unblock(&self) -> Option<(Action, String)> {
        let is_alone = self.patch.unblock && self.patch.password_hash.is_none();
        is_alone.then(|| (Action::LoginUnblocked, String::new()))
    }

    fn activity(&self) -> Option<(Action, String)> {
        match (self.before.active, self.after.active) {
            (true, false) => Some((Action::UserDeactivated, self.ended())),
            (false, true) => Some((Action::UserActivated, String::new())),
            _ => None,
        }
    }

    fn roles(&self) -> impl Iterator<Item = (Action, String)> {
        let taken = self
            .roles_taken()
            .map(|role| (Action::RoleTaken, role.clone()));
        let given = self
            .roles_given()
            .map(|role| (Action::RoleGiven, role.clone()));
        taken.chain(given)
    }

    fn roles_taken(&self) -> impl Iterator<Item = &String> {
        let (before, after) = (&self.before.roles, &self.after.roles);
        before.iter().filter(|role| !after.contains(role))
    }

    fn roles_given(&self) -> impl Iterator<Item = &String> {
        let (before, after) = (&self.before.roles, &self.after.roles);
        after.iter().filter(|role| !before.contains(role))
    }

    fn ended(&self) -> String {
        format!("{} logins ended", self.ended_logins)
    }
}

/// Returns the user without fields that others cannot see: preferences are private, and a new write
/// time alone is not a difference.
fn visible(user: &User) -> User {
    let mut visible = User {
        updated_at: user.created_at,
        ..user.clone()
    };
    visible.profile.preferences = None;
    visible.profile.unblocked_at = None;
    visible
}
