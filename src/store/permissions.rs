//! The permissions' part of the store contract: roles and grants.

use crate::domain::{By, GrantChange, PermissionGrant, RemovedRole, Result, Role, RoleDraft};
use async_trait::async_trait;

/// Roles and their permissions. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Returns every role, by id.
    async fn list_roles(&self) -> Result<Vec<Role>>;

    /// Returns the custom roles that were removed last, by id.
    async fn list_removed_roles(&self) -> Result<Vec<RemovedRole>>;

    /// Adds a custom role, and appends the event.
    ///
    /// # Errors
    /// `Invalid { RoleName, Taken }` if another role has the name.
    async fn create_role(&self, role: Role, by: By) -> Result<()>;

    /// Changes a custom role, appends the event, and returns the role.
    ///
    /// # Errors
    /// `Invalid { Role, Unknown | Protected }`, `Invalid { RoleName, Taken }`, and the errors of
    /// [`Role::changed`].
    async fn update_role(&self, id: String, draft: RoleDraft, by: By) -> Result<Role>;

    /// Removes a custom role that no user holds, revokes its permissions, and appends one event for
    /// each of them and one for the role.
    ///
    /// # Errors
    /// `Invalid { Role, Unknown | Protected | InUse }`.
    async fn delete_role(&self, id: String, by: By) -> Result<()>;

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
