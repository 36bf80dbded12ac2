//! `roles.*`. Source: Rocket.Chat `apps/meteor/server/api/v1/roles.ts`; compatibility 7.2. Rooms do
//! not exist here, so `roomId` and `scope` are accepted without effect when a role is given or taken.
//! Custom roles are in `custom_roles`.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::date;
use crate::api::wire::{
    Holder, Holders, PublicHolder, PublicHolders, RemovedRow, RoleChanges, RoleList, RoleReply,
    RoleRow, RoleSync,
};
use crate::domain::Permission;
use crate::service::{permissions, roles};

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let roles = permissions::list_roles(request.count_call(Some(&actor))?).await?;
    response::success(&RoleList {
        roles: roles.iter().map(RoleRow::undated).collect(),
    })
}

pub(in crate::api) async fn sync(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["updatedSince"])?;
    let since = query.filled("updatedSince")?;
    let invalid = ApiError::Thrown {
        code: "error-invalid-param",
        reason: "updatedSince must be a valid date string",
    };
    let since = since.map(|text| date::read(text).ok_or(invalid));
    let since = since.transpose()?;
    let app = request.count_call(Some(&actor))?;
    let (update, remove) = match since {
        Some(since) => roles::changed_since(app, since).await?,
        None => (Vec::new(), Vec::new()),
    };
    response::success(&RoleSync {
        roles: RoleChanges {
            update: update.iter().map(RoleRow::dated).collect(),
            remove: remove.iter().map(RemovedRow::from).collect(),
        },
    })
}

pub(in crate::api) async fn add_user_to_role(request: Request) -> Answer {
    let actor = request.actor().await?;
    let (username, role) = user_and_role(&request, &[])?;
    let role = roles::add_user(request.count_call(Some(&actor))?, &actor, &username, &role)
        .await
        .map_err(|e| AccountContext::AddToRole.failed(e))?;
    response::success(&RoleReply {
        role: RoleRow::dated(&role),
    })
}

pub(in crate::api) async fn remove_user_from_role(request: Request) -> Answer {
    let actor = request.actor_with(Permission::AccessPermissions).await?;
    let (username, role) = user_and_role(&request, &["scope"])?;
    let role = roles::remove_user(request.count_call(Some(&actor))?, &actor, &username, &role)
        .await
        .map_err(|e| AccountContext::RemoveFromRole.failed(e))?;
    response::success(&RoleReply {
        role: RoleRow::dated(&role),
    })
}

/// Returns the user and the role to give or take. Both `roleId` and `roleName` may be an id or a
/// name.
fn user_and_role(request: &Request, further: &[&str]) -> Result<(String, String), ApiError> {
    let optional = [&["roleId", "roleName", "roomId"], further].concat();
    let mut fields = request.fields_named(&["username"], &optional)?;
    let username = fields.text("username")?.unwrap_or_default();
    let role = match fields.text("roleId")? {
        Some(id) => Some(id),
        None => fields.text("roleName")?,
    };
    role.filter(|role| !role.is_empty())
        .map(|role| (username, role))
        .ok_or(ApiError::Bare("error-invalid-role-properties"))
}

pub(in crate::api) async fn get_users_in_role(request: Request) -> Answer {
    let actor = request.actor_with(Permission::AccessPermissions).await?;
    let known = ["role", "roomId", "count", "offset", "sort"];
    let query = Query::parse_before_9(request.query(), &known, &["query"], request.compat())?;
    // Accepted and ignored, as in Rocket.Chat: the users are sorted by username.
    query.text("sort")?;
    let role = query.filled("role")?;
    let role = role.ok_or_else(|| ApiError::missing_parameter("role"))?;
    if query.filled("roomId")?.is_some() {
        return Err(ApiError::Thrown {
            code: "error-not-allowed",
            reason: "Not allowed",
        });
    }
    let (offset, limit) = query.page()?;
    let app = request.count_call(Some(&actor))?;
    let page = roles::users_in(app, &actor, role, offset, limit)
        .await
        .map_err(|e| AccountContext::UsersInRole.failed(e))?;
    response::success(&Holders {
        users: page.items.iter().map(Holder::from).collect(),
        total: page.total,
    })
}

pub(in crate::api) async fn get_users_in_public_roles(request: Request) -> Answer {
    let actor = request.actor().await?;
    let users = roles::users_in_public(request.count_call(Some(&actor))?, &actor).await?;
    response::success(&PublicHolders {
        users: users.iter().map(PublicHolder::from).collect(),
    })
}
