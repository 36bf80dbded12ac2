//! Responses of the transport to requests that do not reach the API.

use super::{SecurityHeaders, host};
use hyper::body::Incoming;
use warp::http::{HeaderValue, Method, Request, StatusCode, header};
use warp::reply::Response;

/// Returns the response to a request that must not reach warp.
pub(super) fn refusal(request: &Request<Incoming>, security: SecurityHeaders) -> Option<Response> {
    if request.method() == Method::CONNECT {
        return Some(refuse_connect(security));
    }
    let problem = if request.uri().path_and_query().is_none() {
        // `GET host`: a target without a path, as in CONNECT but with another method.
        Some("The request has no path")
    } else {
        host::problem(request.version(), request.headers())
    };
    problem.map(|problem| refuse(StatusCode::BAD_REQUEST, &failure(problem), security))
}

/// The 503 when the budget of large responses is used up.
pub(super) fn too_many_large_responses(security: SecurityHeaders) -> Response {
    let text = r#"{"success":false,"error":"The memory for such requests is used up. Please try again [error-service-unavailable]","errorType":"error-service-unavailable"}"#;
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, text, security);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn refuse_connect(security: SecurityHeaders) -> Response {
    let text = failure("This server is not a proxy");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &text, security);
    response.headers_mut().insert(
        header::ALLOW,
        HeaderValue::from_static("GET, POST, HEAD, OPTIONS"),
    );
    response
}

/// Renders an error. `error` must not contain quotes or backslashes.
fn failure(error: &str) -> String {
    format!(r#"{{"success":false,"error":"{error}"}}"#)
}

/// Builds the response to a request that must not reach warp, and closes the connection.
fn refuse(status: StatusCode, json: &str, security: SecurityHeaders) -> Response {
    let mut response = Response::new(json.to_owned().into());
    security.add(response.headers_mut());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
