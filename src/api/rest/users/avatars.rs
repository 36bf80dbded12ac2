//! The pictures of users: their addresses, and how they are set and removed. Source: Rocket.Chat
//! `apps/meteor/app/api/server/v1/users.ts`.

use crate::api::error::{AccountContext, ApiError, ErrorContext};
use crate::api::http::multipart;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::http::user_selector;
use crate::api::wire::AvatarSuggestions;
use crate::domain::{Error, UserKey, What};
use crate::service::avatars;
use crate::service::users::queries;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

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

/// Neither a picture nor its URL was sent. Rocket.Chat's text, without a code.
const NO_IMAGE: ApiError = ApiError::Bare("The 'image' param is required");
/// The URL is not one that holds the picture itself. The server fetches no URLs for users: they
/// could reach what only the server can.
const NO_FETCH: ApiError = ApiError::Thrown {
    code: "error-avatar-invalid-url",
    reason: "Invalid avatar URL: use a data: URL in base64, or upload the picture as the field image",
};

/// A picture from a client, not decoded, and the user whose it shall be.
struct Upload {
    picture: Bytes,
    whose: Option<UserKey>,
}

/// `users.setAvatar`: a form with the file `image`, or JSON with a `data:` URL in `avatarUrl`.
pub(in crate::api) async fn set_avatar(request: Request) -> Answer {
    let actor = request.actor().await?;
    let Upload { picture, whose } = upload(&request)?;
    let app = request.count_call(Some(&actor))?;
    let set = avatars::set(app, &actor, whose, picture).await;
    set.map_err(|e| AccountContext::SetAvatar.failed(e))?;
    response::done()
}

fn upload(request: &Request) -> Result<Upload, ApiError> {
    if !multipart::is_multipart(request.headers()) {
        let mut fields = request.lenient_fields()?;
        let whose = user_selector::named(|name| fields.text(name))?;
        let url = fields.text("avatarUrl")?.ok_or(NO_IMAGE)?;
        let picture = of_data_url(&url).ok_or(NO_FETCH)?;
        return Ok(Upload { picture, whose });
    }
    let parts = multipart::parts(request.headers(), request.body());
    let parts = parts.ok_or_else(|| ApiError::invalid_params("must be a complete form"))?;
    let content = |name: &str| {
        let found = parts.iter().find(|part| part.name == name);
        found.map(|part| part.content.clone())
    };
    let text = |name: &str| content(name).map(|text| String::from_utf8_lossy(&text).into_owned());
    Ok(Upload {
        picture: content("image").ok_or(NO_IMAGE)?,
        whose: user_selector::named(|name| Ok(text(name)))?,
    })
}

/// Returns the content of a URL such as `data:image/png;base64,iVBO…`.
fn of_data_url(url: &str) -> Option<Bytes> {
    let (kind, content) = url.strip_prefix("data:")?.split_once(',')?;
    kind.strip_suffix(";base64")?;
    BASE64_STANDARD.decode(content).ok().map(Bytes::from)
}

pub(in crate::api) async fn reset_avatar(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&[], &user_selector::NAMES)?;
    let key = user_selector::named(|name| fields.text(name))?.ok_or(NO_USER)?;
    let reset = avatars::reset(request.count_call(Some(&actor))?, &actor, key).await;
    reset.map_err(|e| AccountContext::ResetAvatar.failed(e))?;
    response::done()
}

/// Returns no suggestions: they would come from other login services, which do not exist here.
pub(in crate::api) async fn get_avatar_suggestion(request: Request) -> Answer {
    let actor = request.actor().await?;
    request.count_call(Some(&actor))?;
    response::success(&AvatarSuggestions::NONE)
}
