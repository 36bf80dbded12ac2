//! Roles: those that come with the server, and custom ones.

use super::{Error, Field, Problem, Result, Timestamp, check_name};

/// A role, held by users and granted permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id. That of a role that comes with the server is its name, such as `admin`.
    pub id: String,
    /// The display name, unique.
    pub name: String,
    /// A description, possibly empty.
    pub description: String,
    /// The scope of the role.
    pub scope: RoleScope,
    /// Whether the role comes with the server and cannot be changed or removed.
    pub protected: bool,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The parts of a custom role that can be chosen, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDraft {
    /// The display name.
    pub name: String,
    /// The description. `None` keeps the current one, or means none.
    pub description: Option<String>,
    /// The scope.
    pub scope: RoleScope,
}

/// The scope of a role, with Rocket.Chat's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleScope {
    /// The whole workspace.
    Users,
    /// One room.
    Subscriptions,
}

/// A role that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedRole {
    /// Its id, which no other role gets.
    pub id: String,
    /// When it was removed.
    pub removed_at: Timestamp,
}

/// Whether users hold a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleUse {
    /// At least one user holds it.
    Held,
    /// No user holds it.
    Unused,
}

impl Role {
    /// Maximum length of a name or description in UTF-16 units. The limits are ours.
    const LONGEST: [(Field, usize); 2] = [(Field::RoleName, 120), (Field::RoleDescription, 500)];

    /// Creates a custom role.
    ///
    /// # Errors
    /// `Invalid { RoleName | RoleDescription, Missing | NotValid | TooLong }`.
    pub fn custom(id: String, draft: RoleDraft, at: Timestamp) -> Result<Self> {
        let new = Self {
            id,
            name: draft.name,
            description: draft.description.unwrap_or_default(),
            scope: draft.scope,
            protected: false,
            updated_at: at,
        };
        new.check()?;
        Ok(new)
    }

    /// Returns this role after a change.
    ///
    /// # Errors
    /// `Invalid { Role, Protected }`, `Invalid { RoleName | RoleDescription, Missing | NotValid |
    /// TooLong }`.
    pub fn changed(&self, draft: RoleDraft, at: Timestamp) -> Result<Self> {
        self.require_custom()?;
        let description = Some(
            draft
                .description
                .unwrap_or_else(|| self.description.clone()),
        );
        let draft = RoleDraft {
            description,
            ..draft
        };
        Self::custom(self.id.clone(), draft, at)
    }

    /// Checks that the role may be removed.
    ///
    /// # Errors
    /// `Invalid { Role, Protected | InUse }`.
    pub fn require_removable(&self, used: RoleUse) -> Result<()> {
        self.require_custom()?;
        match used {
            RoleUse::Held => Err(Error::invalid(Field::Role, Problem::InUse)),
            RoleUse::Unused => Ok(()),
        }
    }

    /// Returns whether every user may see who holds the role: its scope is the workspace and it has
    /// a description.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.scope == RoleScope::Users && !self.description.is_empty()
    }

    fn require_custom(&self) -> Result<()> {
        if self.protected {
            return Err(Error::invalid(Field::Role, Problem::Protected));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::invalid(Field::RoleName, Problem::Missing));
        }
        for ((field, most), text) in Self::LONGEST
            .into_iter()
            .zip([&self.name, &self.description])
        {
            check_name(field, text)?;
            if text.encode_utf16().count() > most {
                return Err(Error::invalid(field, Problem::TooLong(most)));
            }
        }
        Ok(())
    }
}

impl RoleScope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Users, Self::Subscriptions];

    /// Returns Rocket.Chat's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Subscriptions => "Subscriptions",
        }
    }

    /// Returns the scope with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(7);

    fn draft(name: &str, description: Option<&str>) -> RoleDraft {
        RoleDraft {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            scope: RoleScope::Users,
        }
    }

    fn problem(result: Result<impl std::fmt::Debug>) -> (Field, Problem) {
        match result.unwrap_err() {
            Error::Invalid { field, problem } => (field, problem),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_custom_role_has_a_visible_name_of_limited_length() {
        let made = |name: &str, description: &str| {
            Role::custom("r".to_owned(), draft(name, Some(description)), AT)
        };
        assert!(made("Night shift", "Works at night").unwrap().is_public());
        assert_eq!(problem(made(" ", "")), (Field::RoleName, Problem::Missing));
        let long = (Field::RoleName, Problem::TooLong(120));
        assert_eq!(problem(made(&"é".repeat(121), "")), long);
        let long = (Field::RoleDescription, Problem::TooLong(500));
        assert_eq!(problem(made("a", &"é".repeat(501))), long);
        let (field, _) = problem(made("a\u{202e}b", ""));
        assert_eq!(field, Field::RoleName);
    }

    #[test]
    fn only_custom_roles_change_and_only_unused_ones_can_be_removed() {
        let custom = Role::custom("r".to_owned(), draft("a", Some("A")), AT).unwrap();
        let later = Timestamp::from_millis(8);
        let renamed = custom.changed(draft("b", None), later).unwrap();
        assert_eq!((&*renamed.name, &*renamed.description), ("b", "A"));
        assert_eq!((renamed.updated_at, &*renamed.id), (later, "r"));
        custom.require_removable(RoleUse::Unused).unwrap();
        let used = custom.require_removable(RoleUse::Held);
        assert_eq!(problem(used), (Field::Role, Problem::InUse));
        let built_in = Role {
            protected: true,
            ..custom
        };
        let refused = (Field::Role, Problem::Protected);
        assert_eq!(problem(built_in.changed(draft("b", None), AT)), refused);
        let removed = built_in.require_removable(RoleUse::Unused);
        assert_eq!(problem(removed), refused);
    }
}
