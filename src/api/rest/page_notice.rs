//! A page instead of the JSON of a failure, for people who open an address in a browser.

use crate::api::Api;
use crate::api::http::request_id::RequestId;
use crate::api::http::response::Response;
use crate::api::http::{html, language};
use crate::web::filler::Data;
use crate::web::page::Frame;
use serde_json::json;
use warp::http::{HeaderMap, StatusCode};

/// Replaces the body of a failure by a page that says what happened, with the request's id. Keeps
/// other headers, such as `Retry-After`. Returns the failure as it is if there is no such page.
pub(in crate::api) fn instead_of(
    failure: Response,
    api: &Api,
    asked: &HeaderMap,
    id: &RequestId,
) -> Response {
    let Some(text) = text_of(failure.status()) else {
        return failure;
    };
    let Ok(site) = api.sites.get() else {
        return failure;
    };
    let Some(page) = site.template("page-notice") else {
        return failure;
    };
    let frame = Frame {
        language: site.languages.choose(language::wanted(asked)),
        base: api.base_path.as_str(),
        title: "doorsign",
        now: String::new(),
        board: "private",
        visitor: None,
    };
    let word = site.word(frame.language, text).to_owned();
    let data = json!({"text": word, "id": id.as_str()});
    let data = data.as_object().cloned().unwrap_or_else(Data::new);
    let rendered = (failure.status(), site.render(page, &data, &frame));
    let mut response = html::page(rendered, asked, &api.page_policy, api.site_url.fixed());
    for (name, value) in failure.headers() {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The key of the text for a status.
fn text_of(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::NOT_FOUND => Some("shell.notFound"),
        StatusCode::SERVICE_UNAVAILABLE => Some("shell.unavailable"),
        StatusCode::TOO_MANY_REQUESTS => Some("shell.tooMany"),
        StatusCode::INTERNAL_SERVER_ERROR => Some("shell.failed"),
        _ => None,
    }
}
