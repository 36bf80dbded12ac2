//! The methods on custom statuses. They do the same as the routes. Callers without the permission
//! receive `not_authorized`, logged in or not. Source: Rocket.Chat `insertOrUpdateUserStatus.ts`,
//! `deleteCustomUserStatus.ts`, `listCustomUserStatus.ts`; compatibility 4.5.

use super::call::Call;
use super::outcome::{Outcome, result};
use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::fields::Fields;
use crate::api::wire::StatusRecord;
use crate::domain::{Actor, Error, Permission, StatusId, StatusQuery};
use crate::service::custom_status::{self, StatusDraft};
use serde_json::Value;
use std::sync::Arc;

/// `[]`: returns all statuses.
pub(super) async fn list(call: Call<'_>) -> Outcome {
    let actor = call.actor()?;
    // As over REST, only one whole list is read at a time, and it is encoded on a blocking thread.
    let _alone = call.api.whole_lists.acquire().await;
    let page = custom_status::list(call.app(), actor, StatusQuery::default()).await?;
    let encode = move || {
        let records: Vec<_> = page.items.iter().map(StatusRecord::from).collect();
        result(&records)
    };
    tokio::task::spawn_blocking(encode)
        .await
        .map_err(Error::internal)?
}

/// `[{_id?, name, statusType?, previousName?, previousStatusType?}]`: returns the new id, or `true`
/// for a change.
pub(super) async fn insert_or_update(mut call: Call<'_>) -> Outcome {
    let actor = manager(&call)?;
    let Value::Object(status) = call.param(0) else {
        return Err(ApiError::NoMatch);
    };
    let mut fields = Fields::of(status);
    let id = fields.text("_id")?.filter(|id| !id.is_empty());
    let draft = draft(&mut fields, "name", "statusType")?;
    let previous = self::draft(&mut fields, "previousName", "previousStatusType")?;
    match id.map(StatusId::new) {
        None => {
            let status = custom_status::create(call.app(), actor, draft).await?;
            result(&status.id.as_str())
        }
        Some(id) => {
            custom_status::update_with_previous(call.app(), actor, id, draft, previous).await?;
            result(&true)
        }
    }
}

/// `[id]`: returns `true`.
pub(super) async fn delete(mut call: Call<'_>) -> Outcome {
    let actor = manager(&call)?;
    let id = StatusId::new(call.param(0).as_str().unwrap_or_default());
    let deleted = custom_status::delete(call.app(), actor, id).await;
    deleted.map_err(|e| ErrorContext::DeleteStatus.failed(e))?;
    result(&true)
}

/// Returns the caller, who must have the permission to change statuses. This is checked before the
/// parameters.
fn manager<'a>(call: &Call<'a>) -> Result<&'a Arc<Actor>, Error> {
    let needs = Permission::ManageUserStatus;
    let actor = call.caller().ok_or(Error::Forbidden { needs })?;
    actor.require(needs)?;
    Ok(actor)
}

fn draft(fields: &mut Fields, name: &str, status_type: &str) -> Result<StatusDraft, ApiError> {
    Ok(StatusDraft {
        name: fields.text(name)?,
        status_type: fields.text(status_type)?,
    })
}
