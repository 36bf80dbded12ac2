//! The rules of roles: custom ones, and who holds which. Source: Rocket.Chat `roles.ts`,
//! `addUserToRole.ts`.

use crate::app::App;
use crate::domain::{
    ADMIN, Actor, Error, Field, Page, Permission, Problem, RemovedRole, Requester, Result, Role,
    RoleChange, RoleDraft, Timestamp, User, UserKey, UserPatch, UserQuery,
};
use crate::service::{permissions, users};

/// Creates a custom role, which no user holds and which grants nothing yet.
///
/// # Errors
/// `Forbidden`, `Invalid { RoleName | RoleDescription, _ }`, `Unavailable`.
pub async fn create(app: &App, actor: &Requester, draft: RoleDraft) -> Result<Role> {
    actor.require(Permission::AccessPermissions)?;
    let now = app.clock.now();
    let role = Role::custom(app.ids.role(now), draft, now)?;
    app.store.create_role(role.clone(), actor.by(now)).await?;
    Ok(role)
}

/// Changes a custom role, given by its id or its name.
///
/// # Errors
/// `Forbidden`, `Invalid { Role, Unknown | Protected }`, `Invalid { RoleName | RoleDescription, _ }`,
/// `Unavailable`.
pub async fn update(app: &App, actor: &Requester, role: &str, draft: RoleDraft) -> Result<Role> {
    actor.require(Permission::AccessPermissions)?;
    let role = find(app, role).await?;
    let by = actor.by(app.clock.now());
    app.store.update_role(role.id, draft, by).await
}

/// Deletes a custom role that no user holds, given by its id or its name. Its permissions are
/// revoked.
///
/// # Errors
/// `Forbidden`, `Invalid { Role, Unknown | Protected | InUse }`, `Unavailable`.
pub async fn delete(app: &App, actor: &Requester, role: &str) -> Result<()> {
    actor.require(Permission::AccessPermissions)?;
    let role = find(app, role).await?;
    let by = actor.by(app.clock.now());
    app.store.delete_role(role.id, by).await
}

/// Returns the roles that changed and those that were removed after `since`.
///
/// # Errors
/// `Unavailable`.
pub async fn changed_since(app: &App, since: Timestamp) -> Result<(Vec<Role>, Vec<RemovedRole>)> {
    let (mut roles, mut removed) = (
        permissions::list_roles(app).await?,
        app.store.list_removed_roles().await?,
    );
    roles.retain(|role| role.updated_at > since);
    removed.retain(|role| role.removed_at > since);
    Ok((roles, removed))
}

/// Gives a role to the user with this username.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Role, Unknown | Unchanged }`, `Unavailable`.
pub async fn add_user(app: &App, actor: &Requester, username: &str, role: &str) -> Result<Role> {
    change(app, actor, username, role, RoleChange::Add).await
}

/// Takes a role from the user with this username.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Role, Unknown | Unchanged }`, `LastAdministrator`,
/// `Unavailable`.
pub async fn remove_user(app: &App, actor: &Requester, username: &str, role: &str) -> Result<Role> {
    change(app, actor, username, role, RoleChange::Remove).await
}

/// Returns a page of the users with a role.
///
/// # Errors
/// `Forbidden`, `Invalid { Role, Unknown }`, `Unavailable`.
pub async fn users_in(
    app: &App,
    actor: &Actor,
    role: &str,
    offset: u64,
    limit: Option<u64>,
) -> Result<Page<User>> {
    actor.require(Permission::AccessPermissions)?;
    let role = find(app, role).await?;
    let query = UserQuery {
        roles: vec![role.id],
        offset,
        limit,
        ..UserQuery::default()
    };
    app.store.list_users(query).await
}

/// Returns the users with a public role, each with public roles only. See [`Role::is_public`].
///
/// # Errors
/// `Unavailable`.
pub async fn users_in_public(app: &App, _actor: &Actor) -> Result<Vec<User>> {
    let mut public = permissions::list_roles(app).await?;
    public.retain(Role::is_public);
    let roles: Vec<_> = public.into_iter().map(|role| role.id).collect();
    let query = UserQuery {
        roles: roles.clone(),
        ..UserQuery::default()
    };
    let mut users = app.store.list_users(query).await?.items;
    for user in &mut users {
        user.roles.retain(|role| roles.contains(role));
    }
    Ok(users)
}

async fn change(
    app: &App,
    actor: &Requester,
    username: &str,
    role: &str,
    change: fn(String) -> RoleChange,
) -> Result<Role> {
    actor.require(Permission::AccessPermissions)?;
    let (user, _) = users::find(app, UserKey::Username(username.to_owned())).await?;
    let role = find(app, role).await?;
    if role.id == ADMIN {
        actor.require(Permission::AssignAdminRole)?;
    }
    let patch = UserPatch {
        roles: Some(change(role.id.clone())),
        ..UserPatch::default()
    };
    let by = actor.by(app.clock.now());
    app.store.update_user(user.id, patch, by).await?;
    Ok(role)
}

/// Returns the role with this id, otherwise the one with this name.
async fn find(app: &App, id_or_name: &str) -> Result<Role> {
    let mut roles = permissions::list_roles(app).await?;
    let by_id = roles.iter().position(|role| role.id == id_or_name);
    let found = by_id.or_else(|| roles.iter().position(|role| role.name == id_or_name));
    let found = found.map(|position| roles.swap_remove(position));
    found.ok_or_else(|| Error::invalid(Field::Role, Problem::Unknown))
}
