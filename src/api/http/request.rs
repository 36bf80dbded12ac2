//! Requests: their parts and the credentials in their headers. `service::session` decides whether
//! the credentials are valid.

use super::body::Body;
use super::client_address::ClientAddress;
use super::cookies;
use super::fields::Fields;
use super::path::{self, RequestPath};
use super::session_cookie::{self, SessionCookie};
use super::site_url::Sender;
use crate::api::Api;
use crate::api::error::ApiError;
use crate::api::http::rate_limit::Quota;
use crate::app::{App, Compat, Contract};
use crate::domain::{Actor, Error, Permission, Requester, Setting};
use crate::service::authentication::{self, Credentials, EarlyAuthentication};
use crate::transport::{Client, Peer};
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use warp::http::{HeaderMap, HeaderName, Method, header};

/// The header with the user's id.
const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
/// The header with the login token.
pub(in crate::api) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The header with the key of a display.
const X_DISPLAY_KEY: HeaderName = HeaderName::from_static("x-display-key");

/// A request without its body.
pub(in crate::api) struct Head {
    pub(in crate::api) method: Method,
    pub(in crate::api) path: RequestPath,
    pub(in crate::api) query: String,
    pub(in crate::api) headers: HeaderMap,
    pub(in crate::api) peer: Option<Peer>,
    /// The handle to upgrade the connection from HTTP, if the client asks for it.
    pub(in crate::api) upgrade: Option<OnUpgrade>,
    /// The cookie of a browser session, if it counts for this request.
    pub(in crate::api) cookie: Option<SessionCookie>,
}

impl Head {
    /// Returns the address of the client, not that of a trusted proxy.
    pub(in crate::api) fn address(&self, client: &ClientAddress) -> IpAddr {
        let peer = self.peer.as_ref().map(|peer| peer.address.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        client.of(peer, &self.headers)
    }

    fn sender(&self, api: &Api) -> Sender {
        match &self.peer {
            Some(peer) if api.client_address.is_trusted(peer.address.ip()) => Sender::Proxy,
            _ => Sender::Client,
        }
    }

    /// Returns the URL under which the client reaches this server, without a trailing slash.
    fn site_url<'a>(&self, api: &'a Api) -> Cow<'a, str> {
        api.site_url.of(self.sender(api), &self.headers)
    }

    /// Returns whether a page of this server sent the request.
    fn is_from_own_page(&self, api: &Api) -> bool {
        let requested = api.site_url.requested(self.sender(api), &self.headers);
        let own = [&*self.site_url(api), &*requested];
        session_cookie::is_from_own_page(&self.headers, &own)
    }

    /// Returns the record of the client; `None` without an accept loop.
    pub(in crate::api) fn client(&self) -> Option<&Arc<Client>> {
        self.peer.as_ref().and_then(|peer| peer.client.as_ref())
    }
}

/// A complete request.
pub(in crate::api) struct Request {
    pub(in crate::api) api: Arc<Api>,
    /// The method and the path of the route.
    route: (&'static Method, &'static str),
    head: Head,
    body: Body,
    early: Option<EarlyAuthentication>,
    record: Arc<RequestRecord>,
}

/// What the handler finds out about a request. The log line and the headers need it after the
/// handler has finished.
pub(in crate::api) struct RequestRecord {
    address: IpAddr,
    actor: OnceLock<Arc<Actor>>,
    quota: OnceLock<Quota>,
}

impl RequestRecord {
    /// Creates a record that knows only the address.
    pub(in crate::api) const fn new(address: IpAddr) -> Self {
        Self {
            address,
            actor: OnceLock::new(),
            quota: OnceLock::new(),
        }
    }

    /// Returns the address of the client, not that of a trusted proxy.
    pub(in crate::api) const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the user's id, once the user is authenticated.
    pub(in crate::api) fn user_id(&self) -> Option<&str> {
        self.actor.get().map(|actor| actor.user.id.as_str())
    }

    /// Returns the quota, once the call was counted.
    pub(in crate::api) fn quota(&self) -> Option<&Quota> {
        self.quota.get()
    }
}

impl Request {
    pub(in crate::api) fn new(
        route: (&'static Method, &'static str),
        api: Arc<Api>,
        head: Head,
        (early, body): (Option<EarlyAuthentication>, Body),
        record: Arc<RequestRecord>,
    ) -> Self {
        Self {
            api,
            route,
            head,
            body,
            early,
            record,
        }
    }

    pub(in crate::api) fn app(&self) -> &App {
        &self.api.app
    }

    /// Returns the release whose responses are sent.
    pub(in crate::api) fn compat(&self) -> Compat {
        self.api.app.rules.compat
    }

