//! The rules for assigning roles. Source: Rocket.Chat `roles.ts`, `addUserToRole.ts`.

use crate::app::App;
use crate::domain::{
    ADMIN, Actor, Error, Field, Page, Permission, Problem, Requester, Result, Role, RoleChange,
    User, UserKey, UserPatch, UserQuery,
};
use crate::service::users;

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
    let mut public = app.store.list_roles().await?;
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

async fn find(app: &App, id: &str) -> Result<Role> {
    let mut roles = app.store.list_roles().await?.into_iter();
    roles
        .find(|role| role.id == id)
        .ok_or(Error::invalid(Field::Role, Problem::Unknown))
}
