//! The addresses of users' avatars. No avatar can be set here: each is drawn from the username.

use crate::api::error::{AccountContext, ApiError, ErrorContext};
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::user_selector;
use crate::api::wire::AvatarSuggestions;
use crate::domain::{Error, What};
use crate::service::users::{accounts, queries};

/// The request selects no user.
const NO_USER: ApiError = ApiError::Thrown {
    code: "error-user-param-not-provided",
    reason: "The required \"userId\" or \"username\" param was not provided",
};

/// Redirects to the image of a user. Like Rocket.Chat, repeats its URL in the body.
pub(in crate::api) async fn get_avatar(request: Request) -> Answer {
    let actor = request.actor().await?;
    let query = Query::parse(request.query(), &user_selector::NAMES)?;
    let key = user_selector::named(|name| Ok(query.text(name)?.map(str::to_owned)))?;
    let key = key.ok_or(NO_USER)?;
    let unknown = Error::NotFound(What::User(key.as_str().to_owned()));
    let found = queries::info(request.count_call(Some(&actor))?, &actor, key).await?;
    let view = found.ok_or_else(|| ErrorContext::OfUser.failed(unknown))?;
    let name = view.user.username.as_str();
    response::redirect(&format!("{}/avatar/{name}", request.site_url()))
}

pub(in crate::api) async fn reset_avatar(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&[], &user_selector::NAMES)?;
    let key = user_selector::named(|name| fields.text(name))?.ok_or(NO_USER)?;
    let reset = accounts::reset_avatar(request.count_call(Some(&actor))?, &actor, key).await;
    reset.map_err(|e| AccountContext::ResetAvatar.failed(e))?;
    response::done()
}

/// Returns no suggestions: they would come from other login services, which do not exist here.
pub(in crate::api) async fn get_avatar_suggestion(request: Request) -> Answer {
    let actor = request.actor().await?;
    request.count_call(Some(&actor))?;
    response::success(&AvatarSuggestions::NONE)
}
