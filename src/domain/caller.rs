//! Who asks for something that both people with a permission and the operator may do.

use super::{Actor, Permission, Result};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Whoever can write the data folder, and may therefore do anything.
    Operator,
    /// Somebody who is logged in.
    Actor(&'a Actor),
}

impl Caller<'_> {
    /// Passes for the operator, and for whoever holds `permission`.
    ///
    /// # Errors
    /// `Forbidden` otherwise.
    pub fn require(self, permission: Permission) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Actor(actor) => actor.require(permission),
        }
    }
}

impl<'a> From<&'a Actor> for Caller<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self::Actor(actor)
    }
}
