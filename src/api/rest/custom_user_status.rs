//! `custom-user-status.*`. Source: Rocket.Chat `apps/meteor/server/api/v1/custom-user-status.ts`;
//! compatibility 4.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::fields::Fields;
use crate::api::http::list_cache::Encoded;
use crate::api::http::list_query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer, Response};
use crate::api::wire;
use crate::app::Contract;
use crate::domain::{Actor, Error, Outage, StatusId};
use crate::service::custom_status::{self, StatusDraft};
use crate::transport::LARGE_ANSWER;
use warp::http::{HeaderValue, StatusCode, header};

pub(in crate::api) async fn create(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields()?;
    fields.require(required(&request, &["name"]))?;
    fields.refuse_unknown(&["name", "statusType"])?;
    let draft = draft(&mut fields)?;
    let status = custom_status::create(request.count_call(Some(&actor))?, &actor, draft).await?;
    response::success(&wire::StatusReply::from(&status))
}

pub(in crate::api) async fn update(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields()?;
    fields.require(&["_id"])?;
    fields.require(required(&request, &["name"]))?;
    fields.refuse_unknown(&["_id", "name", "statusType"])?;
    let id = StatusId::new(fields.text("_id")?.unwrap_or_default());
    let draft = draft(&mut fields)?;
    let status =
        custom_status::update(request.count_call(Some(&actor))?, &actor, id, draft).await?;
    response::success(&wire::StatusReply::from(&status))
}

pub(in crate::api) async fn delete(request: Request) -> Answer {
    let actor = request.actor().await?;
    let without_id = || {
        ApiError::invalid_params("The \"customUserStatusId\" params is required!")
            .at("customUserStatusId")
            .hint("Send this field")
    };
    // Unlike in a create, an unreadable body is reported as one without an id: compatibility 4.4.
    let mut fields = request
        .fields()
        .map_err(|cause| without_id().explained_by(cause))?;
    fields
        .require(&["customUserStatusId"])
        .map_err(|cause| without_id().explained_by(cause))?;
    fields.refuse_unknown(&["customUserStatusId"])?;
    let id = fields
        .text("customUserStatusId")?
        .filter(|id| !id.is_empty())
        .ok_or_else(without_id)?;
    custom_status::delete(request.count_call(Some(&actor))?, &actor, StatusId::new(id))
        .await
        .map_err(|e| ErrorContext::DeleteStatus.failed(e))?;
    response::done()
}

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    // The version comes first: see `auth::versioned`.
    let version = request.app().custom_statuses_version();
    let page = match request.api.lists.find(version, request.query()) {
        Some(kept) => {
            // A cached response had a valid query, so there is nothing left to check.
            request.count_call(Some(&actor))?;
            kept
        }
        None => read_list(&request, &actor, version).await?,
    };
    Ok(not_modified(&request, &page).unwrap_or_else(|| {
        // The memory of one copy was reserved when the response was encoded.
        let response = response::counted(response::ready(page.body.clone()));
        with_tag(response, &page)
    }))
}

async fn read_list(request: &Request, actor: &Actor, version: u64) -> Result<Encoded, ApiError> {
    let query = list_query::statuses(request.query(), request.compat())?;
    let app = request.count_call(Some(actor))?;
    let lists = &request.api.lists;
    let (offset, whole) = (query.offset, query.limit.is_none());
    // A whole list may be huge. Only one is read at a time, and it is encoded on a blocking thread.
    let _alone = if whole {
        Some(request.api.whole_lists.acquire().await)
    } else {
        None
    };
    if whole && let Some(made) = lists.find(version, request.query()) {
        return Ok(made); // Another request has made the same list in the meantime.
    }
    let page = custom_status::list(app, actor, query).await?;
    let encode = move || serde_json::to_vec(&wire::StatusPage::new(&page, offset));
    let encoded = if whole {
        tokio::task::spawn_blocking(encode)
            .await
            .map_err(Error::internal)?
    } else {
        encode()
    };
    let bytes = encoded.map_err(Error::internal)?;
    if bytes.len() <= LARGE_ANSWER {
        let page = Encoded::new(bytes.into());
        lists.keep(version, request.query(), &page);
        return Ok(page);
    }
    let budget = request.client().map(|client| client.answers());
    let none = Error::unavailable(Outage::MemoryShort);
    let reserved = budget.map(|budget| budget.try_reserve(bytes.len()).ok_or(none));
    Ok(lists.share(version, request.query(), bytes, reserved.transpose()?))
}

fn not_modified(request: &Request, page: &Encoded) -> Option<Response> {
    page.is_named_by(request.headers().get(header::IF_NONE_MATCH))
        .then(|| {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            with_tag(response, page)
        })
}

/// Adds the entity tag. Unlike other responses, a list may be stored by the client, which must
/// revalidate it each time.
fn with_tag(mut response: Response, page: &Encoded) -> Response {
    response
        .headers_mut()
        .insert(header::ETAG, page.etag.clone());
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}

/// Returns the fields that ajv requires in the `server` contract. In the other contract, the rules
/// report missing fields.
fn required<'a>(request: &Request, fields: &'a [&'a str]) -> &'a [&'a str] {
    if request.app().rules.contract == Contract::Server {
        fields
    } else {
        &[]
    }
}

fn draft(fields: &mut Fields) -> Result<StatusDraft, ApiError> {
    Ok(StatusDraft {
        name: fields.text("name")?,
        status_type: fields.text("statusType")?,
    })
}
