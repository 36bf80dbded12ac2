//! The hook: an event made into a signed request. It does not know connections, nor what an answer means.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use bytes::Bytes;
use doorsign_hook::{
    Delivery, Event, HookError, Pace, PostCreateHook, StatusCreated, VERSION, async_trait,
};
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::http::response::Parts;
use jiff::Timestamp;

use crate::client::Client;
use crate::limits::BODY_MAX_BYTES;
use crate::retry_schedule::PACE;
use crate::{EndpointUrl, Secret, Sender, answer, event_types, sign};

/// What we call ourselves.
const AGENT: &str = concat!("doorsign/", env!("CARGO_PKG_VERSION"));

/// Tells the time: milliseconds since the Unix epoch, UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Where events go, and which.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The hook's name, as in [`PostCreateHook::name`]: `webhook-ci`.
    pub name: String,
    /// Where to.
    pub url: EndpointUrl,
    /// What requests are signed with: one, or several while receivers change from one to the next, the newest first.
    /// Never the same ones for two endpoints.
    pub secrets: Vec<Secret>,
    /// Which events: types (`presence.changed`), and beginnings of types (`custom_user_status.*`), see
    /// [`is_event_type`](crate::is_event_type). Empty: all, those of later versions included.
    pub kinds: Vec<String>,
}

/// A hook that sends each event to one endpoint. Another URL, secret or filter makes another `Webhook`, under the same
/// name.
pub struct Webhook {
    endpoint: Endpoint,
    client: Client,
    clock: Clock,
}

impl Webhook {
    /// Sends to `endpoint` by `sender`, with the timestamps that `clock` tells.
    pub fn new(endpoint: Endpoint, sender: Sender, clock: Clock) -> Self {
        let client = Client::new(sender);
        Self {
            endpoint,
            client,
            clock,
        }
    }

    /// Sends `{"version":1,"type":"webhook.test","time":…,"data":{}}`, signed like an event and whatever the filter, once.
    /// Gives the status that the receiver answered, one of 200 to 299.
    ///
    /// # Errors
    ///
    /// As a delivery's: the reason is for whoever has set up the endpoint.
    pub async fn test(&self) -> Result<u16, HookError> {
        let now_ms = (self.clock)();
        let time = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let body = format!(
            r#"{{"version":{VERSION},"type":"webhook.test","time":"{time:.3}","data":{{}}}}"#
        );
        let head = self.send(&format!("test_{now_ms}"), body).await?;
        Ok(head.status.as_u16())
    }

    /// Sends `body` once, under the id `id`; `Ok` if it was taken.
    async fn send(&self, id: &str, body: String) -> Result<Parts, HookError> {
        let request = self.request(id, body)?;
        let head = self.client.send(request).await.map_err(HookError::Retry)?;
        answer::judge(head.status, &head.headers, (self.clock)())?;
        Ok(head)
    }

    fn request(&self, id: &str, body: String) -> Result<Request<Full<Bytes>>, HookError> {
        if body.len() > BODY_MAX_BYTES {
            return Err(HookError::Permanent(format!(
                "the event has {} bytes; no more than {BODY_MAX_BYTES} are sent",
                body.len()
            )));
        }
        if self.endpoint.secrets.is_empty() {
            return Err(HookError::Retry(
                "the endpoint has no secret to sign with".into(),
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
            .map_err(|error| HookError::Permanent(format!("no request can be made of it: {error}")))
    }
}

/// The endpoint, in which URL and secrets hide what is secret.
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

    /// Whatever goes wrong may pass, since receivers are mended, so it is a `Retry`; only an event that is too long is
    /// `Permanent`, and a receiver that says so itself is `Gone`. So is one that has not taken an event when the schedule
    /// is over: the specification would have it disabled rather than have one event after the other wait for days.
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
