//! `/avatar/:name` and `/avatar/uid/:id`: the picture that a user chose, or the first letter of the
//! username. Source: Rocket.Chat `server/routes/avatar`. Formats other than SVG (`format`) and its
//! colours are not followed.
//!
//! Letters are open to everyone, as in Rocket.Chat: pages load these addresses without credentials,
//! and a letter shows only what its own address names. Pictures are for logged-in users unless a
//! setting opens them: a photo reveals more than a name.

use crate::api::error::ApiError;
use crate::api::http::list_cache::Encoded;
use crate::api::http::request::Request;
use crate::api::http::response::{Answer, Response};
use crate::domain::{Avatar, Error, UserId, UserKey};
use crate::service::authentication::{self, Credentials};
use crate::service::avatars;
use crate::service::users::queries;
use bytes::Bytes;
use std::ops::RangeInclusive;
use warp::http::{HeaderName, HeaderValue, StatusCode, header};

/// Width and height in pixels that a client may request.
const SIZES: RangeInclusive<u32> = 16..=1024;
const DEFAULT_SIZE: u32 = 200;
/// Backgrounds on which white letters are readable (contrast of at least 4.5 : 1). The pages draw
/// initials in the same colours.
const COLOURS: [&str; 12] = [
    "#93535E", "#925742", "#88602D", "#746A2A", "#59733C", "#367858", "#147874", "#1E748B",
    "#416C98", "#5F6399", "#785B8E", "#8A5578",
];
/// As long as Rocket.Chat's `Accounts_AvatarCacheTime`. After a rename, `/avatar/uid/`
/// may show the old initial for this long.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// As above, for a picture that not everyone may see.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, max-age=3600");
/// What decides whether a client gets a picture or a letter.
const CREDENTIALS: HeaderValue = HeaderValue::from_static("cookie, x-auth-token, x-user-id");
const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
const INLINE: HeaderValue = HeaderValue::from_static("inline");
/// Pages of other origins may show the picture: it is public.
const RESOURCE_POLICY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("cross-origin"),
);

/// `GET /avatar/:name`: the picture of the user with this name, or a letter. Needs no user of this
/// name, so it does not reveal which names exist. With a leading `@`, always a letter, as in
/// Rocket.Chat.
pub(in crate::api) async fn by_name(request: Request) -> Answer {
    let name = request.parameter();
    if let Some(name) = name.strip_prefix('@') {
        return Ok(letter(&request, name));
    }
    let key = UserKey::Username(name.clone().into_owned());
    match picture(&request, key).await? {
        Some(avatar) => Ok(shown(&request, avatar)),
        None => Ok(letter(&request, &name)),
    }
}

/// `GET /avatar/uid/:id`: 404 for an unknown id.
pub(in crate::api) async fn by_id(request: Request) -> Answer {
    let id = UserId::new(request.parameter());
    if let Some(avatar) = picture(&request, UserKey::Id(id.clone())).await? {
        return Ok(shown(&request, avatar));
    }
    let name = {
        let _turn = request.api.avatar_lookups.acquire().await;
        queries::username(request.app(), id).await?
    };
    let name = name.ok_or(ApiError::NoAvatar)?;
    Ok(letter(&request, name.as_str()))
}

/// Returns the picture that a user chose, if the client may see it. Otherwise nothing is looked up,
/// so that not even the time of the response reveals whether there is one. Lookups take turns, so
/// that a flood of them cannot occupy the database.
async fn picture(request: &Request, key: UserKey) -> Result<Option<Avatar>, ApiError> {
    if avatars::are_private(request.app()).await? && !is_of_user(request).await? {
        return Ok(None);
    }
    let _turn = request.api.avatar_lookups.acquire().await;
    Ok(avatars::find(request.app(), key).await?)
}

/// Returns whether a user sends the request: by its headers, or by the parameters or cookies
/// `rc_uid` and `rc_token`, with which Rocket.Chat's clients load pictures.
async fn is_of_user(request: &Request) -> Result<bool, ApiError> {
    let given = |name: &str| parameter(request.query(), name).or_else(|| request.cookie(name));
    let found = if request.has_credentials() {
        request.actor_in_any_state().await.map(drop)
    } else if let (Some(user), Some(token)) = (given("rc_uid"), given("rc_token")) {
        let (user, token) = (&*user, &*token);
        let credentials = Some(Credentials { user, token });
        let found = authentication::authenticate(request.app(), credentials).await;
        found.map(drop).map_err(ApiError::from)
    } else {
        return Ok(false);
    };
    match found {
        Ok(()) => Ok(true),
        Err(ApiError::Domain(Error::Unauthenticated)) => Ok(false),
        Err(failed) => Err(failed),
    }
}

