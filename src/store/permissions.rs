//! What the use cases ask of a database about roles and permissions. Knows no SQL.

use crate::domain::{PermissionGrant, Result, Role, Timestamp};
use async_trait::async_trait;

/// Roles, and what they grant. See the [module](super) for what every method promises.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Every role, by id.
    async fn list_roles(&self) -> Result<Vec<Role>>;

    /// Every permission with its roles, by name.
    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>>;

    /// Sets the roles of each permission named, all or none.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist.
    async fn update_permissions(&self, grants: Vec<PermissionGrant>) -> Result<()>;

    /// Lets a role grant a permission, as the last of its roles, or no longer. What is so already stays as it is.
    ///
    /// # Errors
    /// `Invalid { Permission | Role, Unknown }` for a permission or role that does not exist.
    async fn set_grant(
        &self,
        permission: String,
        role: String,
        granted: bool,
        at: Timestamp,
    ) -> Result<()>;
}
