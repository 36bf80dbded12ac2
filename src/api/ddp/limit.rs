//! How often a user may call each method. Source: Rocket.Chat's defaults of `DDP_Rate_Limit_*` and `setUserStatus`'s own rule; reference
//! 5.4. Knows nothing of addresses and connections.

use crate::api::error::ApiError;
use crate::config::Config;
use crate::domain::{Actor, Permission, Timestamp, UserId};
use crate::rate_limit::{Limit, RateLimit};
use std::time::Duration;

/// How often a user may call a method that has no limit of its own.
const USUAL: Limit = Limit {
    calls: 20,
    span: Duration::from_secs(10),
};

/// The methods with limits of their own.
const OWN: &[(&str, Limit)] = &[(
    "setUserStatus",
    Limit {
        calls: 1,
        span: Duration::from_secs(1),
    },
)];

/// The calls counted so far.
pub(in crate::api) struct MethodLimits {
    /// `None`: nothing is limited.
    counted: Option<RateLimit<(UserId, &'static str)>>,
}

impl MethodLimits {
    /// In force unless the settings have switched off all limits.
    pub(in crate::api) fn new(config: &Config) -> Self {
        let counted = (config.rate_limit_calls() > 0).then(RateLimit::default);
        Self { counted }
    }

    /// Counts a call of `method` by `actor`.
    ///
    /// # Errors
    /// `TooManyMethodCalls`, unless the actor may call as often as they like.
    pub(super) fn admit(
        &self,
        actor: &Actor,
        method: &'static str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let Some(counted) = &self.counted else {
            return Ok(());
        };
        if actor.grants.contains(Permission::BypassRateLimit) {
            return Ok(());
        }
        let own = OWN.iter().find(|(known, _)| *known == method);
        let limit = own.map_or(USUAL, |(_, limit)| *limit);
        let quota = counted.count((actor.user.id.clone(), method), limit, now);
        quota
            .wait
            .map_or(Ok(()), |wait| Err(ApiError::TooManyMethodCalls(wait)))
    }
}
