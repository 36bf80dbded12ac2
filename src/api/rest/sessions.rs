//! `sessions/*`: the individual password logins. Source: compatibility 6.5.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::list_query;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{EndedSession, SessionPage, SessionReply, SessionRow};
use crate::domain::{LoginId, LoginRecord, Page, Permission};
use crate::service::logins;

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = list_query::logins(request.query(), request.app().clock.now())?;
    let offset = query.offset;
    let page = logins::list_own(request.count_call(Some(&actor))?, &actor, query).await?;
    let host = host(&request);
    let row = |record| SessionRow::own(record, &actor.login.id, &host);
    answer(&page, offset, row)
}

pub(in crate::api) async fn info(request: Request) -> Answer {
    let actor = request.actor().await?;
    let id = id_in_query(&request)?;
    let found = logins::find_own(request.count_call(Some(&actor))?, &actor, id)
        .await
        .map_err(|e| AccountContext::Sessions.failed(e))?;
    let host = host(&request);
    response::success(&SessionReply::of(SessionRow::own(
        &found,
        &actor.login.id,
        &host,
    )))
}

pub(in crate::api) async fn logout_me(request: Request) -> Answer {
    let actor = request.actor().await?;
    let id = id_in_body(&request)?;
    let app = request.count_call(Some(&actor))?;
    logins::end_own(app, &actor, LoginId::new(id.as_str()))
        .await
        .map_err(|e| AccountContext::Sessions.failed(e))?;
    response::success(&EndedSession::of(&id))
}

pub(in crate::api) async fn list_all(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ViewDeviceManagement).await?;
    let query = list_query::all_logins(request.query(), request.app().clock.now())?;
    let offset = query.offset;
    let page = logins::list(request.count_call(Some(&actor))?, &actor, query).await?;
    let host = host(&request);
    let row = |record| SessionRow::for_admin(record, &actor.login.id, &host);
    answer(&page, offset, row)
}

pub(in crate::api) async fn info_admin(request: Request) -> Answer {
    let actor = request.actor_with(Permission::ViewDeviceManagement).await?;
    let id = id_in_query(&request)?;
    let found = logins::find(request.count_call(Some(&actor))?, &actor, id)
        .await
        .map_err(|e| AccountContext::Sessions.failed(e))?;
    let host = host(&request);
    response::success(&SessionReply::of(SessionRow::for_admin(
        &found,
        &actor.login.id,
        &host,
    )))
}

pub(in crate::api) async fn logout(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::LogoutDeviceManagement)
        .await?;
    let id = id_in_body(&request)?;
    let app = request.count_call(Some(&actor))?;
    logins::end_any(app, &actor, LoginId::new(id.as_str()))
        .await
        .map_err(|e| AccountContext::Sessions.failed(e))?;
    response::success(&EndedSession::of(&id))
}

fn answer<'a>(
    page: &'a Page<LoginRecord>,
    offset: u64,
    row: impl Fn(&'a LoginRecord) -> SessionRow<'a>,
) -> Answer {
    response::success(&SessionPage {
        count: page.items.len(),
        sessions: page.items.iter().map(row).collect(),
        offset,
        total: page.total,
    })
}

/// Returns the server's host, as clients reach it.
fn host(request: &Request) -> String {
    let url = request.site_url();
    let host = url.split_once("://").map_or(&*url, |(_, host)| host);
    host.to_owned()
}

fn id_in_query(request: &Request) -> Result<LoginId, ApiError> {
    let query = Query::parse(request.query(), &["sessionId"])?;
    let missing = || ApiError::missing_parameter("sessionId");
    query
        .text("sessionId")?
        .map(LoginId::new)
        .ok_or_else(missing)
}

fn id_in_body(request: &Request) -> Result<String, ApiError> {
    let mut fields = request.fields_named(&["sessionId"], &[])?;
    fields.filled("sessionId")
}
