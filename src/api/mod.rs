//! The HTTP API: every route on one line, and the way each request goes.
//!
//! This room alone knows JSON, headers and status codes. It decides no rule and asks no database: handlers authenticate, read the
//! request, call one use case of `service`, and wrap its answer. `rest` has them by noun, `ddp` the methods of the realtime protocol, which
//! `socket` speaks, `dev` what only dev mode has; `wire` is the JSON they answer, and `error` how failures are told.
//!
//! The routes are data, not a chain of `or`-ed filters: warp's filters take the request apart, and the table says exactly what is
//! unknown (404), what is known under another method (405 with `Allow`), and what the OpenAPI document must hold.

/// The table's way of being written down.
macro_rules! routes {
    ($($(@$access:ident)? $method:ident $path:literal => $handler:path,)*) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            access: routes!(@ $($access)?),
            handler: |request| Box::pin($handler(request)),
        },)*]
    };
    (@ anonymous) => { Access::Anonymous };
    (@) => { Access::LoggedIn };
}

mod ddp;
mod dev;
mod error;
mod http;
mod rest;
mod wire;

pub use dev::ROUTES as DEV_ROUTES;
pub use http::realtime::Realtime;
pub(crate) use wire::audit_line;

use crate::app::App;
use crate::config::Config;
use crate::dev::Dev;
use crate::service::session::Proof;
use crate::transport::limits::Limits;
use crate::transport::{ByteBudget, Peer, SecurityHeaders};
use error::ApiError;
use http::body::{Allowance, Body};
use http::client_address::ClientAddress;
use http::list_cache::ListCache;
use http::origin::{Origins, Page};
use http::path::{BasePath, RequestPath};
use http::rate_limits::Quotas;
use http::request::{Head, Request, RequestIds, Seen};
use http::response::{Answer, ForBrowsers, Response};
use http::{body, path, request, response};
use hyper::upgrade::OnUpgrade;
use rest::{
    audit, custom_user_status, events, hooks, info, method_call, permissions, presence,
    presence_broadcast, roles, session, sessions, settings, users, webhooks,
};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Semaphore;
use warp::Filter;
use warp::http::{HeaderMap, Method};

/// A request's way to its handler.
pub struct Route {
    /// `GET` or `POST`. A `GET` route answers `HEAD`, too, unless it changes something, as that of `logout` does.
    pub method: Method,
    /// The exact path; a last segment that begins with a colon stands for any one.
    pub path: &'static str,
    /// Who may ask. Those without a login are refused before their body is read.
    pub access: Access,
    handler: fn(Request) -> Pin<Box<dyn Future<Output = Answer> + Send>>,
}

/// Who may ask something of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Those with a valid login.
    LoggedIn,
    /// Everyone.
    Anonymous,
}

