//! The caller of a use case that is open to users with a permission and to the operator.

use super::{Attribution, By, Permission, Requester, Result, Timestamp};

/// The caller of a use case.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// The operator: has write access to the data folder, and may therefore do anything.
    Operator,
    /// An authenticated user.
    Requester(&'a Requester),
}

impl Caller<'_> {
    /// Succeeds for the operator and for users with `permission`.
    ///
    /// # Errors
    /// `Forbidden` otherwise.
    pub fn require(self, permission: Permission) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Requester(requester) => requester.require(permission),
        }
    }

    /// Like [`require`](Self::require), and returns the caller as the author of a record at `at`.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn authorize(self, permission: Permission, at: Timestamp) -> Result<Attribution> {
        self.require(permission)?;
        Ok(self.attribution(at))
    }

    /// Returns the caller as the author of a change at `at` that affects no single user.
    #[must_use]
    pub fn by(self, at: Timestamp) -> By {
        match self {
            Self::Operator => By::operator(at),
            Self::Requester(requester) => requester.by(at),
        }
    }

    /// Returns the caller as the author of a record at `at`.
    #[must_use]
    pub fn attribution(self, at: Timestamp) -> Attribution {
        match self {
            Self::Operator => Attribution::operator(at),
            Self::Requester(requester) => requester.attribution(at),
        }
    }
}

impl<'a> From<&'a Requester> for Caller<'a> {
    fn from(requester: &'a Requester) -> Self {
        Self::Requester(requester)
    }
}
