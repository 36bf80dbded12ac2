//! A change of a user: the user that follows from it, and the logins that end with it.

use super::{
    Bio, Choice, Email, EndedLogins, Error, Field, LoginId, Nickname, PresencePolicy, Problem,
    Result, Timestamp, User, Username, VisibilityPatch, VisibilitySwitches,
};

/// The changes to a user. `None` keeps the current value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The username.
    pub username: Option<Username>,
    /// The display name.
    pub name: Option<String>,
    /// The email address. A new one is unverified unless `email_verified` is set.
    pub email: Option<Email>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
    /// The bio. An empty text removes it.
    pub bio: Option<Bio>,
    /// The nickname. An empty text removes it.
    pub nickname: Option<Nickname>,
    /// A JSON object to merge into the preferences according to RFC 7396: `null` removes a key.
    pub preferences: Option<String>,
    /// Whether the user appears on a public board.
    pub public_board: Option<bool>,
    /// The offset of the user's time zone from UTC, in minutes.
    pub utc_offset: Option<i32>,
    /// Whether clients ask for a new password.
    pub require_password_change: Option<bool>,
    /// A new password hash. Ends every password login except `keep_login`. Tokens stay valid.
    pub password_hash: Option<String>,
    /// The password hash that the current password was checked against. If it has changed since,
    /// the update is rejected as a wrong current password.
    pub checked_hash: Option<String>,
    /// The login that requests the change. If it has ended, the change is rejected.
    pub asked_by: Option<LoginId>,
    /// Whether to reset the failed logins so far.
    pub unblock: bool,
    /// The login that survives a password change: the one that requested it.
    pub keep_login: Option<LoginId>,
    /// The roles.
    pub roles: Option<RoleChange>,
    /// Whether the user may log in. Deactivating ends every login, including tokens.
    pub active: Option<bool>,
    /// The status to set. Appends a presence event.
    pub choice: Option<Choice>,
    /// The rules of status visibility to set. Appends an event of its own.
    pub visibility: Option<VisibilityPatch>,
    /// The settings at the time of the request: which rules can be set, and whether the user may
    /// set a status.
    pub switches: VisibilitySwitches,
    /// The presence policy. A different policy also counts as a presence change in lists of
    /// changes.
    pub presence_policy: Option<PresencePolicy>,
}

impl UserPatch {
    /// Returns the user after the change at `at`, without its preferences: only the store knows
    /// their JSON. A new address is unverified unless the patch says otherwise.
    ///
    /// # Errors
    /// As for [`RoleChange::apply`].
    pub fn apply(&self, before: &User, at: Timestamp) -> Result<User> {
        let mut after = before.clone();
        let profile = &mut after.profile;
        if let Some(email) = &self.email {
            let key = |email: &Email| Username::key(email.as_str());
            profile.email_verified &= before.email.as_ref().map(key) == Some(key(email));
            after.email = Some(email.clone());
        }
        if let Some(bio) = &self.bio {
            profile.bio = Some(bio.clone()).filter(|bio| !bio.as_str().is_empty());
        }
        if let Some(nickname) = &self.nickname {
            let given = Some(nickname.clone());
            profile.nickname = given.filter(|nickname| !nickname.as_str().is_empty());
        }
        if self.unblock {
            profile.unblocked_at = Some(at);
        }
        replace(&mut profile.utc_offset, self.utc_offset.as_ref());
        replace(&mut profile.public_board, self.public_board.as_ref());
        replace(&mut profile.email_verified, self.email_verified.as_ref());
        replace(
            &mut profile.require_password_change,
            self.require_password_change.as_ref(),
        );
        replace(&mut after.username, self.username.as_ref());
        replace(&mut after.name, self.name.as_ref());
        replace(&mut after.active, self.active.as_ref());
        if let Some(roles) = &self.roles {
            after.roles = roles.apply(&before.roles)?;
        }
        if after != *before || !self.is_about_status() {
            after.updated_at = at;
        }
        Ok(after)
    }

    /// Returns whether the patch sets a status or its visibility, and nothing that is not a part of
    /// [`User`]. The time of the last change must not reveal it.
    const fn is_about_status(&self) -> bool {
        let is_other = self.preferences.is_some()
            || self.password_hash.is_some()
            || self.presence_policy.is_some();
        !is_other && (self.choice.is_some() || self.visibility.is_some())
    }

    /// Returns the logins that end with the change. A deactivated user loses all of them. A new
    /// password ends those made with the old one.
    #[must_use]
    pub fn ended_logins(&self) -> Option<EndedLogins> {
        if self.active == Some(false) {
            return Some(EndedLogins::All);
        }
        self.password_hash.as_ref().map(|_| EndedLogins::Password {
            kept: self.keep_login.clone(),
        })
    }

    /// Returns whether the patch may end logins or remove roles.
    #[must_use]
    pub const fn may_end(&self) -> bool {
        let takes = matches!(
            self.roles,
            Some(RoleChange::Replace(_) | RoleChange::Remove(_))
        );
        takes || self.password_hash.is_some() || matches!(self.active, Some(false))
    }
}

