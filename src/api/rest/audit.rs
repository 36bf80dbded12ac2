//! `audit.list`: the audit trail. This route is ours: Rocket.Chat's is part of its enterprise
//! edition and has other records.

use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::AuditPage;
use crate::api::wire::date;
use crate::domain::{Action, AuditQuery, Timestamp};
use crate::service::audit::{self, MAY_READ};

const KNOWN: [&str; 6] = ["action", "user", "since", "until", "count", "offset"];

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor_with(MAY_READ).await?;
    let query = Query::parse(request.query(), &KNOWN)?;
    let (offset, limit) = query.page()?;
    let filter = AuditQuery {
        actions: query.all("action").map(action).collect::<Result<_, _>>()?,
        user: None,
        since: instant(&query, "since")?,
        until: instant(&query, "until")?,
        offset,
        limit: limit.unwrap_or(crate::api::http::query::UPPER_COUNT),
    };
    let user = query.filled("user")?.map(str::to_owned);
    let app = request.count_call(Some(&actor))?;
    let page = audit::list(app, (&actor).into(), user, filter).await?;
    response::success(&AuditPage::new(&page, offset))
}

fn action(word: &str) -> Result<Action, ApiError> {
    let unknown = || ApiError::invalid_query("must be an action").at("action");
    let words = Action::ALL.iter().map(|action| action.as_str());
    Action::named(word).ok_or_else(|| unknown().words(words))
}

fn instant(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let text = query.filled(name)?;
    let invalid = || {
        ApiError::invalid_query(format!(
            "{name} must be a time such as 2026-11-25T10:00:00Z"
        ))
        .at(name)
    };
    let read = |text| date::read(text).ok_or_else(invalid);
    text.map(read).transpose()
}