/// Every route. The two that are asked most stand first.
pub static ROUTES: &[Route] = routes! {
    GET  "/api/v1/custom-user-status.list"   => custom_user_status::list,
    POST "/api/v1/custom-user-status.create" => custom_user_status::create,
    POST "/api/v1/custom-user-status.update" => custom_user_status::update,
    POST "/api/v1/custom-user-status.delete" => custom_user_status::delete,
    @anonymous POST "/api/v1/login"                     => session::login,
    POST "/api/v1/logout"                    => session::logout,
    GET  "/api/v1/logout"                    => session::logout,
    GET  "/api/v1/me"                        => session::me,
    POST "/api/v1/users.setStatus"           => presence::set_status,
    GET  "/api/v1/users.getStatus"           => presence::get_status,
    GET  "/api/v1/users.getPresence"         => presence::get_presence,
    GET  "/api/v1/users.presence"            => presence::list,
    GET  "/api/v1/permissions.listAll"       => permissions::list_all,
    POST "/api/v1/permissions.update"        => permissions::update,
    POST "/api/v1/permissions.addRole"       => permissions::add_role,
    POST "/api/v1/permissions.removeRole"    => permissions::remove_role,
    GET  "/api/v1/roles.list"                => roles::list,
    @anonymous GET  "/api/v1/settings.public"           => settings::list_public,
    @anonymous GET  "/api/v1/settings.oauth"            => settings::oauth,
    @anonymous GET  "/api/v1/service.configurations"    => settings::configurations,
    @anonymous GET  "/api/v1/pw.getPolicy"              => settings::password_policy,
    GET  "/api/v1/settings/:_id"             => settings::find,
    POST "/api/v1/settings/:_id"             => settings::set,
    GET  "/api/v1/presence.getConnections"   => presence_broadcast::connections,
    POST "/api/v1/presence.enableBroadcast"  => presence_broadcast::enable,
    GET  "/api/v1/roles.sync"                => roles::sync,
    POST "/api/v1/roles.addUserToRole"       => roles::add_user_to_role,
    POST "/api/v1/roles.removeUserFromRole"  => roles::remove_user_from_role,
    GET  "/api/v1/roles.getUsersInRole"      => roles::get_users_in_role,
    GET  "/api/v1/roles.getUsersInPublicRoles" => roles::get_users_in_public_roles,
    POST "/api/v1/users.create"              => users::create,
    GET  "/api/v1/users.info"                => users::info,
    GET  "/api/v1/users.list"                => users::list,
    POST "/api/v1/users.update"              => users::update,
    POST "/api/v1/users.updateOwnBasicInfo"  => users::update_own_basic_info,
    POST "/api/v1/users.setPreferences"      => users::set_preferences,
    POST "/api/v1/users.setActiveStatus"     => users::set_active_status,
    POST "/api/v1/users.delete"              => users::delete,
    POST "/api/v1/users.logout"              => users::logout,
    POST "/api/v1/users.removeOtherTokens"   => users::remove_other_tokens,
    GET  "/api/v1/sessions/list"            => sessions::list,
    GET  "/api/v1/sessions/info"            => sessions::info,
    POST "/api/v1/sessions/logout.me"       => sessions::logout_me,
    GET  "/api/v1/sessions/list.all"        => sessions::list_all,
    GET  "/api/v1/sessions/info.admin"      => sessions::info_admin,
    POST "/api/v1/sessions/logout"          => sessions::logout,
    POST "/api/v1/users.createToken"         => users::create_token,
    POST "/api/v1/users.generatePersonalAccessToken" => users::generate_personal_access_token,
    POST "/api/v1/users.regeneratePersonalAccessToken" => users::regenerate_personal_access_token,
    GET  "/api/v1/users.getPersonalAccessTokens" => users::get_personal_access_tokens,
    POST "/api/v1/users.removePersonalAccessToken" => users::remove_personal_access_token,
    POST "/api/v1/method.call/:method"       => method_call::call,
    @anonymous POST "/api/v1/method.callAnon/:method"   => method_call::call_anonymously,
    @anonymous GET  "/api/info"                         => info::info,
    @anonymous GET  "/api/v1/info"                      => info::info_v1,
    @anonymous GET  "/api/v1/openapi.json"              => info::openapi,
    GET  "/api/v1/events"                    => events::read,
    @anonymous GET  "/api/v1/events.schema"             => info::event_schema,
    GET  "/api/v1/hooks.list"                => hooks::list,
    GET  "/api/v1/hooks.deliveries"          => hooks::deliveries,
    GET  "/api/v1/hooks.delivery"            => hooks::delivery,
    POST "/api/v1/hooks.retry"               => hooks::retry,
    POST "/api/v1/hooks.drop"                => hooks::drop_delivery,
    POST "/api/v1/hooks.replay"              => hooks::replay,
    POST "/api/v1/hooks.pause"               => hooks::pause,
    POST "/api/v1/hooks.resume"              => hooks::resume,
    GET  "/api/v1/webhooks.list"             => webhooks::list,
    POST "/api/v1/webhooks.add"              => webhooks::add,
    POST "/api/v1/webhooks.test"             => webhooks::test,
    POST "/api/v1/webhooks.rotate"           => webhooks::rotate,
    POST "/api/v1/webhooks.disable"          => webhooks::disable,
    POST "/api/v1/webhooks.enable"           => webhooks::enable,
    POST "/api/v1/webhooks.remove"           => webhooks::remove,
    GET  "/api/v1/audit.list"               => audit::list,
    POST "/api/v1/presence.heartbeat"        => presence::beat,
    @anonymous GET  "/websocket"                        => ddp::socket::open,
};

/// Characters of an unknown path in the log at most.
const LONGEST_LOGGED_PATH: usize = 200;

/// Routes whose `GET` changes something. They refuse `HEAD`, which link checkers and prefetchers send without a second thought.
const STATEFUL_GETS: [&str; 1] = ["/api/v1/logout"];

/// What handlers share beside the app.
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
    security: SecurityHeaders,
    max_connections: usize,
    limits: Limits,
    realtime: Realtime,
    /// What bodies of clients with a login may use.
    bodies: ByteBudget,
    watching: Arc<ddp::socket::Watching>,
    requests: RequestIds,
    dev: Option<Arc<Dev>>,
}

impl Api {
    /// The API of `app`, which waits for bodies as long as `limits` says. `site_url` is the address that clients reach it by, when
    /// the settings name none.
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
            security: SecurityHeaders::of_site(config.site_url.as_deref()),
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

    /// With what runs live connections; without, they run where requests do, and no stop ends them.
    #[must_use]
    pub fn with_realtime(self, realtime: Realtime) -> Self {
        Self { realtime, ..self }
    }

    /// With the controls of dev mode, if there are any.
    #[must_use]
    pub fn with_dev(self, dev: Option<Arc<Dev>>) -> Self {
        Self { dev, ..self }
    }

    /// Every route that there is here.
    fn routes(&self) -> impl Iterator<Item = &'static Route> {
        let controls = self.dev.as_ref().map_or(&[][..], |_| DEV_ROUTES);
        ROUTES.iter().chain(controls)
    }
}

/// The whole API as one filter that never rejects.
pub fn filter(api: Arc<Api>) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    warp::method()
        .and(warp::path::full())
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Peer>())
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

