//! The rate limit of each route, and the headers that report it. Source: Rocket.Chat's
//! `ApiClass.ts` (`enforceRateLimit`); compatibility 8.4 and decision 8 of section 9. Callers
//! decide who is exempt.

use crate::api::http::rate_limit::{Limit, Quota, RateLimit};
use crate::app::Contract;
use crate::config::Config;
use crate::domain::network::Network;
use crate::domain::{LoginId, Timestamp};
use std::net::IpAddr;
use std::time::Duration;

/// Calls per minute for the routes with a limit of their own on a Rocket.Chat server. They apply in
/// the `server` contract.
const OWN: &[(&str, u32)] = &[
    ("/api/v1/users.setStatus", 5),
    ("/api/v1/users.updateOwnBasicInfo", 1),
    ("/api/v1/users.register", 1),
];

/// Path prefixes without a limit. The realtime protocol and its methods have limits of another
/// kind: a whole company may share one address, and all its clients reconnect at once after a
/// restart. Probes are frequent, and cheap because their result is reused. A page shows many avatars
/// at once; they are cheap, and lookups of ids take turns.
const UNLIMITED: [&str; 6] = [
    "/api/v1/method.call",
    "/websocket",
    "/sockjs/",
    "/avatar/",
    "/livez",
    "/readyz",
];

/// The route for logins over REST.
const LOGIN: Route = ("POST", "/api/v1/login");

/// A route, by its method and its path in the table of routes.
pub(in crate::api) type Route = (&'static str, &'static str);

/// The limits in force, and the calls counted so far.
pub(in crate::api) struct Quotas {
    /// `None`: nothing is limited.
    usual: Option<Limit>,
    contract: Contract,
    counted: RateLimit<(Network, Route)>,
    /// The calls of browser sessions.
    counted_by_session: RateLimit<(LoginId, Route)>,
}

impl Quotas {
    /// Reads the limits from the config.
    pub(in crate::api) fn new(config: &Config) -> Self {
        let calls = config.rate_limit_calls();
        let span = Duration::from_secs(config.rate_limit_seconds.into());
        Self {
            usual: (calls > 0).then_some(Limit { calls, span }),
            contract: config.contract,
            counted: RateLimit::default(),
            counted_by_session: RateLimit::default(),
        }
    }

    /// Returns the limit of `path`, which is one of the table of routes; `None` when it is
    /// unlimited.
    pub(in crate::api) fn limit(&self, path: &str) -> Option<Limit> {
        let usual = self.usual?;
        if UNLIMITED.iter().any(|known| path.starts_with(known)) {
            return None;
        }
        let own = OWN.iter().find(|(known, _)| *known == path);
        match own.filter(|_| self.contract == Contract::Server) {
            Some((_, calls)) => Some(Limit {
                calls: *calls,
                span: Duration::from_secs(60),
            }),
            None => Some(usual),
        }
    }

    /// Counts a login outside REST as if it were a REST login. Returns how long to wait, if it
    /// exceeded the limit.
    pub(in crate::api) fn count_login(&self, address: IpAddr, now: Timestamp) -> Option<Duration> {
        let limit = self.limit(LOGIN.1)?;
        self.count(address, LOGIN, limit, now).wait
    }

    /// Clears all counts.
    pub(in crate::api) fn forget(&self) {
        self.counted.forget();
        self.counted_by_session.forget();
    }

    /// Counts a call of `route` from `address`.
    pub(in crate::api) fn count(
        &self,
        address: IpAddr,
        route: Route,
        limit: Limit,
        now: Timestamp,
    ) -> Quota {
        self.counted.count((address.into(), route), limit, now)
    }

    /// Counts a call of `route` by a browser session.
    pub(in crate::api) fn count_session(
        &self,
        login: &LoginId,
        route: Route,
        limit: Limit,
        now: Timestamp,
    ) -> Quota {
        let sessions = &self.counted_by_session;
        sessions.count((login.clone(), route), limit, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the calls and seconds of a route's limit.
    fn limit(contract: Contract, calls: Option<u32>, path: &str) -> Option<(u32, u64)> {
        let mut config = Config::defaults_in("data".into());
        (config.contract, config.rate_limit_calls) = (contract, calls);
        config.rate_limit_seconds = 30;
        let limit = Quotas::new(&config).limit(path)?;
        Some((limit.calls, limit.span.as_secs()))
    }

    #[test]
    fn routes_methods_and_addresses_are_counted_separately() {
        use std::net::Ipv4Addr;
        let quotas = Quotas::new(&Config::defaults_in("data".into()));
        let limit = quotas.usual.unwrap();
        let (here, there) = (Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED);
        let left = |address: Ipv4Addr, route| {
            let now = Timestamp::from_millis(0);
            quotas.count(address.into(), route, limit, now).remaining
        };
        for (address, route) in [
            (here, ("GET", "/list")),
            (here, ("POST", "/list")),
            (here, ("GET", "/me")),
            (there, ("GET", "/list")),
        ] {
            assert_eq!(left(address, route), 119, "{address} {route:?}");
        }
        assert_eq!(left(here, ("GET", "/list")), 118);
    }

    #[test]
    fn some_routes_have_their_own_limits_in_the_server_contract() {
        use Contract::{Documented, Server};
        let (me, call) = ("/api/v1/me", "/api/v1/method.call/:method");
        let (set, own) = (
            "/api/v1/users.setStatus",
            "/api/v1/users.updateOwnBasicInfo",
        );
        for (contract, calls, path, expected) in [
            (Documented, None, me, Some((120, 30))),
            (Documented, None, set, Some((120, 30))),
            (Documented, Some(7), own, Some((7, 30))),
            (Documented, None, call, None),
            (Server, None, me, Some((10, 30))),
            (Server, Some(7), me, Some((7, 30))),
            (Server, Some(7), set, Some((5, 60))),
            (Server, None, own, Some((1, 60))),
            (Server, None, call, None),
            (Server, None, "/api/v1/method.callAnon/:method", None),
            (Server, None, "/websocket", None),
            (Server, None, "/sockjs/:server/:session/websocket", None),
            (Server, Some(0), me, None),
            (Server, Some(0), set, None),
        ] {
            let case = format!("{contract} {calls:?} {path}");
            assert_eq!(limit(contract, calls, path), expected, "{case}");
        }
    }
}
