//! `licenses.info`: the license of a workspace without one. Everything here is free, so no limit
//! applies. Source: the published types of Rocket.Chat, `packages/core-typings/src/license`.

use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::LicenseReply;

/// `GET licenses.info`. `loadValues` has no effect: no limit applies that could be compared.
pub(in crate::api) async fn info(request: Request) -> Answer {
    let actor = request.actor().await?;
    Query::parse(request.query(), &["loadValues"])?;
    request.count_call(Some(&actor))?;
    response::success(&LicenseReply::NONE)
}
