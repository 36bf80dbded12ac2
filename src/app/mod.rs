//! The handles that use cases share: store, clock, ids, authentication, settings, presence and live
//! messages. Does not depend on sockets, JSON or a specific database.

pub(crate) mod audit_line;
pub mod board_cache;
mod clock;
mod ids;
pub mod setting_cache;
pub mod visibility_cache;
mod webhook_gateway;

pub use clock::{Clock, SystemClock, set_by_hand};
pub use ids::Ids;
pub use webhook_gateway::WebhookGateway;

use crate::app::board_cache::BoardCache;
use crate::app::setting_cache::SettingCache;
use crate::app::visibility_cache::{VisibilityCache, VisibilitySnapshot};
use crate::auth::login_throttle::LoginThrottle;
use crate::auth::passwords::Passwords;
use crate::auth::refusals::Refusals;
use crate::auth::session_cache::Sessions;
use crate::auth::tokens::Tokens;
use crate::auth::{PinAttempts, Unblocks};
use crate::config::{Config, Secret};
use crate::domain::{
    Error, PasswordPolicy, Result, Setting, SettingValue, SettingValues, VisibilitySwitches,
};
use crate::picture::PictureMaker;
use crate::realtime::hub::Live;
use crate::realtime::presence::PresenceRegistry;
use crate::store::{BoardSnapshot, ChangeKind, Store};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

pub use crate::config::{BoardAudience, Compat, Contract, Unconnected};

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
    /// The rows of the board. Read them through [`App::board`].
    pub board: BoardCache,
    /// Makes the pictures of users.
    pub pictures: PictureMaker,
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
    /// Wrong PINs on displays.
    pub pins: PinAttempts,
    /// Limits how many refused logins are recorded.
    pub refusals: Refusals,
    /// Which of the operator's unblocks were applied.
    pub unblocks: Unblocks,
    /// The secret that lets programs create tokens for users.
    create_tokens: Option<Secret>,
    /// The secret that lets people register.
    registration: Option<Secret>,
}

impl Auth {
    /// Returns whether `secret` equals the configured one. The comparison takes constant time for
    /// secrets of equal length. Without a configured secret, always returns `false`.
    ///
    /// # Errors
    /// `Internal` when the setting's file cannot be read.
    pub fn may_create_tokens(&self, secret: &str) -> Result<bool> {
        is_secret(self.create_tokens.as_ref(), secret)
    }

    /// Returns whether people can register at all.
    pub const fn takes_registrations(&self) -> bool {
        self.registration.is_some()
    }

    /// Like [`may_create_tokens`](Self::may_create_tokens), for the secret of registration.
    ///
    /// # Errors
    /// `Internal` when the setting's file cannot be read.
    pub fn may_register(&self, secret: &str) -> Result<bool> {
        is_secret(self.registration.as_ref(), secret)
    }
}

fn is_secret(right: Option<&Secret>, given: &str) -> Result<bool> {
    let right = right.map(Secret::expose).transpose();
    let right = right.map_err(Error::internal)?;
    Ok(right.is_some_and(|right| right.as_bytes().ct_eq(given.as_bytes()).into()))
}

