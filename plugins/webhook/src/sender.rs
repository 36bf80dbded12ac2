//! One request, and what came back, within the limits. It does not know what is sent, nor what the answer means.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::response::Parts;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::connector::{Connector, Dialer, Resolve, system};
use crate::limits::{DRAINED_MAX_BYTES, HEAD_MAX_BYTES};
use crate::trust::Trust;
use crate::{Guard, Limits, failure};

/// How long a connection is kept for the next event.
const IDLE: Duration = Duration::from_secs(30);

/// How many idle connections to one receiver are kept; each endpoint has one request under way at most.
const IDLE_PER_HOST: usize = 1;

/// The connections that all endpoints share: clones use the same ones.
///
/// HTTP/1.1 only, through no proxy whatever the environment says, and never to where an answer points: a proxy or a
/// redirect would dial what the guard has not seen.
#[derive(Clone)]
pub struct Sender {
    connector: Connector,
    limits: Limits,
    client: Client<Connector, Full<Bytes>>,
}

impl Sender {
    /// Connections to whatever `guard` admits. It starts and reads nothing yet.
    pub fn new(guard: Guard) -> Self {
        let limits = Limits::default();
        let dialer = Dialer {
            guard,
            resolve: system(),
            limit: limits.connect,
        };
        let trust = Arc::default();
        Self::build(Connector { dialer, trust }, limits)
    }

    /// Believes the certificates in `pem`, too, besides Mozilla's and the machine's.
    ///
    /// # Errors
    ///
    /// When a part of it is no certificate.
    pub fn with_roots(mut self, pem: &[u8]) -> io::Result<Self> {
        self.connector.trust = Arc::new(Trust::with(pem)?);
        Ok(Self::build(self.connector, self.limits))
    }

    /// Resolves names by `resolve` instead of the operating system.
    #[must_use]
    pub fn with_resolver(mut self, resolve: Resolve) -> Self {
        self.connector.dialer.resolve = resolve;
        Self::build(self.connector, self.limits)
    }

    /// Keeps to other limits than the default ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.connector.dialer.limit = limits.connect;
        Self::build(self.connector, limits)
    }

    fn build(connector: Connector, limits: Limits) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_buf_size(HEAD_MAX_BYTES)
            .build(connector.clone());
        Self {
            connector,
            limits,
            client,
        }
    }

    /// Sends `request`, and gives the head of the answer, or why there is none in one line.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Parts, String> {
        let Limits { answer, drain, .. } = self.limits;
        let answered = timeout(answer, self.client.request(request)).await;
        let response = answered
            .map_err(|_| format!("no answer within {answer:?}"))?
            .map_err(|error| failure::reason(&error))?;
        let (head, body) = response.into_parts();
        // The status was all that matters. A body that does not end soon costs the connection, nothing else.
        let _ = timeout(drain, drained(body)).await;
        Ok(head)
    }
}

/// Reads a body to its end, so that its connection can be used again, unless it is a long one.
async fn drained(mut body: Incoming) {
    let mut read = 0;
    while read <= DRAINED_MAX_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}
