//! A change of the rules that hide a user's status, and which changes the settings allow.

use super::{
    Disallowed, Error, Field, Problem, Result, StatusVisibility, UserId, VisibilitySwitches,
};
use std::collections::BTreeSet;

/// A change of a user's rules. `None` keeps the current value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisibilityPatch {
    /// Whether the presence is disabled by an administrator.
    pub disabled_by_admin: Option<bool>,
    /// The users that the user hides from.
    pub denied: Option<BTreeSet<UserId>>,
    /// The users that an administrator hides the user from.
    pub denied_by_admin: Option<BTreeSet<UserId>>,
}

impl VisibilityPatch {
    /// Returns the rules after the change. A rule that its setting disables can only be removed or
    /// repeated: a rule without effect would be a false promise.
    ///
    /// # Errors
    /// `Disallowed`, `Invalid { DeniedUsers, TooMany }`.
    pub fn apply(
        &self,
        before: &StatusVisibility,
        switches: VisibilitySwitches,
    ) -> Result<StatusVisibility> {
        let mut after = before.clone();
        if let Some(denied) = &self.denied {
            let forbidden = (!switches.applies_own).then_some(Disallowed::StatusVisibility);
            after.denied = checked(Field::DeniedUsers, denied, &before.denied, forbidden)?;
        }
        let forbidden = (!switches.applies_by_admin).then_some(Disallowed::StatusVisibilityByAdmin);
        if let Some(denied) = &self.denied_by_admin {
            let field = Field::DeniedUsersByAdmin;
            after.denied_by_admin = checked(field, denied, &before.denied_by_admin, forbidden)?;
        }
        if let Some(disabled) = self.disabled_by_admin {
            if let Some(what) = forbidden.filter(|_| disabled && !before.disabled_by_admin) {
                return Err(Error::Disallowed(what));
            }
            after.disabled_by_admin = disabled;
        }
        Ok(after)
    }
}

fn checked(
    field: Field,
    new: &BTreeSet<UserId>,
    before: &BTreeSet<UserId>,
    forbidden: Option<Disallowed>,
) -> Result<BTreeSet<UserId>> {
    let adds = !new.is_empty() && new != before;
    if let Some(what) = forbidden.filter(|_| adds) {
        return Err(Error::Disallowed(what));
    }
    if new.len() > StatusVisibility::MOST_DENIED {
        let most = Problem::TooMany(StatusVisibility::MOST_DENIED);
        return Err(Error::invalid(field, most));
    }
    Ok(new.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: VisibilitySwitches = VisibilitySwitches::ON;

    fn ids(ids: &[&str]) -> BTreeSet<UserId> {
        ids.iter().map(|id| UserId::new(*id)).collect()
    }

    #[test]
    fn a_disabled_rule_can_only_be_repeated_or_removed() {
        let off = VisibilitySwitches::default();
        let open = StatusVisibility::default;
        let rules = [
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
        ];
        let patches = [
            VisibilityPatch {
                denied: Some(ids(&["b"])),
                ..VisibilityPatch::default()
            },
            VisibilityPatch {
                denied_by_admin: Some(ids(&["b"])),
                ..VisibilityPatch::default()
            },
            VisibilityPatch {
                disabled_by_admin: Some(true),
                ..VisibilityPatch::default()
            },
        ];
        let open = open();
        for (rule, patch) in rules.iter().zip(patches) {
            assert_eq!(patch.apply(&open, ON).unwrap(), *rule);
            let refused = patch.apply(&open, off);
            assert!(matches!(refused, Err(Error::Disallowed(_))), "{rule:?}");
            assert_eq!(patch.apply(rule, off).unwrap(), *rule, "repeated");
            let removed = VisibilityPatch {
                disabled_by_admin: Some(false),
                denied: Some(ids(&[])),
                denied_by_admin: Some(ids(&[])),
            };
            assert_eq!(removed.apply(rule, off).unwrap(), open);
        }
    }

    #[test]
    fn a_list_holds_at_most_100_users() {
        let list = |n: usize| (0..n).map(|n| UserId::new(n.to_string())).collect();
        let apply = |n| {
            let patch = VisibilityPatch {
                denied: Some(list(n)),
                ..VisibilityPatch::default()
            };
            patch.apply(&StatusVisibility::default(), ON)
        };
        assert!(apply(100).is_ok() && apply(101).is_err());
    }
}
