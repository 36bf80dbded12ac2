//! Settings shared by all endpoints: addresses, certificates and time limits.

use std::io;
use std::sync::Arc;

use crate::connector::Connector;
use crate::dialer::Dialer;
use crate::resolver::system;
use crate::trust::Trust;
use crate::{Guard, Limits, Proxy, Resolver};

/// How every [`Webhook`](crate::Webhook) sends. All webhooks share one by cloning it, so that the
/// trusted certificates, which take the most memory, are loaded once.
///
/// Each webhook keeps its own connection open for half a minute after an event. The connection
/// belongs to the runtime of the webhook and ends with it.
///
/// Uses only HTTP/1.1, ignores proxy variables of the environment and follows no redirects: they
/// could lead to an address that the guard has not checked. A proxy has to be set explicitly.
#[derive(Clone)]
pub struct Sender {
    pub(crate) connector: Connector,
    pub(crate) limits: Limits,
}

impl Sender {
    /// Creates a sender that connects to addresses that `guard` allows. Reads and starts nothing
    /// yet.
    pub fn new(guard: Guard) -> Self {
        let limits = Limits::default();
        let dialer = Dialer {
            guard,
            resolver: system(),
            limit: limits.connect,
            proxy: None,
        };
        let trust = Arc::new(Trust::default());
        Self {
            connector: Connector { dialer, trust },
            limits,
        }
    }

    /// Also trusts the certificates in `pem`, besides Mozilla's and the system's.
    ///
    /// # Errors
    ///
    /// When a part of it is not a certificate.
    pub fn with_roots(mut self, pem: &[u8]) -> io::Result<Self> {
        self.connector.trust = Arc::new(Trust::with(pem)?);
        Ok(self)
    }

    /// Reaches endpoints with TLS through `proxy`, except those in networks that the guard allows by
    /// name.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Option<Proxy>) -> Self {
        self.connector.dialer.proxy = proxy;
        self
    }

    /// Resolves names with `resolver` instead of the operating system. The guard still checks the
    /// addresses.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Resolver) -> Self {
        self.connector.dialer.resolver = resolver;
        self
    }

    /// Overrides the default limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.connector.dialer.limit = limits.connect;
        self.limits = limits;
        self
    }
}
