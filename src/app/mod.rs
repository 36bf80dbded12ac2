//! The few handles that a use case may touch. Knows nothing of sockets, JSON or which database is behind the store.

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

/// What the use cases work with. One per server, shared by all requests.
pub struct App {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Ids,
    /// Who is who.
    pub auth: Auth,
    /// The settings that rules depend on.
    pub rules: Rules,
    /// Who is connected.
    pub connections: Arc<PresenceRegistry>,
    /// Who is listening.
    pub live: Arc<Live>,
    /// Checks and calls the endpoints of webhooks.
    pub webhooks: Arc<dyn WebhookGateway>,
}

/// Everything about proving who one is.
pub struct Auth {
    /// Signs and checks auth tokens.
    pub tokens: Tokens,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// The actors seen lately.
    pub sessions: Sessions,
    /// Failed logins.
    pub attempts: LoginThrottle,
    /// How many refused logins are recorded.
    pub refusals: Refusals,
    /// Which of them were forgiven by the operator.
    pub unblocks: Unblocks,
    /// What programs show to make tokens for users.
    create_tokens: Option<Secret>,
}

impl Auth {
    /// Whether `secret` is the one of the settings. Takes as long for every wrong one of a length; without a setting none is right.
    ///
    /// # Errors
    /// `Internal` when the file of the setting cannot be read.
    pub fn may_create_tokens(&self, secret: &str) -> Result<bool> {
        let right = self.create_tokens.as_ref().map(Secret::expose);
        let right = right.transpose().map_err(Error::internal)?;
        Ok(right.is_some_and(|right| right.as_bytes().ct_eq(secret.as_bytes()).into()))
    }
}

/// The settings that rules depend on.
pub struct Rules {
    /// How bodies are read: compatibility 2.
    pub contract: Contract,
    /// How long a login by password lasts.
    pub login_life: Duration,
    /// How many logins by password a user has at once.
    pub logins_per_user: u32,
    /// Which new passwords are refused.
    pub password_policy: PasswordPolicy,
    /// What is shown of people without a live connection.
    pub unconnected: Unconnected,
    /// What administrators change while the server runs. Read through [`App::settings`].
    pub settings: SettingCache,
}

impl App {
    /// The handles for a server or a command with these settings.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
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
    /// All settings of the workspace as they are now. Asks the store only after a change.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn settings(&self) -> Result<Arc<SettingValues>> {
        // Taken before the settings are read: what changes meanwhile makes the copy worthless.
        let version = self.store.version(ChangeKind::Access);
        if let Some(values) = self.rules.settings.find(version) {
            return Ok(values);
        }
        let stored = self.store.list_settings().await?;
        Ok(self.rules.settings.keep(version, stored))
    }

    /// A number that rises with every change of a custom status, before the change is answered.
    pub fn custom_statuses_version(&self) -> u64 {
        self.store.version(ChangeKind::CustomStatuses)
    }
}

/// The settings of the workspace that the configuration decides.
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

/// What time it is. Tests bring their own.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// What changes when the clock was set, for one that is set by hand: what is due by the new time is looked for at once. A machine's
    /// clock does not say.
    fn set_by_hand(&self) -> Option<watch::Receiver<()>> {
        None
    }
}

/// Comes back when the clock was set by hand, and never for a clock that cannot be: `set` is what [`Clock::set_by_hand`] gives.
pub async fn set_by_hand(set: &mut Option<watch::Receiver<()>>) {
    let told = match set {
        Some(set) => set.changed().await.is_ok(),
        None => false,
    };
    if !told {
        std::future::pending().await
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else takes the time from"
    )]
    fn now(&self) -> Timestamp {
        timestamp(SystemTime::now())
    }
}

/// A time of the machine, which may be before 1970: time has to go on there, too, or nothing would ever expire.
fn timestamp(time: SystemTime) -> Timestamp {
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    })
}

/// Makes new ids.
pub struct Ids {
    /// The middle of a MongoDB ObjectId: five bytes that tell this process from others.
    process: u64,
    /// Its end: three bytes that count.
    counter: AtomicU32,
}

impl Ids {
    fn new() -> Result<Self> {
        let [process @ .., a, b, c] = random::<8>()?;
        let process = process
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        // The counter starts in the lower half, so that it does not soon fall back to 0 and out of order.
        let counter = u32::from_be_bytes([0, a & 0x7f, b, c]);
        Ok(Self {
            process,
            counter: AtomicU32::new(counter),
        })
    }

    /// A MongoDB ObjectId, as Rocket.Chat gives: seconds, process, counter. It ascends with time, so new rows land side by side.
    pub fn status(&self, now: Timestamp) -> StatusId {
        let seconds = now.as_millis().div_euclid(1000) & 0xffff_ffff;
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff;
        StatusId::new(format!("{seconds:08x}{:010x}{counter:06x}", self.process))
    }

    /// A user's id.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn user(&self) -> Result<UserId> {
        Ok(UserId::new(unmistakable::<17>()?))
    }

    /// A login's id.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn login(&self) -> Result<LoginId> {
        Ok(LoginId::new(unmistakable::<17>()?))
    }

    /// A live connection's id.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn connection(&self) -> Result<String> {
        unmistakable::<17>()
    }

    /// A password of 24 characters, 139 bits.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn password() -> Result<String> {
        unmistakable::<24>()
    }
}

/// `N` characters of Meteor's alphabet without those that are mistaken for each other (`random/AbstractRandomGenerator.js`).
fn unmistakable<const N: usize>() -> Result<String> {
    const ALPHABET: &[u8; 55] = b"23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = String::with_capacity(N);
    while text.len() < N {
        // 220 is 4 times 55: bytes above it would favour the alphabet's beginning.
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
    fn time_goes_on_before_1970_too() {
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
    fn user_ids_are_17_characters_that_nobody_mistakes() {
        let ids = Ids::new().unwrap();
        let (one, other) = (ids.user().unwrap(), ids.user().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 17);
        assert!(!one.as_str().contains(['0', '1', 'I', 'O', 'U', 'V', 'l']));
    }
}
