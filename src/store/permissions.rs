//! What the use cases ask of a database about roles and permissions. Knows no SQL.

use crate::domain::{By, PermissionGrant, Result, Role};
use async_trait::async_trait;

/// Roles, and what they grant. See the [module](super) for what every method promises.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Every role, by id.
    async fn list_roles(&self) -> Result<Vec<Role>>;

    /// Every permission with its roles, by name.
    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>>;

    /// Sets the roles of each permission named, all or none, each with the event that tells of it.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist.
    async fn update_permissions(&self, grants: Vec<PermissionGrant>, by: By) -> Result<()>;

    /// Lets a role grant a permission, as the last of its roles, or no longer, and adds the event. What is so already stays
    /// as it is, and adds none.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist.
    async fn set_grant(
        &self,
        permission: String,
        role: String,
        granted: bool,
        by: By,
    ) -> Result<()>;
}
