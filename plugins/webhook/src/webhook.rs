//! The webhook hook: turns an event into a signed request.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use bytes::Bytes;
use doorsign_hook::json::{Envelope, NoData, Rfc3339};
use doorsign_hook::{Delivery, Event, HookError, Pace, PostCreateHook, StatusCreated, async_trait};
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::http::response::Parts;

use crate::client::Client;
use crate::limits::BODY_MAX_BYTES;
use crate::retry_schedule::PACE;
use crate::{EndpointUrl, Secret, Sender, answer, event_types, sign};

/// Our user agent.
const AGENT: &str = concat!("doorsign/", env!("CARGO_PKG_VERSION"));

/// Returns the current time: milliseconds since the Unix epoch, UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A receiver of events.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The hook's name, as in [`PostCreateHook::name`]: `webhook-ci`.
    pub name: String,
    /// The URL to send to.
    pub url: EndpointUrl,
    /// Signing secrets, newest first: one, or several during a rotation. Do not share a secret
    /// between endpoints.
    pub secrets: Vec<Secret>,
    /// The events to send: types (`presence.changed`) and patterns (`custom_user_status.*`), see
    /// [`is_event_type`](crate::is_event_type). An empty list means all, including those of later
    /// versions.
    pub kinds: Vec<String>,
}

/// A hook that sends each event to one endpoint. To change the URL, a secret or the filter, create
/// another `Webhook` with the same name.
pub struct Webhook {
    endpoint: Endpoint,
    client: Client,
    clock: Clock,
}

impl Webhook {
    /// Creates a webhook that sends to `endpoint` with `sender`. `clock` supplies the timestamps.
    pub fn new(endpoint: Endpoint, sender: Sender, clock: Clock) -> Self {
        let client = Client::new(sender);
        Self {
            endpoint,
            client,
            clock,
        }
    }

    /// Sends `{"version":1,"type":"webhook.test","time":…,"data":{}}` once, signed like an event
    /// and ignoring the filter. Returns the status of the response, from 200 to 299.
    ///
    /// # Errors
    ///
    /// As for a delivery; the reason helps to set up the endpoint.
    pub async fn test(&self) -> Result<u16, HookError> {
        let now_ms = (self.clock)();
        let body = Envelope::message("webhook.test", Rfc3339(now_ms), NoData {}).json();
        let head = self.send(&format!("test_{now_ms}"), body).await?;
        Ok(head.status.as_u16())
    }

    /// Sends `body` once with the id `id`. Returns `Ok` if it was accepted.
    async fn send(&self, id: &str, body: String) -> Result<Parts, HookError> {
        let request = self.request(id, body)?;
        let head = self.client.send(request).await.map_err(HookError::Retry)?;
        answer::judge(head.status, &head.headers, (self.clock)())?;
        Ok(head)
    }

    fn request(&self, id: &str, body: String) -> Result<Request<Full<Bytes>>, HookError> {
        if body.len() > BODY_MAX_BYTES {
            return Err(HookError::Permanent(format!(
                "the event has {} bytes; the maximum is {BODY_MAX_BYTES}",
                body.len()
            )));
        }
        if self.endpoint.secrets.is_empty() {
            return Err(HookError::Retry(
                "the endpoint has no signing secret".into(),
            ));
        }
        let timestamp_s = (self.clock)().div_euclid(1000);
        let signatures = sign(&self.endpoint.secrets, id, timestamp_s, body.as_bytes());
        Request::post(self.endpoint.url.uri())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signatures)
            .body(Full::from(body))
            .map_err(|error| HookError::Permanent(format!("cannot build the request: {error}")))
    }
}

/// Shows the endpoint, whose URL and secrets hide their confidential parts.
impl Debug for Webhook {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Webhook")
            .field(&self.endpoint)
            .finish()
    }
}

#[async_trait]
impl PostCreateHook for Webhook {
    fn name(&self) -> &str {
        &self.endpoint.name
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        let event = Event::from(created.clone());
        self.deliver(&Delivery::new(event, 1)).await
    }

    /// Any failure may be temporary, because receivers get repaired, so it is `Retry`. Only an
    /// event that is too long is `Permanent`, and a receiver that says so is `Gone`. A receiver
    /// that has not accepted an event by the end of the schedule is also `Gone`: following the
    /// specification, it is disabled rather than delaying one event after another for days.
    async fn deliver(&self, delivery: &Delivery) -> Result<(), HookError> {
        let event = &delivery.event;
        if !event_types::wanted(&self.endpoint.kinds, event.kind()) {
            return Ok(());
        }
        let sent = self.send(&event.key(), event.json()).await;
        sent.map(drop).map_err(|error| match error {
            HookError::Retry(reason) | HookError::RetryAfter(reason, _)
                if delivery.attempt as usize > PACE.waits.len() =>
            {
                HookError::Gone(format!("{} attempts, the last: {reason}", delivery.attempt))
            }
            error => error,
        })
    }

    fn pace(&self) -> Option<Pace> {
        Some(PACE)
    }
}
