//! A request on its way to a handler: its parts, and the credentials in its headers. Decides nothing: who somebody is, is for
//! `service::session` to say.

use super::body::{Body, Fields};
use super::client_address::ClientAddress;
use super::path::{self, RequestPath};
use crate::api::error::ApiError;
use crate::api::http::fixed_window::Quota;
use crate::api::{Api, Route};
use crate::app::{App, Contract};
use crate::domain::{Actor, Error, Permission, Requester};
use crate::service::session::{self, Credentials, Proof};
use crate::transport::{Client, Peer};
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use warp::http::{HeaderMap, Method, header};

/// A request's id in the log and in `X-Request-Id`: 16 hex digits.
pub(in crate::api) struct RequestId([u8; 16]);

/// Makes the ids: a count, under a keyed hash whose key is random. An id tells neither how many
/// requests there were nor when the server started.
#[derive(Default)]
pub(in crate::api) struct RequestIds {
    next: AtomicU64,
    key: RandomState,
}

impl RequestIds {
    pub(in crate::api) fn next(&self) -> RequestId {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        RequestId::new(self.key.hash_one(count))
    }
}

impl RequestId {
    pub(in crate::api) fn new(n: u64) -> Self {
        let digit = |place: usize| b"0123456789abcdef"[(n >> (60 - 4 * place)) as usize & 0xf];
        Self(std::array::from_fn(digit))
    }

    pub(in crate::api) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A request without its body.
pub(in crate::api) struct Head {
    pub(in crate::api) method: Method,
    pub(in crate::api) path: RequestPath,
    pub(in crate::api) query: String,
    pub(in crate::api) headers: HeaderMap,
    pub(in crate::api) peer: Option<Peer>,
    /// How the connection becomes another one than HTTP's, if the client asks for it.
    pub(in crate::api) upgrade: Option<OnUpgrade>,
}

impl Head {
    /// Where the request comes from: the client, not a trusted proxy that passed it on.
    pub(in crate::api) fn address(&self, client: &ClientAddress) -> IpAddr {
        let peer = self.peer.as_ref().map(|peer| peer.address.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        client.of(peer, &self.headers)
    }

    /// What is known of the client; `None` where nothing accepts connections.
    pub(in crate::api) fn client(&self) -> Option<&Arc<Client>> {
        self.peer.as_ref().and_then(|peer| peer.client.as_ref())
    }
}

/// A whole request.
pub(in crate::api) struct Request {
    pub(in crate::api) api: Arc<Api>,
    route: &'static Route,
    head: Head,
    body: Body,
    proof: Option<Proof>,
    seen: Arc<RequestRecord>,
}

/// What turns out while a request is handled, for the log line and the headers that are written when the handler is gone.
pub(in crate::api) struct RequestRecord {
    address: IpAddr,
    actor: OnceLock<Arc<Actor>>,
    quota: OnceLock<Quota>,
}

impl RequestRecord {
    /// Nothing has turned out yet but the address.
    pub(in crate::api) const fn new(address: IpAddr) -> Self {
        Self {
            address,
            actor: OnceLock::new(),
            quota: OnceLock::new(),
        }
    }

    /// Where the request comes from: the client, not a trusted proxy that passed it on.
    pub(in crate::api) const fn address(&self) -> IpAddr {
        self.address
    }

    /// The user's id, once somebody was authenticated.
    pub(in crate::api) fn user_id(&self) -> Option<&str> {
        self.actor.get().map(|actor| actor.user.id.as_str())
    }

    /// How many calls are left, once the call was counted.
    pub(in crate::api) fn quota(&self) -> Option<&Quota> {
        self.quota.get()
    }
}

impl Request {
    pub(in crate::api) fn new(
        route: &'static Route,
        api: Arc<Api>,
        head: Head,
        (proof, body): (Option<Proof>, Body),
        seen: Arc<RequestRecord>,
    ) -> Self {
        Self {
            api,
            route,
            head,
            body,
            proof,
            seen,
        }
    }

    pub(in crate::api) fn app(&self) -> &App {
        &self.api.app
    }

    /// The app, for one call of a use case by `actor` (`None`: nobody yet). Every handler comes through here after it has checked the
    /// credentials and the request, and before it does anything. This is where calls are counted, each once: 429 when there were too
    /// many from the address. Who may bypass the limit costs it nothing.
    pub(in crate::api) fn count_call(&self, actor: Option<&Actor>) -> Result<&App, ApiError> {
        let exempt = actor.is_some_and(|a| a.grants.contains(Permission::BypassRateLimit));
        let quotas = &self.api.quotas;
        if !exempt && let Some(limit) = quotas.limit(self.route.path) {
            let route = (self.route.method.as_str(), self.route.path);
            let count = || quotas.count(self.address(), route, limit, self.app().clock.now());
            if let Some(wait) = self.seen.quota.get_or_init(count).wait {
                return Err(ApiError::TooManyCalls(wait));
            }
        }
        Ok(self.app())
    }

