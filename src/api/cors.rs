//! Preflights: which browsers' pages may ask. Source: Rocket.Chat's `middlewares/cors.ts`; reference 5.5.

use super::reply::Response;
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

/// Which origins may ask.
pub(super) enum Cors {
    Off,
    Any,
    Origins(Vec<String>),
}

impl Cors {
    /// From the setting: none, `*`, or a list.
    pub(super) fn new(origins: &[String]) -> Self {
        match origins {
            [] => Self::Off,
            all if all.iter().any(|origin| origin == "*") => Self::Any,
            some => Self::Origins(some.to_vec()),
        }
    }

    /// Whether pages of `origin` may call.
    pub(super) fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Off => false,
            Self::Any => true,
            Self::Origins(known) => known.iter().any(|known| known == origin),
        }
    }

    /// The answer to `OPTIONS`. Whatever is not a preflight gets a plain `OK`.
    pub(super) fn preflight(&self, headers: &HeaderMap) -> Response {
        let origin = headers.get(header::ORIGIN);
        if origin.is_none() && !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return text(StatusCode::OK, "OK");
        }
        match self {
            Self::Off => {
                let mut response = text(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "CORS not enabled. Go to \"Admin > General > REST Api\" to enable it.",
                );
                response.headers_mut().insert(
                    header::ALLOW,
                    HeaderValue::from_static("GET, POST, HEAD, OPTIONS"),
                );
                response
            }
            Self::Any => allowed(HeaderValue::from_static("*")),
            Self::Origins(_) => {
                match origin
                    .filter(|origin| origin.to_str().is_ok_and(|origin| self.allows(origin)))
                {
                    Some(origin) => {
                        let mut response = allowed(origin.clone());
                        response
                            .headers_mut()
                            .insert(header::VARY, HeaderValue::from_static("Origin"));
                        response
                    }
                    None => text(StatusCode::FORBIDDEN, "Invalid origin"),
                }
            }
        }
    }
}

fn allowed(origin: HeaderValue) -> Response {
    let mut response = text(StatusCode::OK, "OK");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let methods = HeaderValue::from_static("GET, POST, PUT, DELETE, HEAD, PATCH");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    response
}

fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
