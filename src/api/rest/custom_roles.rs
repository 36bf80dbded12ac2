//! `roles.create`, `roles.update` and `roles.delete`. Source: the published document of Rocket.Chat;
//! compatibility 7.2. Custom roles need no licence here.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::fields::Fields;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{RoleReply, RoleRow};
use crate::domain::{Error, Field, Permission, Problem, RoleDraft, RoleScope};
use crate::service::roles;

const CREATE: [&str; 4] = ["name", "description", "scope", "mandatory2fa"];
const UPDATE: [&str; 5] = ["roleId", "name", "description", "scope", "mandatory2fa"];

pub(in crate::api) async fn create(request: Request) -> Answer {
    let actor = request.actor().await?;
    let context = AccountContext::SaveRole;
    let mut fields = known(&request, &CREATE).map_err(|e| in_properties(e, context))?;
    let draft = draft(&mut fields).map_err(|e| in_properties(e, context))?;
    let created = roles::create(request.count_call(Some(&actor))?, &actor, draft).await;
    let role = created.map_err(|e| context.failed(e))?;
    response::success(&RoleReply {
        role: RoleRow::dated(&role),
    })
}

pub(in crate::api) async fn update(request: Request) -> Answer {
    let actor = request.actor().await?;
    let context = AccountContext::SaveRole;
    let mut fields = known(&request, &UPDATE).map_err(|e| in_properties(e, context))?;
    let id = role_id(&mut fields).map_err(|e| in_properties(e, context))?;
    let draft = draft(&mut fields).map_err(|e| in_properties(e, context))?;
    let updated = roles::update(request.count_call(Some(&actor))?, &actor, &id, draft).await;
    let role = updated.map_err(|e| context.failed(e))?;
    response::success(&RoleReply {
        role: RoleRow::dated(&role),
    })
}

pub(in crate::api) async fn delete(request: Request) -> Answer {
    let actor = request.actor_with(Permission::AccessPermissions).await?;
    let context = AccountContext::DeleteRole;
    let mut fields = known(&request, &["roleId"]).map_err(|e| in_properties(e, context))?;
    let id = role_id(&mut fields).map_err(|e| in_properties(e, context))?;
    let deleted = roles::delete(request.count_call(Some(&actor))?, &actor, &id).await;
    deleted.map_err(|e| context.failed(e))?;
    response::done()
}

fn known(request: &Request, names: &[&str]) -> Result<Fields, ApiError> {
    let fields = request.lenient_fields()?;
    fields.refuse_unknown(names)?;
    Ok(fields)
}

fn role_id(fields: &mut Fields) -> Result<String, ApiError> {
    fields.require(&["roleId"])?;
    fields.filled("roleId")
}

/// Reads the parts of a role. Like Rocket.Chat, takes the scope `Users` if there is none.
fn draft(fields: &mut Fields) -> Result<RoleDraft, ApiError> {
    fields.require(&["name"])?;
    let scope = fields.text("scope")?.map(|text| {
        let unknown = || ApiError::invalid_params("scope must be Users or Subscriptions");
        RoleScope::named(&text).ok_or_else(unknown)
    });
    if fields.flag("mandatory2fa")? == Some(true) {
        let text = "mandatory2fa must be false: there is no second factor here";
        return Err(ApiError::invalid_params(text));
    }
    Ok(RoleDraft {
        name: fields.text("name")?.unwrap_or_default(),
        description: fields.text("description")?,
        scope: scope.transpose()?.unwrap_or(RoleScope::Users),
    })
}

/// Renders an invalid body as Rocket.Chat does for roles, with ajv's text as the hint.
fn in_properties(error: ApiError, context: AccountContext) -> ApiError {
    match error {
        ApiError::InvalidParams(refusal) => {
            let text = refusal.text().to_owned();
            context.failed(Error::invalid(Field::Role, Problem::Refused(text)))
        }
        other => other,
    }
}
