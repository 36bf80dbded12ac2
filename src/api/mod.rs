//! The HTTP API, and the only module that knows JSON, headers and status codes. A handler
//! authenticates, reads the request, calls one use case of `service`, and wraps the result. Rules
//! and SQL do not belong here.
//!
//! - [`routes`](ROUTES): the table of all routes
//! - `http`: requests, responses and limits
//! - `rest`: the handlers, grouped by noun
//! - `ddp`: the realtime protocol's methods and its socket
//! - `dev`: the routes of dev mode
//! - `wire`: the JSON that clients see
//! - `error`: how failures are rendered

#[macro_use]
mod routes;

mod ddp;
mod dev;
mod error;
mod http;
mod rest;
mod wire;

pub use dev::ROUTES as DEV_ROUTES;
pub use http::realtime::Realtime;
pub use routes::{Access, ROUTES, Route};
pub(crate) use wire::audit_line;
pub(crate) use wire::date::read as read_date;

use crate::app::App;
use crate::config::Config;
use crate::dev::Dev;
use crate::service::authentication::EarlyAuthentication;
use crate::transport::limits::Limits;
use crate::transport::{ByteBudget, Peer, SecurityHeaders};
use error::ApiError;
use http::body::{Allowance, Body};
use http::client_address::ClientAddress;
use http::list_cache::ListCache;
use http::origin::{Origins, Page};
use http::path::{BasePath, RequestPath};
use http::rate_limits::Quotas;
use http::request::{Head, Request, RequestIds, RequestRecord};
use http::response::{Answer, CommonHeaders, Response};
use http::{body, request, response};
use hyper::upgrade::OnUpgrade;
use rest::info;
use routes::{known_path, route};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::Semaphore;
use warp::Filter;
use warp::http::{HeaderMap, Method};

/// Maximum number of characters of an unknown path in the log.
const LONGEST_LOGGED_PATH: usize = 200;

/// What handlers share besides the app.
pub struct Api {
    app: Arc<App>,
    lists: ListCache,
    whole_lists: Semaphore,
    origins: Origins,
    quotas: Quotas,
    method_limits: ddp::MethodLimits,
    client_address: ClientAddress,
    site_url: String,
    base_path: BasePath,
    openapi: bytes::Bytes,
    common_headers: CommonHeaders,
    max_connections: usize,
    limits: Limits,
    realtime: Realtime,
    /// The byte budget for request bodies of logged-in clients.
    bodies: ByteBudget,
    watching: Arc<ddp::socket::Watching>,
    requests: RequestIds,
    dev: Option<Arc<Dev>>,
}

impl Api {
    /// Creates the API of `app`. `limits` holds the timeout for reading bodies. `site_url` is the
    /// address at which clients reach the server if the config names none.
    pub fn new(app: Arc<App>, config: &Config, limits: Limits, site_url: String) -> Self {
        let configured = config.site_url.as_deref().unwrap_or_default();
        let site_url = config.site_url.clone().unwrap_or(site_url);
        let base_path = BasePath::of_url(configured);
        Self {
            lists: ListCache::default(),
            whole_lists: Semaphore::new(1),
            origins: Origins::new(&config.cors_origins, &site_url),
            quotas: Quotas::new(config),
            method_limits: ddp::MethodLimits::new(config),
            client_address: ClientAddress::new(config),
            openapi: info::openapi_below(base_path.as_str()),
            base_path,
            common_headers: CommonHeaders::new(SecurityHeaders::of_site(
                config.site_url.as_deref(),
            )),
            site_url,
            max_connections: config.max_connections,
            limits,
            realtime: Realtime::default(),
            bodies: ByteBudget::new(body::AUTHENTICATED_BYTES),
            watching: Arc::default(),
            requests: RequestIds::default(),
            dev: None,
            app,
        }
    }

    /// Sets the runtime for live connections. Without it, they run on the requests' runtime and a
    /// server stop does not end them.
    #[must_use]
    pub fn with_realtime(self, realtime: Realtime) -> Self {
        Self { realtime, ..self }
    }

    /// Adds the controls of dev mode, if it is on.
    #[must_use]
    pub fn with_dev(self, dev: Option<Arc<Dev>>) -> Self {
        Self { dev, ..self }
    }

    /// Returns all routes, including those of dev mode if it is on.
    fn routes(&self) -> impl Iterator<Item = &'static Route> {
        let controls = self.dev.as_ref().map_or(&[][..], |_| DEV_ROUTES);
        ROUTES.iter().chain(controls)
    }
}

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
    let id = api.requests.next();
    let seen = Arc::new(RequestRecord::new(head.address(&api.client_address)));
    let method = head.method.clone();
    let mut unknown_path = None;
    let watched = dev::Watched::begin(&api, &head);
    let page = api.origins.page(&head.headers);
    let allow_origin = api.origins.readers(page, &head.headers);
    let (path, answer) = match route(&api, &method, &mut head.path) {
        _ if dev::is_rebound(&api, &head.headers) => ("any", dev::refuse_host()),
        _ if method == Method::OPTIONS => ("any", Ok(api.origins.preflight(page, &head.headers))),
        Ok(route) if is_forged(route, page, &head.headers) => {
            (route.path, Err(api.origins.refuse(&head.headers)))
        }
        Ok(route) => (
            route.path,
            handle(route, api.clone(), head, body, seen.clone()).await,
        ),
        Err(refused) => {
            if matches!(refused, ApiError::UnknownRoute) {
                unknown_path = Some(shown_path(head.path.as_str()));
            }
            (known_path(&api, &head.path), Err(refused))
        }
    };
    let response = answer.unwrap_or_else(|refused: ApiError| refused.into_response(&id));
    tracing::info!(
        target: "doorsign::request",
        request_id = id.as_str(),
        method = shown(&method),
        route = path,
        status = response.status().as_u16(),
        duration_ms = began.elapsed().as_micros() as f64 / 1000.0,
        user_id = seen.user_id(),
        address = %seen.address(),
        path = unknown_path.as_deref(),
    );
    if let Some(watched) = watched {
        watched.end(&response, began.elapsed(), seen.user_id());
    }
    response::finish(
        response,
        &api.common_headers,
        &id,
        seen.quota(),
        allow_origin,
    )
}

/// Returns whether a foreign page requests a change without a token. Any page can send such a
/// request as a form, without a preflight, and the response to a login would contain a token.
fn is_forged(route: &Route, page: Page, headers: &HeaderMap) -> bool {
    page == Page::Foreign
        && route.method == Method::POST
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
    seen: Arc<RequestRecord>,
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
    let parts = if route.method == Method::POST {
        authenticate_and_read(route, &api, &head, body).await?
    } else {
        Default::default()
    };
    // A panic is a bug, and fails only the request that caused it.
    let handler =
        std::panic::AssertUnwindSafe((route.handler)(Request::new(route, api, head, parts, seen)));
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
    let body = body::read(&head.headers, body, api.limits.body, allowance).await?;
    Ok((early, body))
}