/// A change of a user's roles, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChange {
    /// Replaces all roles.
    Replace(Vec<String>),
    /// Adds one role.
    Add(String),
    /// Removes one role.
    Remove(String),
}

impl RoleChange {
    /// Returns the roles after the change, in alphabetical order.
    ///
    /// # Errors
    /// `Invalid { Role, Unchanged }` for a role to add that is held or one to remove that is not.
    pub fn apply(&self, held: &[String]) -> Result<Vec<String>> {
        let is_held = |role: &String| held.contains(role);
        let mut roles = match self {
            Self::Replace(roles) => roles.clone(),
            Self::Add(role) if !is_held(role) => [held, std::slice::from_ref(role)].concat(),
            Self::Remove(role) if is_held(role) => {
                let others = held.iter().filter(|other| *other != role);
                others.cloned().collect()
            }
            Self::Add(_) | Self::Remove(_) => {
                return Err(Error::invalid(Field::Role, Problem::Unchanged));
            }
        };
        roles.sort();
        roles.dedup();
        Ok(roles)
    }
}

fn replace<T: Clone>(current: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        current.clone_from(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Profile, UserId};

    const AT: Timestamp = Timestamp::from_millis(7);

    fn ann() -> User {
        User {
            id: UserId::new("a"),
            username: Username::stored("ann".to_owned()),
            name: "Ann".to_owned(),
            email: Some(Email::stored("Ann@example.org".to_owned())),
            roles: vec!["bot".to_owned(), "user".to_owned()],
            active: true,
            profile: Profile {
                email_verified: true,
                bio: Some(Bio::stored("hi".to_owned())),
                ..Profile::default()
            },
            created_at: Timestamp::from_millis(1),
            updated_at: Timestamp::from_millis(2),
        }
    }

    #[test]
    fn an_empty_patch_changes_the_time_only() {
        let expected = User {
            updated_at: AT,
            ..ann()
        };
        assert_eq!(UserPatch::default().apply(&ann(), AT).unwrap(), expected);
    }

    #[test]
    fn a_new_address_is_unverified_unless_stated() {
        for (address, stated, verified) in [
            ("bob@example.org", None, false),
            ("bob@example.org", Some(true), true),
            ("ann@EXAMPLE.org", None, true),
            ("ann@EXAMPLE.org", Some(false), false),
        ] {
            let patch = UserPatch {
                email: Some(Email::stored(address.to_owned())),
                email_verified: stated,
                ..UserPatch::default()
            };
            let after = patch.apply(&ann(), AT).unwrap();
            assert_eq!(
                after.profile.email_verified, verified,
                "{address} {stated:?}"
            );
            assert_eq!(after.email.unwrap().as_str(), address);
        }
    }

    #[test]
    fn an_empty_text_removes_and_unblocking_records_the_time() {
        let patch = UserPatch {
            bio: Some(Bio::stored(String::new())),
            nickname: Some(Nickname::stored("A".to_owned())),
            unblock: true,
            ..UserPatch::default()
        };
        let profile = patch.apply(&ann(), AT).unwrap().profile;
        assert_eq!(profile.bio, None);
        assert_eq!(profile.nickname, Some(Nickname::stored("A".to_owned())));
        assert_eq!(profile.unblocked_at, Some(AT));
    }

    #[test]
    fn roles_are_sorted_and_a_change_without_effect_is_refused() {
        let held = ann().roles;
        let role = str::to_owned;
        let apply = |change: RoleChange| change.apply(&held).ok();
        let roles = |names: &[&str]| Some(names.iter().copied().map(role).collect::<Vec<_>>());
        let all = ["user", "app", "user"].map(role).to_vec();
        assert_eq!(apply(RoleChange::Replace(all)), roles(&["app", "user"]));
        assert_eq!(
            apply(RoleChange::Add(role("guest"))),
            roles(&["bot", "guest", "user"])
        );
        assert_eq!(apply(RoleChange::Remove(role("bot"))), roles(&["user"]));
        assert_eq!(apply(RoleChange::Add(role("bot"))), None);
        assert_eq!(apply(RoleChange::Remove(role("guest"))), None);
    }

    #[test]
    fn a_deactivation_ends_all_logins_and_a_new_password_the_others() {
        let own = LoginId::new("own");
        let password = UserPatch {
            password_hash: Some("hash".to_owned()),
            keep_login: Some(own.clone()),
            ..UserPatch::default()
        };
        let deactivation = UserPatch {
            active: Some(false),
            ..password.clone()
        };
        let activation = UserPatch {
            active: Some(true),
            ..UserPatch::default()
        };
        assert_eq!(
            password.ended_logins(),
            Some(EndedLogins::Password { kept: Some(own) })
        );
        assert_eq!(deactivation.ended_logins(), Some(EndedLogins::All));
        assert_eq!(activation.ended_logins(), None);
    }
}
