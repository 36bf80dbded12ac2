//! The rule that someone can change permissions: no change may take `access-permissions` from the
//! last active user who has it. Without such a user, only the command line could give it back.

use super::{Error, Result};

/// Whether an active user has the permission `access-permissions`, by any of their roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionManager {
    /// At least one has it.
    Exists,
    /// None has it.
    Missing,
}

/// Checks a change of grants, roles or users by the state before and after it. A workspace that
/// already has no such user accepts any change.
///
/// # Errors
/// [`Error::LastPermissionManager`].
pub const fn require_permission_manager(
    before: PermissionManager,
    after: PermissionManager,
) -> Result<()> {
    match (before, after) {
        (PermissionManager::Exists, PermissionManager::Missing) => {
            Err(Error::LastPermissionManager)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::PermissionManager::{Exists, Missing};
    use super::*;

    #[test]
    fn the_last_user_who_can_change_permissions_keeps_the_permission() {
        for (before, after, is_allowed) in [
            (Exists, Exists, true),
            (Exists, Missing, false),
            (Missing, Missing, true),
            (Missing, Exists, true),
        ] {
            let checked = require_permission_manager(before, after);
            assert_eq!(checked.is_ok(), is_allowed, "{before:?} {after:?}");
        }
    }
}
