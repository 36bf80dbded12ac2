//! The permissions' part of the store contract: roles and grants.

use crate::domain::{By, GrantChange, PermissionGrant, Result, Role};
use async_trait::async_trait;

/// Roles and their permissions. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Returns every role, by id.
    async fn list_roles(&self) -> Result<Vec<Role>>;

    /// Returns every permission with its roles, by name.
    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>>;

    /// Sets the roles of each given permission, all or none, and appends one event for each.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist;
    /// `LastPermissionManager`.
    async fn update_permissions(&self, grants: Vec<PermissionGrant>, by: By) -> Result<()>;

    /// Grants a permission to a role, appended after its other roles, or revokes it, and appends
    /// the event. Does nothing, and appends no event, if it is already in that state.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist;
    /// `LastPermissionManager`.
    async fn set_grant(
        &self,
        permission: String,
        role: String,
        change: GrantChange,
        by: By,
    ) -> Result<()>;
}
