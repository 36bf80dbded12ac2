//! The rate limits of methods: per user and per connection, for each method and for all together.
//! Source: Rocket.Chat's defaults of `DDP_Rate_Limit_*` and the own rules of methods;
//! compatibility 8.4.

use super::connection::Caller;
use crate::api::error::ApiError;
use crate::api::http::rate_limit::{Limit, RateLimit};
use crate::config::Config;
use crate::domain::{Actor, Permission, Timestamp, UserId};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// The limit for all methods together, and for each that has no limit of its own.
struct Limits {
    all: Limit,
    each: Limit,
}

const OF_USER: Limits = Limits {
    all: per(1200, 60),
    each: per(20, 10),
};
const OF_CONNECTION: Limits = Limits {
    all: per(600, 60),
    each: per(10, 10),
};

/// The methods with their own limit per user.
const OWN: &[(&str, Limit)] = &[
    ("setUserStatus", per(1, 1)),
    ("userSetUtcOffset", per(1, 60)),
];

/// The key under which all methods are counted together.
const ALL: &str = "";

const fn per(calls: u32, seconds: u64) -> Limit {
    Limit {
        calls,
        span: Duration::from_secs(seconds),
    }
}

/// The limits in force, and the calls of users counted so far. Each connection keeps its own
/// counts.
pub(in crate::api) struct MethodLimits {
    /// `None`: nothing is limited.
    of_users: Option<RateLimit<(UserId, &'static str)>>,
}

impl MethodLimits {
    /// Reads the config: the limits apply unless it disables all limits.
    pub(in crate::api) fn new(config: &Config) -> Self {
        let of_users = (config.rate_limit_calls() > 0).then(RateLimit::default);
        Self { of_users }
    }

    /// Counts a call of `method` (`None`: an unknown one).
    ///
    /// # Errors
    /// `TooManyMethodCalls`, unless the caller may bypass the limits.
    pub(in crate::api) fn count_call(
        &self,
        caller: Caller<'_>,
        method: Option<&'static str>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let Some(of_users) = &self.of_users else {
            return Ok(());
        };
        let bypasses = |actor: &Arc<Actor>| actor.grants.contains(Permission::BypassRateLimit);
        if caller.actor.is_some_and(bypasses) {
            return Ok(());
        }
        if let Some(connection) = caller.connection {
            let key = |name| name;
            count(&connection.calls, key, method, &OF_CONNECTION, None, now)?;
        }
        if let Some(actor) = caller.actor {
            let own = OWN.iter().find(|(known, _)| Some(*known) == method);
            let own = own.map(|(_, limit)| *limit);
            let key = |name| (actor.user.id.clone(), name);
            count(of_users, key, method, &OF_USER, own, now)?;
        }
        Ok(())
    }
}

/// Counts a call among all calls and among those of its method.
fn count<K: Hash + Eq>(
    calls: &RateLimit<K>,
    key: impl Fn(&'static str) -> K,
    method: Option<&'static str>,
    limits: &Limits,
    own: Option<Limit>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let all = calls.count(key(ALL), limits.all, now).wait;
    let each = method.and_then(|name| {
        let limit = own.unwrap_or(limits.each);
        calls.count(key(name), limit, now).wait
    });
    match all.max(each) {
        Some(wait) => Err(ApiError::TooManyMethodCalls(wait)),
        None => Ok(()),
    }
}