    /// Returns the app for one call of a use case by `actor` (`None`: anonymous). Every handler
    /// calls this after it has checked the credentials and the request, and before it does anything
    /// else.
    ///
    /// Counts the call, once per request: 429 when there were too many from the address, or from the
    /// browser session. Calls of users who may bypass the limit are not counted.
    pub(in crate::api) fn count_call(&self, actor: Option<&Actor>) -> Result<&App, ApiError> {
        let exempt = actor.is_some_and(|a| a.grants.contains(Permission::BypassRateLimit));
        let (quotas, (method, path)) = (&self.api.quotas, self.route);
        if !exempt && let Some(limit) = quotas.limit(path) {
            let route = (method.as_str(), path);
            let now = self.app().clock.now();
            let count = || match actor.filter(|_| self.head.cookie.is_some()) {
                // An office behind one address opens its pages at once.
                Some(actor) => quotas.count_session(&actor.login.id, route, limit, now),
                None => quotas.count(self.address(), route, limit, now),
            };
            if let Some(wait) = self.record.quota.get_or_init(count).wait {
                return Err(ApiError::TooManyCalls(wait));
            }
        }
        Ok(self.app())
    }

    /// Returns the decoded last segment of the path, if the route has a parameter there; empty
    /// otherwise.
    pub(in crate::api) fn parameter(&self) -> Cow<'_, str> {
        path::parameter(self.route.1, self.head.path.as_str())
    }

    /// Returns the path, without the base path if it was sent.
    pub(in crate::api) fn path(&self) -> &str {
        self.head.path.as_str()
    }

    /// Returns everything after the `?`; empty when there is none.
    pub(in crate::api) fn query(&self) -> &str {
        &self.head.query
    }

    /// Returns the raw body; empty for a `GET`.
    pub(in crate::api) fn body(&self) -> &Bytes {
        &self.body.bytes
    }

    pub(in crate::api) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the record of the client; `None` without an accept loop.
    pub(in crate::api) fn client(&self) -> Option<&Arc<Client>> {
        self.head.client()
    }

    /// Returns the method that the client sent: `HEAD` reaches the handler of `GET`.
    pub(in crate::api) fn method(&self) -> &Method {
        &self.head.method
    }

    /// Returns the handle to upgrade the connection from HTTP, if the client asks for it.
    pub(in crate::api) fn upgrade(&self) -> Option<OnUpgrade> {
        self.head.upgrade.clone()
    }

    /// Parses the body's fields under the contract in force.
    pub(in crate::api) fn fields(&self) -> Result<Fields, ApiError> {
        Fields::read(self.app().rules.contract, &self.head.headers, self.body())
    }

    /// Parses the body's fields as Rocket.Chat does, under either contract. Text that is not JSON
    /// counts as no fields; JSON that is not an object is an error.
    pub(in crate::api) fn lenient_fields(&self) -> Result<Fields, ApiError> {
        Fields::read(Contract::Server, &self.head.headers, self.body())
    }

    /// Parses the body's fields by [`Fields::reported`].
    pub(in crate::api) fn reported_fields(&self) -> Result<Fields, ApiError> {
        Fields::reported(self.app().rules.contract, &self.head.headers, self.body())
    }

    /// Like [`lenient_fields`](Self::lenient_fields). Requires all of `required`, and refuses fields
    /// other than those and `optional`.
    pub(in crate::api) fn fields_named(
        &self,
        required: &[&str],
        optional: &[&str],
    ) -> Result<Fields, ApiError> {
        let fields = self.lenient_fields()?;
        fields.require(required)?;
        fields.refuse_unknown(&[required, optional].concat())?;
        Ok(fields)
    }

    /// Returns the address of the client, not that of a trusted proxy.
    pub(in crate::api) fn address(&self) -> IpAddr {
        self.record.address
    }

    /// Returns the URL under which the client reaches this server, without a trailing slash.
    pub(in crate::api) fn site_url(&self) -> Cow<'_, str> {
        self.head.site_url(&self.api)
    }

    /// Requires that a page of this server sent the request: 403 otherwise. For routes that set or
    /// delete the cookie.
    pub(in crate::api) fn require_own_page(&self) -> Result<(), ApiError> {
        if self.head.is_from_own_page(&self.api) {
            Ok(())
        } else {
            Err(self.api.origins.refuse(&self.head.headers))
        }
    }

    /// Returns the name of the session cookie for this client.
    pub(in crate::api) async fn cookie_name(&self) -> Result<Cow<'static, str>, ApiError> {
        cookie_name(&self.api, &self.site_url()).await
    }

    /// Returns the `User-Agent`, if it is text.
    pub(in crate::api) fn user_agent(&self) -> Option<&str> {
        self.head.headers.get(header::USER_AGENT)?.to_str().ok()
    }

    /// Authenticates the requester. 401 when the credentials are missing or invalid; 403 when the
    /// user must change the password first.
    pub(in crate::api) async fn actor(&self) -> Result<Requester, ApiError> {
        let actor = self.actor_in_any_state().await?;
        actor.require_password_settled()?;
        Ok(actor)
    }

    /// Like [`actor`](Self::actor), for the few routes that a user who must change the password
    /// needs.
    pub(in crate::api) async fn actor_in_any_state(&self) -> Result<Requester, ApiError> {
        // The authentication before the body stays valid as long as nothing has changed.
        let actor = match &self.early {
            Some(early) if early.holds(self.app()) => early.actor().clone(),
            _ => authenticate_early(self.app(), &self.head)
                .await?
                .actor()
                .clone(),
        };
        self.record_actor(&actor);
        Ok(Requester::new(actor, self.address()))
    }

    /// Returns the request's token; empty when there is none.
    pub(in crate::api) fn token(&self) -> &str {
        credentials(&self.head).map_or("", |shown| shown.token)
    }

    /// Returns whether the request has a login token, valid or not.
    pub(in crate::api) fn has_credentials(&self) -> bool {
        credentials(&self.head).is_some()
    }

    /// Returns the value of a cookie.
    pub(in crate::api) fn cookie(&self, name: &str) -> Option<String> {
        cookies::find(&self.head.headers, name).map(str::to_owned)
    }

    /// Returns the key of the display that sends the request, if it is one.
    pub(in crate::api) fn display_key(&self) -> Option<&str> {
        self.head.headers.get(X_DISPLAY_KEY)?.to_str().ok()
    }

    /// Records the actor, for the log and for the connection.
    pub(in crate::api) fn record_actor(&self, actor: &Arc<Actor>) {
        self.client().inspect(|client| client.logged_in());
        let _ = self.record.actor.set(actor.clone());
    }

    /// Authenticates the requester for a route that Rocket.Chat guards as a whole
    /// (`permissionsRequired`): 403 is returned before the body is checked.
    pub(in crate::api) async fn actor_with(
        &self,
        permission: Permission,
    ) -> Result<Requester, ApiError> {
        let actor = self.actor().await?;
        actor
            .require(permission)
            .map_err(|_| ApiError::RouteForbidden)?;
        Ok(actor)
    }
}

