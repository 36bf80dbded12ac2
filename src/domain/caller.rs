//! Who asks for something that both people with a permission and the operator may do.

use super::{Attribution, Permission, Requester, Result, Timestamp};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Whoever can write the data folder, and may therefore do anything.
    Operator,
    /// Somebody who is logged in.
    Requester(&'a Requester),
}

impl Caller<'_> {
    /// Passes for the operator, and for whoever holds `permission`.
    ///
    /// # Errors
    /// `Forbidden` otherwise.
    pub fn require(self, permission: Permission) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Requester(requester) => requester.require(permission),
        }
    }

    /// The caller as the author of a record at `at`.
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
