//! The rules of roles and permissions: everybody who is logged in may read them, few may change them.

use crate::app::App;
use crate::domain::{Actor, Permission, PermissionGrant, Requester, Result, Role};

/// Every permission with the roles that grant it.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App, _actor: &Actor) -> Result<Vec<PermissionGrant>> {
    app.store.list_permissions().await
}

/// Every role.
///
/// # Errors
/// `Unavailable`.
pub async fn list_roles(app: &App, _actor: &Actor) -> Result<Vec<Role>> {
    app.store.list_roles().await
}

/// Sets which roles grant which permissions, all or none, and answers the whole table. In force for the next request of everybody.
/// Each item is a permission's name and the ids of its roles.
///
/// # Errors
/// `Forbidden`, `Invalid { Permission | Role, Unknown }`, `Unavailable`.
pub async fn update(
    app: &App,
    actor: &Requester,
    roles: Vec<(String, Vec<String>)>,
) -> Result<Vec<PermissionGrant>> {
    actor.require(Permission::AccessPermissions)?;
    let by = actor.by(app.clock.now());
    let updated_at = by.at;
    let grants = roles
        .into_iter()
        .map(|(permission, roles)| PermissionGrant {
            permission,
            roles,
            updated_at,
        });
    app.store.update_permissions(grants.collect(), by).await?;
    app.store.list_permissions().await
}

/// Lets a role grant a permission, or no longer. In force for the next request of everybody.
///
/// # Errors
/// `Forbidden`, `Invalid { Permission | Role, Unknown }`, `Unavailable`.
pub async fn set_grant(
    app: &App,
    actor: &Requester,
    permission: String,
    role: String,
    granted: bool,
) -> Result<()> {
    actor.require(Permission::AccessPermissions)?;
    let by = actor.by(app.clock.now());
    app.store.set_grant(permission, role, granted, by).await
}
