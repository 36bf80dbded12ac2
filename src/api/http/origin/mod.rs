//! The web pages that may call the API: those of this server itself, and those listed in
//! `cors_origins`. A browser sends the page's origin in `Origin`; other clients send no such
//! header.
//!
//! Preflights follow Rocket.Chat's `middlewares/cors.ts` (compatibility 8.5), except for texts that
//! name pages of its administration, which do not exist here.

mod site;

pub(in crate::api) use site::{Authority, Origin};

use super::response::Response;
use crate::api::error::ApiError;
use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins whose pages may call the API.
pub(in crate::api) struct Origins {
    listed: AllowList,
    site: Option<Origin>,
}

/// The setting `cors_origins`.
enum AllowList {
    Empty,
    Any,
    These(Vec<Origin>),
}

/// The kind of page that sent a request, according to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Page {
    /// Not a web page.
    No,
    /// A page of this server itself. It may read responses without CORS.
    Own,
    /// A page listed in `cors_origins`.
    Listed,
    /// Any other page.
    Foreign,
}

impl Origins {
    /// Reads the setting `cors_origins`. `site_url` is the public URL of this server.
    pub(in crate::api) fn new(origins: &[String], site_url: &str) -> Self {
        let listed = match origins {
            [] => AllowList::Empty,
            all if all.iter().any(|origin| origin == "*") => AllowList::Any,
            some => AllowList::These(some.iter().filter_map(|one| Origin::of_url(one)).collect()),
        };
        let site = Origin::of_url(site_url);
        Self { listed, site }
    }

    /// Returns the kind of page that sent a request with these headers.
    pub(in crate::api) fn page(&self, headers: &HeaderMap) -> Page {
        if !headers.contains_key(header::ORIGIN) {
            return Page::No;
        }
        // Two headers may name two pages, so they count as foreign.
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next().filter(|_| origins.next().is_none());
        let origin = origin.and_then(|origin| Origin::of_url(origin.to_str().ok()?));
        let is_listed = match &self.listed {
            AllowList::Empty => false,
            AllowList::Any => true,
            AllowList::These(known) => origin.as_ref().is_some_and(|one| known.contains(one)),
        };
        if is_listed {
            Page::Listed
        } else if is_same_origin(headers) || origin.is_some_and(|one| self.is_own(&one, headers)) {
            Page::Own
        } else {
            Page::Foreign
        }
    }

    fn is_own(&self, origin: &Origin, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.and_then(Authority::parse);
        host.is_some_and(|host| origin.answers_to(&host))
            || self.site.as_ref().is_some_and(|site| origin.is_at(site))
    }

    /// Returns the error for a foreign page, and logs the headers that did not match.
    pub(in crate::api) fn refuse(&self, headers: &HeaderMap) -> ApiError {
        self.log_refusal(headers);
        ApiError::ForeignOrigin
    }

    fn log_refusal(&self, headers: &HeaderMap) {
        let text = |name: HeaderName| headers.get(name).map(shown);
        tracing::warn!(
            origin = text(header::ORIGIN),
            host = text(header::HOST),
            "refused a web page of another origin: add it to cors_origins, or set site_url to the public URL of \
             this server"
        );
    }

    /// Returns the value of `Access-Control-Allow-Origin`: the origins whose pages may read the
    /// response.
    pub(in crate::api) fn readers(&self, page: Page, headers: &HeaderMap) -> Option<HeaderValue> {
        match (page, &self.listed) {
            // Rocket.Chat sends `*` to every client. It gives no page access to anything that it
            // could not request anyway.
            (Page::No, _) | (Page::Listed, AllowList::Any) => Some(HeaderValue::from_static("*")),
            (Page::Listed, _) => headers.get(header::ORIGIN).cloned(),
            (Page::Own | Page::Foreign, _) => None,
        }
    }

    /// Returns the response to `OPTIONS`. A request that is not a preflight gets a plain `OK`.
    pub(in crate::api) fn preflight(&self, page: Page, headers: &HeaderMap) -> Response {
        let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        match (&self.listed, page) {
            (_, Page::No) if !asks => text(StatusCode::OK, "OK"),
            (AllowList::Empty, _) => {
                self.log_refusal(headers);
                let reason = "CORS not enabled. Add the page's origin to the setting cors_origins to enable it.";
                let mut response = text(StatusCode::METHOD_NOT_ALLOWED, reason);
                let allow = HeaderValue::from_static("GET, POST, HEAD, OPTIONS");
                response.headers_mut().insert(header::ALLOW, allow);
                response
            }
            (AllowList::Any, _) | (AllowList::These(_), Page::Listed) => allowed(),
            (AllowList::These(_), _) => {
                self.log_refusal(headers);
                let reason = "Invalid origin. Add the page's origin to the setting cors_origins.";
                text(StatusCode::FORBIDDEN, reason)
            }
        }
    }
}

/// Returns whether the browser compared the page's origin with the request's URL and found them
/// equal. It does so before any proxy changes `Host`. Pages cannot set this header (Fetch Metadata,
/// section 2.3).
fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = headers.get(SEC_FETCH_SITE);
    site.is_some_and(|site| site.as_bytes() == b"same-origin")
}

/// Formats a header for the log, truncated to 200 bytes.
fn shown(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    let beginning = &bytes[..bytes.len().min(200)];
    String::from_utf8_lossy(beginning).into_owned()
}

fn allowed() -> Response {
    let mut response = text(StatusCode::OK, "OK");
    let methods = HeaderValue::from_static("GET, POST, PUT, DELETE, HEAD, PATCH");
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    response
}

fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests;