/// The settings that rules depend on.
pub struct Rules {
    /// How request bodies are parsed: compatibility 2.
    pub contract: Contract,
    /// Which release's responses are sent: compatibility 2.2.
    pub compat: Compat,
    /// The lifetime of a password login.
    pub login_life: Duration,
    /// The maximum number of concurrent password logins per user.
    pub logins_per_user: u32,
    /// Which new passwords are rejected.
    pub password_policy: PasswordPolicy,
    /// The status shown for users without a live connection.
    pub unconnected: Unconnected,
    /// Who may read the board.
    pub board: BoardAudience,
    /// Settings that administrators change at run time. Read them through [`App::settings`].
    pub settings: SettingCache,
    /// Who may see whose status. Read it through [`App::visibility`].
    pub visibility: VisibilityCache,
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
            pins: PinAttempts::default(),
            refusals: Refusals::default(),
            unblocks: Unblocks::new(clock.now()),
            create_tokens: config.create_tokens_for_users_secret.clone(),
            registration: config.registration_secret.clone(),
        };
        let day = Duration::from_secs(24 * 60 * 60);
        let rules = Rules {
            contract: config.contract,
            compat: config.compat,
            login_life: day * config.login_days,
            logins_per_user: config.logins_per_user,
            password_policy: PasswordPolicy::new(config.password_min_length),
            unconnected: config.unconnected(),
            board: config.board,
            settings: SettingCache::new(configured(config)),
            visibility: VisibilityCache::default(),
        };
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Ok(Self {
            pictures: PictureMaker::default(),
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
            board: BoardCache::default(),
        })
    }
}

impl App {
    /// Returns all current workspace settings. Queries the store only after a change.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn settings(&self) -> Result<Arc<SettingValues>> {
        // The version comes first: see `auth::versioned`.
        let version = self.store.version(ChangeKind::Access);
        if let Some(values) = self.rules.settings.find(version) {
            return Ok(values);
        }
        let stored = self.store.list_settings().await?;
        Ok(self.rules.settings.keep(version, stored))
    }

    /// Returns who may see whose status now. Queries the store only after a change.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn visibility(&self) -> Result<Arc<VisibilitySnapshot>> {
        let version = self.store.version(ChangeKind::StatusVisibility);
        if let Some(snapshot) = self.rules.visibility.find(version) {
            return Ok(snapshot);
        }
        // The version of settings rises first, so these are at least as new as `version`.
        let switches = VisibilitySwitches::from(&*self.settings().await?);
        let rules = self.store.list_status_visibility().await?;
        let snapshot = VisibilitySnapshot::new(switches, rules.people);
        let now = self.clock.now();
        Ok(self.rules.visibility.keep(version, snapshot, now))
    }

    /// Returns all active users, as new as the newest event. Queries the store only after a change,
    /// or if nothing else reads them at the moment.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn board(&self) -> Result<Arc<BoardSnapshot>> {
        let version = self.store.version(ChangeKind::Access);
        let newest = *self.store.committed().borrow();
        let read = self.store.list_board();
        self.board.get(version, newest, read).await
    }

    /// Returns a number that increases with every change of a custom status, before that change is
    /// answered.
    pub fn custom_statuses_version(&self) -> u64 {
        self.store.version(ChangeKind::CustomStatuses)
    }
}

/// Returns the key of the configuration that fixes a workspace setting, if one does.
#[must_use]
pub const fn configuration_key(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::RegistrationForm => "registration_secret",
        Setting::ApiEnableCors | Setting::ApiCorsOrigin => "cors_origins",
        Setting::ApiRateLimiter | Setting::ApiRateLimitCalls => "rate_limit_calls",
        Setting::ApiRateLimitTime => "rate_limit_seconds",
        Setting::SiteUrl => "site_url",
        _ => return None,
    })
}

/// The workspace settings that the configuration fixes.
fn configured(config: &Config) -> Vec<(Setting, SettingValue)> {
    let origins = &config.cors_origins;
    let calls = i64::from(config.rate_limit_calls());
    let seconds = i64::from(config.rate_limit_seconds);
    let form = config.registration_secret.as_ref();
    let form = form.map_or("Disabled", |_| "Secret URL");
    vec![
        (Setting::RegistrationForm, form.into()),
        (Setting::ApiEnableCors, (!origins.is_empty()).into()),
        (Setting::ApiCorsOrigin, origins.join(",").as_str().into()),
        (Setting::ApiRateLimiter, (calls > 0).into()),
        (Setting::ApiRateLimitCalls, calls.into()),
        (Setting::ApiRateLimitTime, (seconds * 1000).into()),
    ]
}