    /// The last segment of the path, decoded, where the route has a parameter there; empty where not.
    pub(in crate::api) fn parameter(&self) -> Cow<'_, str> {
        path::parameter(self.route.path, self.head.path.as_str())
    }

    /// Everything after the `?`; empty when there is none.
    pub(in crate::api) fn query(&self) -> &str {
        &self.head.query
    }

    /// The body as it came; empty for a `GET`.
    pub(in crate::api) fn body(&self) -> &Bytes {
        &self.body.bytes
    }

    pub(in crate::api) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// What is known of the client; `None` where nothing accepts connections.
    pub(in crate::api) fn client(&self) -> Option<&Arc<Client>> {
        self.head.client()
    }

    /// The method that it came with: `HEAD` reaches the handler of `GET`.
    pub(in crate::api) fn method(&self) -> &Method {
        &self.head.method
    }

    /// How the connection becomes another one than HTTP's, if the client asks for it.
    pub(in crate::api) fn upgrade(&self) -> Option<OnUpgrade> {
        self.head.upgrade.clone()
    }

    /// The body's fields, read as the contract in force reads them.
    pub(in crate::api) fn fields(&self) -> Result<Fields, ApiError> {
        Fields::read(self.app().rules.contract, &self.head.headers, self.body())
    }

    /// The body's fields as Rocket.Chat reads them under either contract: text that is no JSON counts as no field at all, and JSON
    /// that is no object is refused.
    pub(in crate::api) fn lenient_fields(&self) -> Result<Fields, ApiError> {
        Fields::read(Contract::Server, &self.head.headers, self.body())
    }

    /// Where the request comes from: the client, not a trusted proxy that passed it on.
    pub(in crate::api) fn address(&self) -> IpAddr {
        self.seen.address
    }

    /// What the client calls itself, if that is text.
    pub(in crate::api) fn user_agent(&self) -> Option<&str> {
        self.head.headers.get(header::USER_AGENT)?.to_str().ok()
    }

    /// Who is asking. 401 when nobody, or nobody known; 403 when the user must change the password first.
    pub(in crate::api) async fn actor(&self) -> Result<Requester, ApiError> {
        let actor = self.actor_in_any_state().await?;
        actor.require_password_settled()?;
        Ok(actor)
    }

    /// As [`actor`](Self::actor), for the few routes that a user who must change the password needs.
    pub(in crate::api) async fn actor_in_any_state(&self) -> Result<Requester, ApiError> {
        // What was proven before the body came counts while nothing has changed.
        let actor = match &self.proof {
            Some(proof) if proof.holds(self.app()) => proof.actor().clone(),
            _ => prove(self.app(), &self.head).await?.actor().clone(),
        };
        self.saw(&actor);
        Ok(Requester::new(actor, self.address()))
    }

    /// The token that the request came with; empty without one.
    pub(in crate::api) fn token(&self) -> &str {
        credentials(&self.head.headers).map_or("", |shown| shown.token)
    }

    /// Notes who is asking, for the log and for the connection.
    pub(in crate::api) fn saw(&self, actor: &Arc<Actor>) {
        self.client().inspect(|client| client.logged_in());
        let _ = self.seen.actor.set(actor.clone());
    }

    /// Who is asking, for a route that Rocket.Chat guards as a whole (`permissionsRequired`): 403 comes before a look at the body.
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
pub(in crate::api) async fn prove(app: &App, head: &Head) -> Result<Proof, ApiError> {
    let proof = session::prove(app, credentials(&head.headers)).await;
    if let (Some(client), Err(Error::Unauthenticated)) = (head.client(), &proof) {
        client.logged_out();
    }
    Ok(proof?)
}

/// Both headers, or nobody.
fn credentials(headers: &HeaderMap) -> Option<Credentials<'_>> {
    let text = |name| headers.get(name)?.to_str().ok();
    Some(Credentials {
        user: text("x-user-id")?,
        token: text("x-auth-token")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_16_hex_digits() {
        assert_eq!(
            RequestId::new(0x1a20_9967_39f0_0004).as_str(),
            "1a20996739f00004"
        );
        assert_eq!(RequestId::new(0).as_str(), "0000000000000000");
    }

    #[test]
    fn request_ids_tell_neither_the_count_nor_the_start() {
        let ids = |requests: &RequestIds| {
            let id = || u64::from_str_radix(requests.next().as_str(), 16).unwrap();
            (0..1000).map(|_| id()).collect::<Vec<_>>()
        };
        let (one, other) = (ids(&RequestIds::default()), ids(&RequestIds::default()));
        assert!(one.iter().all(|id| !other.contains(id)), "the key differs");
        let rising = one.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((400..600).contains(&rising), "{rising} of 999 rise");
        let near = |pair: &&[u64]| pair[0].abs_diff(pair[1]) < 1 << 48;
        assert!(one.windows(2).filter(near).count() < 5, "spread widely");
    }
}
