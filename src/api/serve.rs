//! The way of a request through the API: its route, the checks before the handler, the handler, and
//! the log line and headers of the response.

use super::dev;
use super::error::{self, ApiError};
use super::http::body::{self, Allowance, Body};
use super::http::headers;
use super::http::html;
use super::http::origin::Page;
use super::http::path::RequestPath;
use super::http::remaining_body::{self, RemainingBody};
use super::http::request::{self, Head, Request, RequestRecord};
use super::http::response::{Answer, Response};
use super::rest::page_notice;
use super::route::{Access, Route};
use super::routes::{find, known_path};
use super::state::Api;
use crate::service::authentication::EarlyAuthentication;
use crate::transport::Peer;
use futures_util::StreamExt;
use hyper::upgrade::OnUpgrade;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use warp::Filter;
use warp::http::{HeaderMap, Method};

/// Maximum number of characters of an unknown path in the log.
const LONGEST_LOGGED_PATH: usize = 200;

/// Returns the whole API as one filter that never rejects, for the requests of one connection.
/// `peer` is `None` without an accept loop.
pub fn filter(
    api: Arc<Api>,
    peer: Option<Peer>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    warp::method()
        .and(warp::path::full())
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::header::headers_cloned())
        .and(warp::any().map(move || peer.clone()))
        .and(warp::ext::optional::<OnUpgrade>())
        .map(
            |method, path: warp::path::FullPath, query, headers, peer, upgrade| Head {
                method,
                path: RequestPath::new(path),
                query,
                headers,
                peer,
                upgrade,
                cookie: None,
            },
        )
        .and(warp::body::stream())
        .then(move |head, body| answer(api.clone(), head, body))
        .recover(error::unreadable)
        .unify()
}

/// Answers one request and logs it.
async fn answer<S, B>(api: Arc<Api>, mut head: Head, body: S) -> Response
where
    S: futures_util::Stream<Item = Result<B, warp::Error>> + Send,
    B: warp::Buf,
{
    let began = std::time::Instant::now();
    let mut body = pin!(body.fuse());
    let compat = api.app.rules.compat;
    let (linger, announced) = (api.limits.linger, RemainingBody::announced(&head.headers));
    let id = api.requests.next();
    let record = Arc::new(RequestRecord::new(head.address(&api.client_address)));
    let method = head.method.clone();
    let mut unknown_path = None;
    let watched = dev::Watched::begin(&api, &head);
    let browser = browser(&head);
    let page = api.origins.page(&head.headers);
    let mut allow_origin = api.origins.readers(page, &head.headers);
    let (path, answer) = match find(&api, &method, &mut head.path) {
        _ if dev::is_rebound(&api, &head.headers) => ("any", dev::refuse_host()),
        _ if method == Method::OPTIONS => ("any", Ok(api.origins.preflight(page, &head.headers))),
        Ok(route) if is_forged(route, page, &head.headers) => {
            (route.path, Err(api.origins.refuse(&head.headers)))
        }
        Ok(route) => match request::find_cookie(&api, route.path, &head).await {
            Ok(cookie) => {
                // No page of another origin may read the answer to a cookie.
                allow_origin = allow_origin.filter(|_| cookie.is_none());
                head.cookie = cookie;
                let handled = handle(route, api.clone(), head, body.as_mut(), record.clone());
                (route.path, handled.await)
            }
            Err(refused) => (route.path, Err(refused)),
        },
        Err(refused) => {
            if matches!(refused, ApiError::UnknownRoute) {
                unknown_path = Some(shown_path(head.path.as_str()));
            }
            (known_path(&api, &head.path), Err(refused))
        }
    };
    let response = answer.unwrap_or_else(|refused: ApiError| {
        let failure = refused.into_response(&id, compat);
        match &browser {
            Some(asked) => page_notice::instead_of(failure, &api, asked, &id),
            None => failure,
        }
    });
    tracing::info!(
        target: "doorsign::request",
        request_id = id.as_str(),
        method = shown(&method),
        route = path,
        status = response.status().as_u16(),
        duration_ms = began.elapsed().as_micros() as f64 / 1000.0,
        user_id = record.user_id(),
        address = %record.address(),
        path = unknown_path.as_deref(),
    );
    if let Some(watched) = watched {
        watched.end(&response, began.elapsed(), record.user_id());
    }
    let response = headers::finish(
        response,
        &api.common_headers,
        &id,
        record.quota(),
        allow_origin,
    );
    remaining_body::settle(response, body, announced, linger).await
}