/// Answers one request and writes its line in the log.
async fn answer<S, B>(api: Arc<Api>, mut head: Head, body: S) -> Response
where
    S: futures_util::Stream<Item = Result<B, warp::Error>> + Send,
    B: warp::Buf,
{
    let began = std::time::Instant::now();
    let id = api.requests.next();
    let seen = Arc::new(Seen::new(head.address(&api.client_address)));
    let method = head.method.clone();
    let mut unknown_path = None;
    let watched = dev::Watched::begin(&api, &head);
    let page = api.origins.page(&head.headers);
    let browser = ForBrowsers {
        allow_origin: api.origins.readers(page, &head.headers),
        security: api.security,
    };
    let (path, answer) = match route(&api, &method, &mut head.path) {
        _ if dev::is_rebound(&api, &head.headers) => ("any", dev::refuse_host()),
        _ if method == Method::OPTIONS => ("any", Ok(api.origins.preflight(page, &head.headers))),
        Ok(route) if is_forged(route, page, &head.headers) => {
            (route.path, Err(api.origins.refuse(&head.headers)))
        }
        Ok(route) => (
            route.path,
            handle(route, api, head, body, seen.clone()).await,
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
    response::finish(response, &id, seen.quota(), browser)
}

/// Whether a page of somebody else asks for a change with no token. A form can send such a request
/// from anywhere without a preflight, and a login's answer would be a token.
fn is_forged(route: &Route, page: Page, headers: &HeaderMap) -> bool {
    page == Page::Foreign && route.method == Method::POST && !headers.contains_key("x-auth-token")
}

/// The path of an unknown route for the log: without the query, which may hold a token, without control characters, and cut.
fn shown_path(path: &str) -> String {
    let printable = path.chars().filter(|c| !c.is_control());
    printable.take(LONGEST_LOGGED_PATH).collect()
}

/// A method for the log. One that nobody knows can be as long as all headers may be; its beginning says enough.
fn shown(method: &Method) -> &str {
    let text = method.as_str();
    text.get(..16).unwrap_or(text)
}

async fn handle<S, B>(
    route: &'static Route,
    api: Arc<Api>,
    head: Head,
    body: S,
    seen: Arc<Seen>,
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
        prove_and_read(route, &api, &head, body).await?
    } else {
        Default::default()
    };
    // A panic is a bug, and costs its own request alone.
    let handler =
        std::panic::AssertUnwindSafe((route.handler)(Request::new(route, api, head, parts, seen)));
    let answered = futures_util::FutureExt::catch_unwind(handler).await;
    answered.unwrap_or_else(|panic| Err(ApiError::panicked(panic.as_ref())))
}

/// Checks the credentials first: a client without them is refused before its body is read, and costs a head alone.
async fn prove_and_read<S, B>(
    route: &Route,
    api: &Api,
    head: &Head,
    body: S,
) -> Result<(Option<Proof>, Body), ApiError>
where
    S: futures_util::Stream<Item = Result<B, warp::Error>> + Send,
    B: warp::Buf,
{
    let proof = match route.access {
        Access::LoggedIn => {
            let proof = request::prove(&api.app, head).await?;
            head.client().inspect(|client| client.logged_in());
            Some(proof)
        }
        Access::Anonymous => None,
    };
    let shared = head.client().map(|client| client.anonymous_bodies());
    let allowance = match (&proof, shared) {
        (None, Some(shared)) => Allowance::anonymous(shared),
        _ => Allowance::authenticated(&api.bodies),
    };
    let body = body::read(&head.headers, body, api.limits.body, allowance).await?;
    Ok((proof, body))
}

/// The path of a request for the log, if it is one of ours: others may hold anything.
fn known_path(api: &Api, path: &RequestPath) -> &'static str {
    let known = api
        .routes()
        .find(|route| path::fits(route.path, path.as_str()));
    known.map_or("unknown", |route| route.path)
}

/// The route of a request. Its path is looked up as it was sent, and only if it is unknown without
/// the base path and superfluous slashes.
fn route(api: &Api, method: &Method, path: &mut RequestPath) -> Result<&'static Route, ApiError> {
    match find_route(api, method, path.as_str()) {
        Err(ApiError::UnknownRoute) if path.tidy(&api.base_path) => {
            find_route(api, method, path.as_str())
        }
        found => found,
    }
}

fn find_route(api: &Api, method: &Method, path: &str) -> Result<&'static Route, ApiError> {
    let asked = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let has_no_head = || STATEFUL_GETS.contains(&path);
    let exact = |route: &&Route| route.path == path && route.method == *asked;
    if *method == Method::HEAD && has_no_head() {
        let methods = ROUTES.iter().filter(|route| route.path == path);
        return Err(ApiError::without_head(methods.map(|route| &route.method)));
    }
    if let Some(route) = ROUTES.iter().find(exact) {
        return Ok(route);
    }
    let known = || api.routes().filter(|route| path::fits(route.path, path));
    match known().find(|route| route.method == *asked) {
        Some(route) => Ok(route),
        None if known().next().is_none() => Err(ApiError::UnknownRoute),
        None if has_no_head() => Err(ApiError::without_head(known().map(|route| &route.method))),
        None => Err(ApiError::wrong_method(known().map(|route| &route.method))),
    }
}
