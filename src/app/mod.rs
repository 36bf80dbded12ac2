//! The handles that use cases share: store, clock, ids, authentication, settings, presence and live
//! messages. Does not depend on sockets, JSON or a specific database.

pub(crate) mod audit_line;
pub mod setting_cache;
mod webhook_gateway;

pub use webhook_gateway::WebhookGateway;

use crate::app::setting_cache::SettingCache;
use crate::auth::Unblocks;
use crate::auth::login_throttle::LoginThrottle;
use crate::auth::passwords::Passwords;
use crate::auth::refusals::Refusals;
use crate::auth::session_cache::Sessions;
use crate::auth::tokens::Tokens;
use crate::config::{Config, Secret};
use crate::domain::{
    Error, LoginId, PasswordPolicy, Result, Setting, SettingValue, SettingValues, StatusId,
    Timestamp, UserId,
};
use crate::realtime::hub::Live;
use crate::realtime::presence::PresenceRegistry;
use crate::store::{ChangeKind, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

pub use crate::config::{Contract, Unconnected};

/// Everything that use cases work with. One per server, shared by all requests.
pub struct App {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Generates ids.
    pub ids: Ids,
    /// Authentication state.
    pub auth: Auth,
    /// The settings that rules depend on.
    pub rules: Rules,
    /// Presence: who is connected.
    pub connections: Arc<PresenceRegistry>,
    /// Live messages and their listeners.
    pub live: Arc<Live>,
    /// Checks and calls the endpoints of webhooks.
    pub webhooks: Arc<dyn WebhookGateway>,
}

/// Everything used to authenticate a client.
pub struct Auth {
    /// Signs and verifies auth tokens.
    pub tokens: Tokens,
    /// Hashes passwords, with a limit on concurrency.
    pub passwords: Passwords,
    /// Recently used sessions.
    pub sessions: Sessions,
    /// Failed logins and the blocks that they cause.
    pub attempts: LoginThrottle,
    /// Limits how many refused logins are recorded.
    pub refusals: Refusals,
    /// Which of the operator's unblocks were applied.
    pub unblocks: Unblocks,
    /// The secret that lets programs create tokens for users.
    create_tokens: Option<Secret>,
}

impl Auth {
    /// Returns whether `secret` equals the configured one. The comparison takes constant time for
    /// secrets of equal length. Without a configured secret, always returns `false`.
    ///
    /// # Errors
    /// `Internal` when the setting's file cannot be read.
    pub fn may_create_tokens(&self, secret: &str) -> Result<bool> {
        let right = self.create_tokens.as_ref().map(Secret::expose);
        let right = right.transpose().map_err(Error::internal)?;
        Ok(right.is_some_and(|right| right.as_bytes().ct_eq(secret.as_bytes()).into()))
    }
}

/// The settings that rules depend on.
pub struct Rules {
    /// How request bodies are parsed: compatibility 2.
    pub contract: Contract,
    /// The lifetime of a password login.
    pub login_life: Duration,
    /// The maximum number of concurrent password logins per user.
    pub logins_per_user: u32,
    /// Which new passwords are rejected.
    pub password_policy: PasswordPolicy,
    /// The status shown for users without a live connection.
    pub unconnected: Unconnected,
    /// Settings that administrators change at run time. Read them through [`App::settings`].
    pub settings: SettingCache,
}

impl App {
    /// Creates the handles for a server or a command.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        tokens: Tokens,
        webhooks: Arc<dyn WebhookGateway>,
    ) -> Result<Self> {
        let auth = Auth {
            tokens,
            passwords: Passwords::new(config.password_hashers),
            sessions: Sessions::default(),
            attempts: LoginThrottle::new(config),
            refusals: Refusals::default(),
            unblocks: Unblocks::new(clock.now()),
            create_tokens: config.create_tokens_for_users_secret.clone(),
        };
        let day = Duration::from_secs(24 * 60 * 60);
        let rules = Rules {
            contract: config.contract,
            login_life: day * config.login_days,
            logins_per_user: config.logins_per_user,
            password_policy: PasswordPolicy::new(config.password_min_length),
            unconnected: config.unconnected(),
            settings: SettingCache::new(configured(config)),
        };
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Ok(Self {
            webhooks,
            store,
            clock,
            ids: Ids::new()?,
            auth,
            rules,
            connections: PresenceRegistry::new(
                seconds(config.offline_grace_seconds),
                seconds(config.heartbeat_seconds),
            ),
            live: Arc::default(),
        })
    }
}

impl App {
    /// Returns all current workspace settings. Queries the store only after a change.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn settings(&self) -> Result<Arc<SettingValues>> {
        // Read before the settings: a change in between then invalidates the cached copy.
        let version = self.store.version(ChangeKind::Access);
        if let Some(values) = self.rules.settings.find(version) {
            return Ok(values);
        }
        let stored = self.store.list_settings().await?;
        Ok(self.rules.settings.keep(version, stored))
    }

    /// Returns a number that increases with every change of a custom status, before that change is
    /// answered.
    pub fn custom_statuses_version(&self) -> u64 {
        self.store.version(ChangeKind::CustomStatuses)
    }
}