/// Checks the credentials of a request.
pub(in crate::api) async fn authenticate_early(
    app: &App,
    head: &Head,
) -> Result<EarlyAuthentication, ApiError> {
    let early = authentication::authenticate_early(app, credentials(head)).await;
    if let (Some(client), Err(Error::Unauthenticated)) = (head.client(), &early) {
        client.logged_out();
    }
    Ok(early?)
}

/// Returns the credentials if both headers are present, or else those of the cookie.
fn credentials(head: &Head) -> Option<Credentials<'_>> {
    let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
    match (text(X_USER_ID), text(X_AUTH_TOKEN)) {
        (Some(user), Some(token)) => Some(Credentials { user, token }),
        _ => head.cookie.as_ref().map(SessionCookie::credentials),
    }
}

/// A `GET` that changes state: any page can cause one with the cookie.
const STATEFUL_GET: &str = "/api/v1/logout";

/// Returns the cookie of a request to the route `path`, if it counts. A token in a header takes
/// precedence.
pub(in crate::api) async fn find_cookie(
    api: &Api,
    path: &str,
    head: &Head,
) -> Result<Option<SessionCookie>, ApiError> {
    let headers = &head.headers;
    if !headers.contains_key(header::COOKIE) || headers.contains_key(X_AUTH_TOKEN) {
        return Ok(None);
    }
    let site_url = head.site_url(api);
    let requested = api.site_url.requested(head.sender(api), headers);
    let changes_by_get = head.method != Method::POST && path == STATEFUL_GET;
    if changes_by_get || !session_cookie::counts(&head.method, headers, &[&site_url, &requested]) {
        return Ok(None);
    }
    let name = cookie_name(api, &site_url).await?;
    Ok(SessionCookie::find(headers, &name))
}

async fn cookie_name(api: &Api, site_url: &str) -> Result<Cow<'static, str>, ApiError> {
    let settings = api.app.settings().await?;
    let installation = settings.get(Setting::UniqueId).to_text();
    Ok(session_cookie::name(site_url, &installation))
}
