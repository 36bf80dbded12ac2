//! `/assets/:name`: scripts, styles and icons of the pages. A name holds the hash of its content, so
//! caches keep an asset for ever, and an old name is unknown after an update.

use crate::api::error::ApiError;
use crate::api::http::gzip::{self, GZIP};
use crate::api::http::request::Request;
use crate::api::http::response::{Answer, Response};
use crate::domain::Error;
use crate::web::Asset;
use bytes::Bytes;
use std::borrow::Cow;
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET /assets/:name`: 404 for an unknown name.
pub(in crate::api) async fn find(request: Request) -> Answer {
    let site = request.api.sites.get().map_err(Error::internal)?;
    let asset = site.asset(&request.parameter());
    let asset = asset.ok_or(ApiError::UnknownRoute)?;
    Ok(respond(asset, request.headers()))
}

fn respond(asset: &Asset, wanted: &HeaderMap) -> Response {
    let zipped = asset.gzip.as_ref().filter(|_| gzip::is_accepted(wanted));
    let etag = match zipped {
        Some(_) => format!("\"{}.gz\"", asset.path),
        None => format!("\"{}\"", asset.path),
    };
    let mut response = Response::new(Bytes::new().into());
    if is_known(wanted, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response = Response::new(bytes(zipped.unwrap_or(&asset.plain).clone()).into());
        let kind = HeaderValue::from_static(media_type(&asset.path));
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if zipped.is_some() {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, GZIP);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Returns the content without a copy if it is part of this binary.
fn bytes(content: Cow<'static, [u8]>) -> Bytes {
    match content {
        Cow::Borrowed(content) => Bytes::from_static(content),
        Cow::Owned(content) => Bytes::from(content),
    }
}

fn is_known(wanted: &HeaderMap, etag: &str) -> bool {
    let known = wanted.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let known = known.map(String::from_utf8_lossy).unwrap_or_default();
    let mut tags = known.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