/// Returns the headers of a browser that opens a page, which gets a page instead of the JSON of a
/// failure. The API answers JSON to browsers, too.
fn browser(head: &Head) -> Option<HeaderMap> {
    let is_page = head.method == Method::GET && !head.path.as_str().starts_with("/api/");
    (is_page && html::is_wanted(&head.headers)).then(|| head.headers.clone())
}

/// Returns whether a foreign page requests a change without a token. Any page can send such a
/// request as a form, without a preflight, and the response to a login would contain a token.
fn is_forged(route: &Route, page: Page, headers: &HeaderMap) -> bool {
    page == Page::Foreign
        && route.method != Method::GET
        && !headers.contains_key(request::X_AUTH_TOKEN)
}

/// Formats the path of an unknown route for the log: truncated, without control characters, and
/// without the query, which may contain a token.
fn shown_path(path: &str) -> String {
    let printable = path.chars().filter(|c| !c.is_control());
    printable.take(LONGEST_LOGGED_PATH).collect()
}

/// Formats a method for the log. An unknown method can be as long as the headers may be, so it is
/// truncated to 16 bytes.
fn shown(method: &Method) -> &str {
    let text = method.as_str();
    text.get(..16).unwrap_or(text)
}

async fn handle<S, B>(
    route: &'static Route,
    api: Arc<Api>,
    head: Head,
    body: S,
    record: Arc<RequestRecord>,
) -> Answer
where
    S: futures_util::Stream<Item = Result<B, warp::Error>> + Send,
    B: warp::Buf,
{
    if let Some(dev) = &api.dev
        && let Some(early) = dev::before(dev, route, &head).await
    {
        return early;
    }
    let parts = if route.method != Method::GET {
        authenticate_and_read(route, &api, &head, body).await?
    } else {
        Default::default()
    };
    // A panic is a bug, and fails only the request that caused it.
    let handler = std::panic::AssertUnwindSafe((route.handler)(Request::new(
        (&route.method, route.path),
        api,
        head,
        parts,
        record,
    )));
    let answered = futures_util::FutureExt::catch_unwind(handler).await;
    answered.unwrap_or_else(|panic| Err(ApiError::panicked(panic.as_ref())))
}

/// Checks the credentials, then reads the body. A client without valid credentials is refused
/// before its body is read, so it costs only the request head.
async fn authenticate_and_read<S, B>(
    route: &Route,
    api: &Api,
    head: &Head,
    body: S,
) -> Result<(Option<EarlyAuthentication>, Body), ApiError>
where
    S: futures_util::Stream<Item = Result<B, warp::Error>> + Send,
    B: warp::Buf,
{
    let early = match route.access {
        Access::LoggedIn => {
            let early = request::authenticate_early(&api.app, head).await?;
            head.client().inspect(|client| client.logged_in());
            Some(early)
        }
        Access::Anonymous => None,
    };
    let shared = head.client().map(|client| client.anonymous_bodies());
    let allowance = match (&early, shared) {
        (None, Some(shared)) => Allowance::anonymous(shared),
        _ => Allowance::authenticated(&api.bodies),
    };
    let bounds = (body::limit(route.path), api.limits.body);
    let body = body::read(&head.headers, body, bounds, allowance).await?;
    Ok((early, body))
}
