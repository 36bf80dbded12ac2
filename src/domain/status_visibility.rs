//! Who may see whose status: the rules of each user, and the settings that enable them.
//! Source: compatibility 5.7.

use super::{Disallowed, Error, Result, Setting, SettingValues, UserId};
use std::collections::BTreeSet;

/// The rules that hide a user's status from others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusVisibility {
    /// Whether an administrator disabled the user's presence: everyone else sees them offline.
    pub disabled_by_admin: bool,
    /// The users that the user hides from.
    pub denied: BTreeSet<UserId>,
    /// The users that an administrator hides the user from.
    pub denied_by_admin: BTreeSet<UserId>,
}

/// The settings that decide which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibilitySwitches {
    /// Whether users see the status of others at all.
    pub shows_status: bool,
    /// Whether users may hide from others.
    pub applies_own: bool,
    /// Whether administrators may hide users.
    pub applies_by_admin: bool,
}

impl VisibilitySwitches {
    /// Every rule applies.
    pub const ON: Self = Self {
        shows_status: true,
        applies_own: true,
        applies_by_admin: true,
    };

    /// The settings of this group.
    pub const SETTINGS: [Setting; 3] = [
        Setting::UserStatusEnabled,
        Setting::StatusVisibilityEnabled,
        Setting::StatusVisibilityAdminEnabled,
    ];

    /// Refuses a status of a user with these rules if the presence is disabled.
    ///
    /// # Errors
    /// `Disallowed`.
    pub const fn allow_status_of(self, rules: &StatusVisibility) -> Result<()> {
        if self.shows_status && !(self.applies_by_admin && rules.disabled_by_admin) {
            return Ok(());
        }
        Err(Error::Disallowed(Disallowed::Presence))
    }
}

impl Default for VisibilitySwitches {
    /// The defaults of the settings.
    fn default() -> Self {
        Self {
            shows_status: true,
            applies_own: false,
            applies_by_admin: false,
        }
    }
}

impl From<&SettingValues> for VisibilitySwitches {
    fn from(values: &SettingValues) -> Self {
        let [shows_status, applies_own, applies_by_admin] =
            Self::SETTINGS.map(|setting| values.is_on(setting));
        Self {
            shows_status,
            applies_own,
            applies_by_admin,
        }
    }
}

impl StatusVisibility {
    /// Maximum number of users per list. Every event about the user holds the lists. The limit is
    /// ours.
    pub const MOST_DENIED: usize = 100;

    /// Returns whether there is no rule.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether the status of `user`, whose rules these are, is hidden from `viewer`.
    /// Administrators are viewers like all others. Users always see themselves.
    #[must_use]
    pub fn hides(&self, user: &UserId, viewer: &UserId, switches: VisibilitySwitches) -> bool {
        if user == viewer {
            return false;
        }
        let by_user = || switches.applies_own && self.denied.contains(viewer);
        let by_admin = || {
            switches.applies_by_admin
                && (self.disabled_by_admin || self.denied_by_admin.contains(viewer))
        };
        !switches.shows_status || by_user() || by_admin()
    }

    /// Returns who must never see a change made now, whichever rules the settings enable.
    #[must_use]
    pub fn hidden_from(&self) -> HiddenFrom {
        if self.disabled_by_admin {
            return HiddenFrom::Everyone;
        }
        let lists = self.denied.union(&self.denied_by_admin);
        HiddenFrom::Users(lists.cloned().collect())
    }
}

/// The other users that a past change of a user's status is hidden from forever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HiddenFrom {
    /// All of them.
    Everyone,
    /// These.
    Users(BTreeSet<UserId>),
}

impl HiddenFrom {
    /// Hidden from no user.
    #[must_use]
    pub const fn none() -> Self {
        Self::Users(BTreeSet::new())
    }

    /// Returns whether the change is hidden from `viewer`, another user.
    #[must_use]
    pub fn includes(&self, viewer: &UserId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Users(users) => users.contains(viewer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: VisibilitySwitches = VisibilitySwitches::ON;

    fn ids(ids: &[&str]) -> BTreeSet<UserId> {
        ids.iter().map(|id| UserId::new(*id)).collect()
    }

    fn rules() -> [StatusVisibility; 4] {
        let open = StatusVisibility::default;
        [
            open(),
            StatusVisibility {
                denied: ids(&["b"]),
                ..open()
            },
            StatusVisibility {
                denied_by_admin: ids(&["b"]),
                ..open()
            },
            StatusVisibility {
                disabled_by_admin: true,
                ..open()
            },
        ]
    }

    #[test]
    fn a_rule_hides_from_its_viewers_while_its_setting_is_on() {
        let off = VisibilitySwitches {
            shows_status: false,
            ..ON
        };
        let own = VisibilitySwitches {
            applies_by_admin: false,
            ..ON
        };
        let by_admin = VisibilitySwitches {
            applies_own: false,
            ..ON
        };
        let viewers = [UserId::new("a"), UserId::new("b"), UserId::new("c")];
        for (switches, expected) in [
            (ON, ["---", "-b-", "-b-", "-bc"]),
            (own, ["---", "-b-", "---", "---"]),
            (by_admin, ["---", "---", "-b-", "-bc"]),
            (off, ["-bc", "-bc", "-bc", "-bc"]),
        ] {
            let hidden = rules().map(|rules| {
                let hides = |viewer: &UserId| rules.hides(&viewers[0], viewer, switches);
                let letter = |v: &UserId| {
                    if hides(v) {
                        v.as_str().to_owned()
                    } else {
                        "-".to_owned()
                    }
                };
                viewers.iter().map(letter).collect::<String>()
            });
            assert_eq!(hidden, expected, "{switches:?}");
        }
    }

    #[test]
    fn a_change_is_hidden_from_the_union_of_all_lists_whatever_the_settings() {
        let both = StatusVisibility {
            denied: ids(&["b"]),
            denied_by_admin: ids(&["c"]),
            ..StatusVisibility::default()
        };
        let hidden = both.hidden_from();
        assert!(
            ["b", "c"]
                .iter()
                .all(|id| hidden.includes(&UserId::new(*id)))
        );
        assert!(!hidden.includes(&UserId::new("d")) && !both.is_open());
        let [open, .., disabled] = rules();
        assert!(open.is_open() && open.hidden_from() == HiddenFrom::none());
        assert_eq!(disabled.hidden_from(), HiddenFrom::Everyone);
    }
}
