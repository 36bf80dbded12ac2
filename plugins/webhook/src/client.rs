//! Sends one request and returns its response, within the limits.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::response::Parts;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::connector::Connector;
use crate::limits::{DRAINED_MAX_BYTES, HEAD_MAX_BYTES, seconds};
use crate::{Limits, Sender, failure};

/// How long a connection is kept for the next event.
const IDLE: Duration = Duration::from_secs(30);

/// The connection of one endpoint: only one, because events are sent one at a time.
///
/// Not shared with other endpoints: each may run on its own runtime, and a connection stops with
/// the runtime that opened it.
pub(crate) struct Client {
    http: legacy::Client<Connector, Full<Bytes>>,
    limits: Limits,
}

impl Client {
    pub(crate) fn new(sender: Sender) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .http1_max_buf_size(HEAD_MAX_BYTES)
            .build(sender.connector);
        let limits = sender.limits;
        Self { http, limits }
    }

    /// Sends `request` and returns the head of the response, or why there is none in one line.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Parts, String> {
        let Limits { answer, drain, .. } = self.limits;
        let response = timeout(answer, self.http.request(request))
            .await
            .map_err(|_| format!("no response within {}", seconds(answer)))?
            .map_err(|error| failure::reason(&error))?;
        let (head, body) = response.into_parts();
        // Only the status matters. A body that does not end soon costs only the connection.
        let _ = timeout(drain, drained(body)).await;
        Ok(head)
    }
}

/// Reads a body to its end, so that its connection can be reused, unless it is too long.
async fn drained(mut body: Incoming) {
    let mut read = 0;
    while read <= DRAINED_MAX_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}