/// Responds with a picture that a user chose.
fn shown(request: &Request, avatar: Avatar) -> Response {
    let kind = HeaderValue::from_str(&avatar.media_type).unwrap_or(SVG);
    let etag = HeaderValue::from_str(&format!("\"{}\"", avatar.etag));
    let picture = Encoded {
        body: avatar.bytes.into(),
        etag: etag.unwrap_or_else(|_| HeaderValue::from_static("\"\"")),
    };
    respond(request, picture, (kind, PRIVATE))
}

/// Responds with the first letter of a name.
fn letter(request: &Request, name: &str) -> Response {
    let picture = Encoded::new(svg(name, size(request.query())).into());
    respond(request, picture, (SVG, CACHE))
}

/// Returns the picture, or 304 to a client that already has it.
fn respond(
    request: &Request,
    picture: Encoded,
    (kind, cache): (HeaderValue, HeaderValue),
) -> Response {
    let mut response = Response::new(Bytes::new().into());
    if picture.is_named_by(request.headers().get(header::IF_NONE_MATCH)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response = Response::new(picture.body.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_DISPOSITION, INLINE);
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::ETAG, picture.etag);
    headers.insert(header::VARY, CREDENTIALS);
    headers.insert(RESOURCE_POLICY.0, RESOURCE_POLICY.1);
    response
}

/// Returns a parameter of the query.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    found.next().map(|(_, value)| value.into_owned())
}

/// Parses `size` of the query. Other parameters are ignored: clients add some against caches.
fn size(query: &str) -> u32 {
    let size = parameter(query, "size").and_then(|text| text.parse().ok());
    size.map_or(DEFAULT_SIZE, |size: u32| {
        size.clamp(*SIZES.start(), *SIZES.end())
    })
}

/// Returns the number of the colour of a username: FNV-1a of 32 bits, modulo the number of colours.
fn hue(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash as usize % COLOURS.len()
}

/// Renders a letter. Only a letter or digit of the name gets into it, so no name needs escaping.
fn svg(name: &str, size: u32) -> String {
    let initial = name.chars().find(|c| c.is_alphanumeric());
    let initial: String = initial.into_iter().flat_map(char::to_uppercase).collect();
    let colour = COLOURS[hue(name)];
    let font = f64::from(size) / 1.6;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" \
         viewBox=\"0 0 {size} {size}\"><rect width=\"100%\" height=\"100%\" fill=\"{colour}\"/>\
         <text x=\"50%\" y=\"50%\" dy=\"0.36em\" text-anchor=\"middle\" fill=\"#fff\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"{font}\">{initial}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_letter_or_a_digit_of_a_name_gets_into_a_picture() {
        for (name, initial) in [
            ("ann", "A"),
            ("7up", "7"),
            ("_.-z", "Z"),
            ("</text><script>", "T"),
            ("\"'&<>", ""),
            ("\u{202e}\0čeněk", "Č"),
            ("🍜", ""),
            ("", ""),
        ] {
            let svg = svg(name, 200);
            assert!(
                svg.ends_with(&format!("\">{initial}</text></svg>")),
                "{name} {svg}"
            );
        }
    }

    #[test]
    fn the_colour_of_a_name_is_that_of_the_pages() {
        let hues = ["ann", "bob", "rocket.cat", "Zoë", ""].map(hue);
        assert_eq!(hues, [8, 8, 3, 0, 1]);
    }

    #[test]
    fn a_requested_size_is_kept_within_its_bounds() {
        for (query, expected) in [
            ("", 200),
            ("size=50", 50),
            ("format=png&size=16&rc_uid=x", 16),
            ("size=1", 16),
            ("size=4294967295", 1024),
            ("size=99999999999999", 200),
            ("size=-1", 200),
            ("size=1e2", 200),
        ] {
            assert_eq!(size(query), expected, "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_name_gives_the_same_markup(name in ".{0,40}") {
            let svg = svg(&name, 16);
            proptest::prop_assert_eq!(svg.matches('<').count(), 5);
            proptest::prop_assert_eq!(svg.matches('&').count(), 0);
        }
    }
}
