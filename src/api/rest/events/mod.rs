//! `events`: committed events by position, as a stream of server-sent events, or as JSON for
//! clients that poll. This route is ours.

mod outgoing;
mod reader;

use crate::api::error::ApiError;
use crate::api::http::headers::wants_stream;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::Answer;
use crate::domain::EventId;
use crate::service::live_login::LiveLogin;
use reader::Reader;
use std::time::Duration;
use warp::http::HeaderMap;

/// Maximum and default number of seconds that a polling client waits for the next event.
const LONGEST_WAIT: u64 = 60;
const USUAL_WAIT: u64 = 25;
pub(in crate::api) async fn read(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["since", "timeout"])?;
    let since = position(request.headers(), &query)?;
    let wait = number(&query, "timeout")?.unwrap_or(USUAL_WAIT);
    request.count_call(Some(&actor))?;
    let login = LiveLogin::new(actor.actor().clone(), request.token().to_owned());
    let reader = Reader::new(request.api.clone(), login, since);
    if wants_stream(request.headers()) {
        Ok(reader.stream())
    } else {
        reader
            .page(Duration::from_secs(wait.min(LONGEST_WAIT)))
            .await
    }
}

/// Returns where to continue reading: after the last event of an interrupted stream, or where the
/// query says.
fn position(headers: &HeaderMap, query: &Query) -> Result<Option<EventId>, ApiError> {
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let since = number(query, "since")?;
    Ok(last.or(since).map(EventId::new))
}

fn number(query: &Query, name: &str) -> Result<Option<u64>, ApiError> {
    let text = query.text(name)?.filter(|text| !text.is_empty());
    let number = text.map(|text| text.parse());
    let refused = |_| ApiError::invalid_query("must be number").at(name);
    number.transpose().map_err(refused)
}
