//! What all endpoints share: whom to dial and to believe, and for how long. It does not know requests.

use std::io;
use std::sync::Arc;

use crate::connector::Connector;
use crate::dialer::Dialer;
use crate::resolver::system;
use crate::trust::Trust;
use crate::{Guard, Limits, Resolver};

/// How every [`Webhook`](crate::Webhook) sends: one for all of them, of which each has a clone. The certificates that are
/// believed, which take the most memory, are there once.
///
/// Each webhook has a connection of its own, kept for half a minute after an event: it belongs to the runtime that the
/// webhook runs on, and ends with it.
///
/// Only HTTP/1.1, through no proxy whatever the environment says, and never to where an answer points: a proxy and a
/// redirect lead where the guard has not looked.
#[derive(Clone)]
pub struct Sender {
    pub(crate) connector: Connector,
    pub(crate) limits: Limits,
}

impl Sender {
    /// Connects to whatever `guard` admits. Nothing is read or started yet.
    pub fn new(guard: Guard) -> Self {
        let limits = Limits::default();
        let dialer = Dialer {
            guard,
            resolver: system(),
            limit: limits.connect,
        };
        let trust = Arc::new(Trust::default());
        Self {
            connector: Connector { dialer, trust },
            limits,
        }
    }

    /// Believes the certificates in `pem`, too, besides Mozilla's and the machine's.
    ///
    /// # Errors
    ///
    /// When a part of it is no certificate.
    pub fn with_roots(mut self, pem: &[u8]) -> io::Result<Self> {
        self.connector.trust = Arc::new(Trust::with(pem)?);
        Ok(self)
    }

    /// Resolves names by `resolver` instead of the operating system; the guard judges its answers just the same.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Resolver) -> Self {
        self.connector.dialer.resolver = resolver;
        self
    }

    /// Keeps to other limits than the default ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.connector.dialer.limit = limits.connect;
        self.limits = limits;
        self
    }
}
