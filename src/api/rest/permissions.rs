//! `permissions.*`. Source: Rocket.Chat `apps/meteor/server/api/v1/permissions.ts`; compatibility
//! 7.2.

use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::date;
use crate::api::wire::{PermissionChanges, PermissionList, PermissionRow};
use crate::domain::{GrantChange, Permission};
use crate::service::permissions;
use serde_json::Value;
use std::collections::HashMap;

pub(in crate::api) async fn list_all(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["updatedSince"])?;
    let since = query
        .text("updatedSince")?
        .map(|text| date::read(text).ok_or(ApiError::InvalidDate))
        .transpose()?;
    let grants = permissions::list(request.count_call(Some(&actor))?).await?;
    let changed = grants
        .iter()
        .filter(|grant| since.is_none_or(|since| grant.updated_at > since));
    response::success(&PermissionChanges {
        update: changed.map(PermissionRow::from).collect(),
        remove: [],
    })
}

pub(in crate::api) async fn update(request: Request) -> Answer {
    let actor = request.actor_with(Permission::AccessPermissions).await?;
    let mut fields = request.fields_named(&["permissions"], &[])?;
    let roles = grants(&fields.take("permissions").unwrap_or(Value::Null));
    let roles = roles.map_err(|refused| refused.at("permissions"))?;
    let grants =
        permissions::update(request.count_call(Some(&actor))?, (&actor).into(), roles).await?;
    response::success(&PermissionList {
        permissions: grants.iter().map(PermissionRow::from).collect(),
    })
}

pub(in crate::api) async fn add_role(request: Request) -> Answer {
    set_grant(request, GrantChange::Grant).await
}

pub(in crate::api) async fn remove_role(request: Request) -> Answer {
    set_grant(request, GrantChange::Revoke).await
}

async fn set_grant(request: Request, change: GrantChange) -> Answer {
    let actor = request.actor_with(Permission::AccessPermissions).await?;
    let mut fields = request.fields_named(&["permissionId", "role"], &[])?;
    let (permission, role) = (fields.filled("permissionId")?, fields.filled("role")?);
    let app = request.count_call(Some(&actor))?;
    permissions::set_grant(app, &actor, permission, role, change).await?;
    response::done()
}

/// Parses `[{_id, roles: [unique…]}]`, with ajv's order of checks and its texts.
fn grants(value: &Value) -> Result<Vec<(String, Vec<String>)>, ApiError> {
    array(value)?.iter().map(grant).collect()
}

fn grant(value: &Value) -> Result<(String, Vec<String>), ApiError> {
    let grant = value
        .as_object()
        .ok_or_else(|| ApiError::invalid_params("must be object"))?;
    let required = |name| {
        grant
            .get(name)
            .ok_or_else(|| ApiError::missing_property(name))
    };
    let (id, roles) = (required("_id")?, required("roles")?);
    if grant.len() > 2 {
        return Err(
            ApiError::invalid_params("must NOT have additional properties").words(["_id", "roles"]),
        );
    }
    let texts = |roles: &Vec<Value>| roles.iter().map(text).collect::<Result<Vec<_>, _>>();
    let (id, roles) = (
        text(id).map_err(|refused| refused.at("_id"))?,
        array(roles)
            .and_then(texts)
            .map_err(|refused| refused.at("roles"))?,
    );
    match twice(&roles) {
        Some((j, i)) => {
            let text =
                format!("must NOT have duplicate items (items ## {j} and {i} are identical)");
            Err(ApiError::invalid_params(text).at("roles"))
        }
        None => Ok((id, roles)),
    }
}

/// Returns the indices of two equal items in the order in which ajv reports them. It searches from
/// the last item to the first.
fn twice(items: &[String]) -> Option<(usize, usize)> {
    let mut places = HashMap::new();
    let mut from_the_last = items.iter().enumerate().rev();
    from_the_last.find_map(|(i, item)| places.insert(item, i).map(|j| (j, i)))
}

fn array(value: &Value) -> Result<&Vec<Value>, ApiError> {
    value
        .as_array()
        .ok_or_else(|| ApiError::invalid_params("must be array"))
}

fn text(value: &Value) -> Result<String, ApiError> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| ApiError::invalid_params("must be string"))
}
