//! `users.setStatus`, `users.getStatus`, `users.getPresence` and `users.presence`. Source:
//! Rocket.Chat `apps/meteor/server/api/v1/users.ts`; compatibility 5.1 to 5.4.

use crate::api::error::{ApiError, ErrorContext};
use crate::api::http::fields::Fields;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::user_selector;
use crate::api::wire::date;
use crate::api::wire::{PresenceListReply, PresenceReply, UserStatusReply};
use crate::domain::{UserId, UserStatus};
use crate::service::presence::{self, StatusDraft, UserPresence};

pub(in crate::api) async fn set_status(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.reported_fields()?;
    fields.require_only(&[
        "status",
        "message",
        "expiresAt",
        "userId",
        "username",
        "user",
    ])?;
    let draft = status_draft(&mut fields)?;
    let whose = user_selector::named(|name| fields.text(name))?;
    let app = request.count_call(Some(&actor))?;
    let set = presence::set_status(app, &actor, whose, draft).await;
    set.map_err(|e| ErrorContext::SetStatus.failed(e))?;
    response::done()
}

/// Records a heartbeat of a user whose presence follows heartbeats. This route is ours: Rocket.Chat
/// shows users without a live connection as offline, or always as online.
pub(in crate::api) async fn beat(request: Request) -> Answer {
    let actor = request.actor().await?;
    let app = request.count_call(Some(&actor))?;
    app.connections.beat(&actor.user.id);
    response::done()
}

pub(in crate::api) async fn get_status(request: Request) -> Answer {
    response::success(&UserStatusReply::from(&find(&request).await?))
}

pub(in crate::api) async fn get_presence(request: Request) -> Answer {
    response::success(&PresenceReply::from(&find(&request).await?))
}

pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &["from", "ids", "ids[]"])?;
    let ids = ids(&query);
    // An invalid date requests all users, as on Rocket.Chat.
    let since = query.text("from")?.and_then(date::read);
    let app = request.count_call(Some(&actor))?;
    let list = if ids.is_empty() {
        presence::list(app, &actor, since).await?
    } else {
        presence::list_ids(app, &actor, ids).await?
    };
    response::success(&PresenceListReply::from(&list))
}

/// Parses the requested status. Like Meteor's check after ajv's, it requires a status or a message,
/// and refuses a null message.
fn status_draft(fields: &mut Fields) -> Result<StatusDraft, ApiError> {
    let unknown = || ApiError::not_one_of(UserStatus::ALL.map(UserStatus::as_str)).at("status");
    if fields.is_null("status") {
        return Err(unknown());
    }
    let is_null = fields.is_null("message");
    let known = fields.text("status")?;
    let known = known.map(|text| UserStatus::named(&text).ok_or_else(unknown));
    let (status, text) = (known.transpose()?, fields.text("message")?);
    let expires_at = fields.text("expiresAt")?.map(|text| date::read(&text));
    if is_null || (status.is_none() && text.is_none()) {
        return Err(ApiError::NoMatch);
    }
    Ok(StatusDraft {
        status,
        text,
        expires_at,
    })
}

/// Returns the user that the query selects; without one, the requester.
async fn find(request: &Request) -> Result<UserPresence, ApiError> {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &user_selector::NAMES)?;
    let whose = user_selector::named(|name| Ok(query.text(name)?.map(str::to_owned)))?;
    let found = presence::find(request.count_call(Some(&actor))?, &actor, whose).await;
    found.map_err(|e| ErrorContext::OfUser.failed(e))
}

/// Returns the requested ids: separated by commas, one per parameter, or both.
fn ids(query: &Query) -> Vec<UserId> {
    let given = ["ids", "ids[]"].iter().flat_map(|name| query.all(name));
    let split = given.flat_map(|ids| ids.split(','));
    split.filter(|id| !id.is_empty()).map(UserId::new).collect()
}
