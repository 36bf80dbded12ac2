//! The rules of roles and permissions.

use crate::app::{App, Compat};
use crate::domain::{Caller, GrantChange, Permission, PermissionGrant, Requester, Result, Role};

/// Returns every permission with the roles that grant it. Every authenticated user may read them.
///
/// # Errors
/// `Unavailable`.
pub async fn list(app: &App) -> Result<Vec<PermissionGrant>> {
    app.store.list_permissions().await
}

/// The role of clients without a login, which Rocket.Chat 9 removed.
const ANONYMOUS: &str = "anonymous";

/// Returns every role that exists in the release that is followed. Every authenticated user may
/// read them.
///
/// # Errors
/// `Unavailable`.
pub async fn list_roles(app: &App) -> Result<Vec<Role>> {
    let mut roles = app.store.list_roles().await?;
    if app.rules.compat == Compat::Nine {
        roles.retain(|role| role.id != ANONYMOUS);
    }
    Ok(roles)
}

/// Sets the roles of the given permissions, all or none, and returns the whole table. Effective for
/// all following requests. Each item is the name of a permission with the ids of its roles.
///
/// # Errors
/// `Forbidden`, `Invalid { Permission | Role, Unknown }`, `LastPermissionManager`, `Unavailable`.
pub async fn update(
    app: &App,
    caller: Caller<'_>,
    roles: Vec<(String, Vec<String>)>,
) -> Result<Vec<PermissionGrant>> {
    caller.require(Permission::AccessPermissions)?;
    let by = caller.by(app.clock.now());
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

/// Grants a permission to a role, or revokes it. Effective for all following requests.
///
/// # Errors
/// `Forbidden`, `Invalid { Permission | Role, Unknown }`, `LastPermissionManager`, `Unavailable`.
pub async fn set_grant(
    app: &App,
    actor: &Requester,
    permission: String,
    role: String,
    change: GrantChange,
) -> Result<()> {
    actor.require(Permission::AccessPermissions)?;
    let by = actor.by(app.clock.now());
    app.store.set_grant(permission, role, change, by).await
}
