//! `/avatar/:name` and `/avatar/uid/:id`: a picture with the initial of a username. Users cannot
//! upload pictures here. Source: Rocket.Chat `server/routes/avatar`. Formats other than SVG
//! (`format`) and its colours are not followed.
//!
//! Open to everyone, as in Rocket.Chat: pages load these addresses without credentials. A picture
//! shows only what its own address names, or one letter of the username of an id.

use crate::api::error::ApiError;
use crate::api::http::list_cache::Encoded;
use crate::api::http::request::Request;
use crate::api::http::response::{Answer, Response};
use crate::domain::UserId;
use crate::service::users::queries;
use bytes::Bytes;
use std::ops::RangeInclusive;
use warp::http::{HeaderName, HeaderValue, StatusCode, header};

/// Width and height in pixels that a client may request.
const SIZES: RangeInclusive<u32> = 16..=1024;
const DEFAULT_SIZE: u32 = 200;
/// Backgrounds on which white letters are readable (contrast of at least 4.5 : 1).
const COLOURS: [&str; 10] = [
    "#b71c1c", "#880e4f", "#6a1b9a", "#4527a0", "#283593", "#1565c0", "#00695c", "#2e7d32",
    "#6d4c41", "#455a64",
];
/// As long as Rocket.Chat's `Accounts_AvatarCacheTime`. After a rename, `/avatar/uid/`
/// may show the old initial for this long.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
const INLINE: HeaderValue = HeaderValue::from_static("inline");
/// Pages of other origins may show the picture: it is public.
const RESOURCE_POLICY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("cross-origin"),
);

/// `GET /avatar/:name`: needs no user of this name, so it does not reveal which names exist. A
/// leading `@` is ignored, as in Rocket.Chat.
pub(in crate::api) async fn by_name(request: Request) -> Answer {
    let name = request.parameter();
    Ok(respond(&request, name.strip_prefix('@').unwrap_or(&name)))
}

/// `GET /avatar/uid/:id`: 404 for an unknown id. Lookups take turns, so that a flood of them cannot
/// occupy the database.
pub(in crate::api) async fn by_id(request: Request) -> Answer {
    let id = UserId::new(request.parameter());
    let name = {
        let _turn = request.api.avatar_lookups.acquire().await;
        queries::username(request.app(), id).await?
    };
    let name = name.ok_or(ApiError::NoAvatar)?;
    Ok(respond(&request, name.as_str()))
}

/// Returns the picture, or 304 to a client that already has it.
fn respond(request: &Request, name: &str) -> Response {
    let picture = Encoded::new(svg(name, size(request.query())).into());
    let mut response = Response::new(Bytes::new().into());
    if picture.is_named_by(request.headers().get(header::IF_NONE_MATCH)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response = Response::new(picture.body.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, SVG);
        headers.insert(header::CONTENT_DISPOSITION, INLINE);
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.insert(header::ETAG, picture.etag);
    headers.insert(RESOURCE_POLICY.0, RESOURCE_POLICY.1);
    response
}

/// Parses `size` of the query. Other parameters are ignored: clients add some against caches.
fn size(query: &str) -> u32 {
    let mut sizes = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "size");
    let size = sizes.next().and_then(|(_, text)| text.parse().ok());
    size.map_or(DEFAULT_SIZE, |size: u32| {
        size.clamp(*SIZES.start(), *SIZES.end())
    })
}

/// Renders the picture. Only a letter or digit of the name gets into it, so no name needs escaping.
fn svg(name: &str, size: u32) -> String {
    let initial = name.chars().find(|c| c.is_alphanumeric());
    let initial: String = initial.into_iter().flat_map(char::to_uppercase).collect();
    let sum: usize = name.bytes().map(usize::from).sum();
    let colour = COLOURS[sum % COLOURS.len()];
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
