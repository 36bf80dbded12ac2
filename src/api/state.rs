//! What the handlers of one server share.

use super::ddp;
use super::http::body;
use super::http::client_address::ClientAddress;
use super::http::headers::CommonHeaders;
use super::http::list_cache::ListCache;
use super::http::origin::Origins;
use super::http::page_policy;
use super::http::path::BasePath;
use super::http::rate_limits::Quotas;
use super::http::readiness::Readiness;
use super::http::realtime::Realtime;
use super::http::request_id::RequestIds;
use super::http::site_url::SiteUrl;
use super::openapi;
use super::rest::board::PublicBoard;
use crate::app::App;
use crate::config::{Config, EffectiveSetting};
use crate::dev::Dev;
use crate::domain::Timestamp;
use crate::transport::limits::Limits;
use crate::transport::{ByteBudget, SecurityHeaders, Slots};
use crate::web::Sites;
use std::sync::Arc;
use tokio::sync::Semaphore;
use warp::http::HeaderValue;

/// What handlers share besides the app.
pub struct Api {
    pub(super) app: Arc<App>,
    pub(super) lists: ListCache,
    pub(super) public_board: Arc<PublicBoard>,
    pub(super) whole_lists: Semaphore,
    pub(super) origins: Origins,
    pub(super) quotas: Quotas,
    pub(super) method_limits: ddp::MethodLimits,
    pub(super) client_address: ClientAddress,
    pub(super) site_url: SiteUrl,
    /// The Rocket.Chat version that clients are shown, such as `8.8.1`.
    pub(super) rocketchat_version: String,
    pub(super) readiness: Readiness,
    /// Serialises the lookups of avatars by id.
    pub(super) avatar_lookups: Semaphore,
    pub(super) base_path: BasePath,
    pub(super) openapi: bytes::Bytes,
    pub(super) common_headers: CommonHeaders,
    pub(super) sites: Sites,
    /// The `Content-Security-Policy` of the web pages.
    pub(super) page_policy: HeaderValue,
    pub(super) max_connections: usize,
    /// The connections that are open; `None` without an accept loop.
    pub(super) slots: Option<Arc<Slots>>,
    /// The configuration, for administrators.
    pub(super) configuration: Vec<EffectiveSetting>,
    pub(super) started_at: Timestamp,
    pub(super) limits: Limits,
    pub(super) realtime: Realtime,
    /// The byte budget for request bodies of logged-in clients.
    pub(super) bodies: ByteBudget,
    pub(super) watching: Arc<ddp::socket::Watching>,
    pub(super) requests: RequestIds,
    pub(super) dev: Option<Arc<Dev>>,
}

impl Api {
    /// Creates the API of `app`. `limits` holds the timeout for reading bodies. `site_url` is the
    /// address at which clients reach the server if the config names none.
    pub fn new(app: Arc<App>, config: &Config, limits: Limits, site_url: String) -> Self {
        let configured = config.site_url.as_deref().unwrap_or_default();
        let site_url = SiteUrl::new(config, site_url);
        let base_path = BasePath::of_url(configured);
        Self {
            lists: ListCache::default(),
            public_board: Arc::new(PublicBoard::new(app.ids.secret())),
            whole_lists: Semaphore::new(1),
            origins: Origins::new(&config.cors_origins, site_url.fixed()),
            quotas: Quotas::new(config),
            method_limits: ddp::MethodLimits::new(config),
            client_address: ClientAddress::new(config),
            openapi: openapi::document_below(base_path.as_str()),
            base_path,
            common_headers: CommonHeaders::new(SecurityHeaders::of_site(
                config.site_url.as_deref(),
            )),
            site_url,
            rocketchat_version: config.rocketchat_version().to_owned(),
            readiness: Readiness::default(),
            avatar_lookups: Semaphore::new(1),
            sites: Sites::new(),
            page_policy: page_policy::policy(&config.frame_ancestors),
            max_connections: config.max_connections,
            slots: None,
            configuration: config.effective(),
            started_at: app.clock.now(),
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

    /// Counts the connections of these slots.
    #[must_use]
    pub fn with_slots(self, slots: Arc<Slots>) -> Self {
        let slots = Some(slots);
        Self { slots, ..self }
    }

    /// Replaces the configuration that administrators are shown by one with its sources.
    #[must_use]
    pub fn with_configuration(self, configuration: Vec<EffectiveSetting>) -> Self {
        Self {
            configuration,
            ..self
        }
    }

    /// Adds the controls of dev mode, if it is on.
    #[must_use]
    pub fn with_dev(self, dev: Option<Arc<Dev>>) -> Self {
        Self { dev, ..self }
    }
}
