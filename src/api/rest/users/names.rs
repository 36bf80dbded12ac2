//! Usernames that a user could take.

use crate::api::error::{AccountContext, ApiError};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::ResultReply;
use crate::service::users::names;

pub(in crate::api) async fn check_username_availability(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["username"])?;
    let name = query.text("username")?;
    let name = name.ok_or_else(|| ApiError::missing_parameter("username"))?;
    let app = request.count_call(Some(&actor))?;
    let result = names::is_available(app, &actor, name)
        .await
        .map_err(|e| AccountContext::CheckUsername.failed(e))?;
    response::success(&ResultReply { result })
}

pub(in crate::api) async fn get_username_suggestion(request: Request) -> Answer {
    let actor = request.actor().await?;
    let app = request.count_call(Some(&actor))?;
    let result = names::suggest(app, &actor).await?;
    let result = result.ok_or(ApiError::Bare("No username suggestion found"))?;
    response::success(&ResultReply { result })
}
