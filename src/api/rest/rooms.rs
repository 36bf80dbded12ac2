//! What clients ask for at their start and what does not exist here: rooms, custom emoji, slash
//! commands. The results are empty, not a 404. Source: Rocket.Chat `apps/meteor/app/api/server/v1`
//! (`rooms.ts`, `subscriptions.ts`, `channels.ts`, `groups.ts`, `im.ts`, `emoji-custom.ts`,
//! `commands.ts`).

use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{Changes, EmojiReply, EmptyPage, date};
use serde::Serialize;

/// The parameters of a page. Filters and sort keys have no effect on an empty list.
const PAGE: [&str; 5] = ["count", "offset", "sort", "filter", "_id"];

/// `GET rooms.get` and `GET subscriptions.get`.
pub(in crate::api) async fn no_changes(request: Request) -> Answer {
    empty(&request, &["updatedSince"], &[], &Changes::<()>::NONE).await
}

/// `GET emoji-custom.list`.
pub(in crate::api) async fn emoji(request: Request) -> Answer {
    let known = ["updatedSince", "_updatedAt", "_id"];
    empty(&request, &known, &["query"], &EmojiReply::EMPTY).await
}

/// `GET channels.list`.
pub(in crate::api) async fn channels(request: Request) -> Answer {
    page(&request, "channels").await
}

/// `GET groups.list`.
pub(in crate::api) async fn groups(request: Request) -> Answer {
    page(&request, "groups").await
}

/// `GET im.list`.
pub(in crate::api) async fn direct_messages(request: Request) -> Answer {
    page(&request, "ims").await
}

/// `GET commands.list`.
pub(in crate::api) async fn commands(request: Request) -> Answer {
    page(&request, "commands").await
}

/// Returns `reply`, unless `updatedSince` is invalid or a parameter is not `known`. Rocket.Chat 9 no
/// longer has the parameters `removed`.
async fn empty(
    request: &Request,
    known: &[&str],
    removed: &[&str],
    reply: &impl Serialize,
) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse_before_9(request.query(), known, removed, request.compat())?;
    if let Some(since) = query.filled("updatedSince")? {
        date::read(since).ok_or(NO_DATE)?;
    }
    request.count_call(Some(&actor))?;
    response::success(reply)
}

const NO_DATE: ApiError = ApiError::Thrown {
    code: "error-updatedSince-param-invalid",
    reason: "The \"updatedSince\" query parameter must be a valid date.",
};

/// Returns an empty page of `items`.
async fn page(request: &Request, items: &'static str) -> Answer {
    let actor = request.actor().await?;
    let removed = ["query", "fields"];
    let query = Query::parse_before_9(request.query(), &PAGE, &removed, request.compat())?;
    let (offset, _) = query.page()?;
    request.count_call(Some(&actor))?;
    response::success(&EmptyPage::of(items, offset))
}