/// The workspace settings that the configuration fixes.
fn configured(config: &Config) -> Vec<(Setting, SettingValue)> {
    let origins = &config.cors_origins;
    let calls = i64::from(config.rate_limit_calls());
    let seconds = i64::from(config.rate_limit_seconds);
    vec![
        (Setting::ApiEnableCors, (!origins.is_empty()).into()),
        (Setting::ApiCorsOrigin, origins.join(",").as_str().into()),
        (Setting::ApiRateLimiter, (calls > 0).into()),
        (Setting::ApiRateLimitCalls, calls.into()),
        (Setting::ApiRateLimitTime, (seconds * 1000).into()),
    ]
}

/// A source of the current time. Tests supply their own.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Returns a channel that changes when the clock is set manually, so that due work is checked
    /// at once. `None` for the system clock, which does not report changes.
    fn set_by_hand(&self) -> Option<watch::Receiver<()>> {
        None
    }
}

/// Resolves when the clock is set manually; pending forever otherwise. `set` comes from
/// [`Clock::set_by_hand`].
pub async fn set_by_hand(set: &mut Option<watch::Receiver<()>>) {
    let was_set = match set {
        Some(set) => set.changed().await.is_ok(),
        None => false,
    };
    if !was_set {
        std::future::pending().await
    }
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        timestamp(SystemTime::now())
    }
}

/// Converts a system time, which may be before 1970. Time must advance there too, or nothing would
/// expire.
fn timestamp(time: SystemTime) -> Timestamp {
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    })
}

/// Generates new ids.
pub struct Ids {
    /// The middle of a MongoDB ObjectId: five random bytes that identify this process.
    process: u64,
    /// The end of an ObjectId: a three-byte counter.
    counter: AtomicU32,
}

impl Ids {
    fn new() -> Result<Self> {
        let [process @ .., a, b, c] = random::<8>()?;
        let process = process
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        // Start in the lower half, so that the counter does not soon wrap to 0 and break the order.
        let counter = u32::from_be_bytes([0, a & 0x7f, b, c]);
        Ok(Self {
            process,
            counter: AtomicU32::new(counter),
        })
    }

    /// Returns a MongoDB ObjectId, as Rocket.Chat does: seconds, process, counter. Ids ascend with
    /// time, so new rows are adjacent.
    pub fn status(&self, now: Timestamp) -> StatusId {
        let seconds = now.as_millis().div_euclid(1000) & 0xffff_ffff;
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff;
        StatusId::new(format!("{seconds:08x}{:010x}{counter:06x}", self.process))
    }

    /// Returns a new user id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn user(&self) -> Result<UserId> {
        Ok(UserId::new(unmistakable::<17>()?))
    }

    /// Returns a new login id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn login(&self) -> Result<LoginId> {
        Ok(LoginId::new(unmistakable::<17>()?))
    }

    /// Returns a new connection id.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn connection(&self) -> Result<String> {
        unmistakable::<17>()
    }

    /// Returns a password of 24 characters, 139 bits.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn password() -> Result<String> {
        unmistakable::<24>()
    }
}

/// Returns `N` characters of Meteor's alphabet, which omits look-alikes
/// (`random/AbstractRandomGenerator.js`).
fn unmistakable<const N: usize>() -> Result<String> {
    const ALPHABET: &[u8; 55] = b"23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = String::with_capacity(N);
    while text.len() < N {
        // 220 is 4 × 55: bytes above it would favour the start of the alphabet.
        let fair = random::<32>()?.into_iter().filter(|byte| *byte < 220);
        text.extend(
            fair.take(N - text.len())
                .map(|byte| char::from(ALPHABET[usize::from(byte % 55)])),
        );
    }
    Ok(text)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_advances_before_1970_too() {
        let second = Duration::from_secs(1);
        let at = |time: Option<SystemTime>| timestamp(time.unwrap()).as_millis();
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_sub(second)), -1000);
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_sub(second * 2)), -2000);
        assert_eq!(at(SystemTime::UNIX_EPOCH.checked_add(second)), 1000);
    }

    #[test]
    fn status_ids_are_object_ids_in_the_order_of_creation() {
        let ids = Ids::new().unwrap();
        let at = |millis| {
            ids.status(Timestamp::from_millis(millis))
                .as_str()
                .to_owned()
        };
        let (first, second, later) = (
            at(1_699_098_263_366),
            at(1_699_098_263_366),
            at(1_699_098_264_000),
        );
        assert!(
            first.starts_with("65462e97"),
            "{first}: seconds since the epoch come first"
        );
        assert!(first < second && second < later);
        assert!(
            later.len() == 24
                && later
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
    }

    #[test]
    fn user_ids_are_17_unambiguous_characters() {
        let ids = Ids::new().unwrap();
        let (one, other) = (ids.user().unwrap(), ids.user().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 17);
        assert!(!one.as_str().contains(['0', '1', 'I', 'O', 'U', 'V', 'l']));
    }
}
