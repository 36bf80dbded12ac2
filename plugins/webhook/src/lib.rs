//! A hook that delivers events over HTTP, by [Standard Webhooks 1.0][spec]. It does not know where endpoints and their
//! secrets are kept, who may set them, nor when it is called: whatever is not an address, a request or an answer.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Secret, Sender, Webhook};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::new(vec!["10.1.0.0/16".parse()?]);
//! let endpoint = Endpoint {
//!     name: "webhook-ci".into(),
//!     url: EndpointUrl::parse("https://ci.example.org/doorsign", &guard)?,
//!     secrets: vec![Secret::generate()?],
//!     kinds: vec!["custom_user_status.*".into()],
//! };
//! let sender = Sender::new(guard); // One for all endpoints.
//! let webhook = Webhook::new(endpoint, sender, Arc::new(|| 1_795_428_000_000));
//! # Ok(())
//! # }
//! ```
//!
//! # What a receiver gets
//!
//! A `POST` with the event's [JSON](doorsign_hook::Event::json) as its body, and with
//!
//! - `webhook-id`: the event's [key](doorsign_hook::Event::key), the same with every attempt;
//! - `webhook-timestamp`: when this attempt was made, in seconds since the Unix epoch;
//! - `webhook-signature`: what [`sign`] gives, one signature for each secret, so that secrets can be changed without a
//!   gap.
//!
//! # What its answer means
//!
//! The status decides, as soon as the answer's headers are there; its body is thrown away unread.
//!
//! | answer | what follows |
//! |---|---|
//! | 200 to 299 | delivered |
//! | 410 | the endpoint is [gone](doorsign_hook::HookError::Gone) |
//! | any other, redirects included, which are never followed | again, [not before](doorsign_hook::HookError::RetryAfter) what `Retry-After` says |
//! | none in time, or none that is HTTP | again |
//!
//! [spec]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

#![warn(missing_docs)]

mod answer;
mod client;
mod connector;
mod dialer;
mod endpoint_url;
mod event_types;
mod failure;
mod guard;
mod limits;
mod proxy;
mod resolver;
mod retry_schedule;
mod secret;
mod sender;
mod signature;
mod trust;
mod tunnel;
mod verifier;
mod webhook;

pub use endpoint_url::{EndpointUrl, URL_MAX_BYTES, UrlError};
pub use event_types::is_event_type;
pub use guard::Guard;
pub use limits::{BODY_MAX_BYTES, Limits, RETRY_AFTER_MAX};
pub use proxy::{Proxy, ProxyError};
pub use resolver::{Resolved, Resolver};
pub use secret::{Secret, SecretError};
pub use sender::Sender;
pub use signature::{TOLERANCE_S, Unverified, sign, verify};
pub use webhook::{Clock, Endpoint, Webhook};
