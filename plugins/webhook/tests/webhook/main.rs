//! The hook against real sockets: requests, responses, time limits, addresses and TLS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests may panic like the tests"
)]

mod addresses;
mod answers;
mod delivery;
mod endpoint_url;
mod example;
mod guard;
mod proxy;
mod receiver;
mod self_signed;
mod silence;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{Actor, Delivery, Event, HookError, PostCreateHook, Status, StatusCreated};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Secret, Sender, Webhook};
use tokio::time::timeout;

/// 2026-11-23T10:00:00.999Z, the time of every clock.
const NOW_MS: i64 = 1_795_428_000_999;

/// Admits receivers on this machine. Its other addresses, such as 127.0.0.3, represent forbidden
/// ones, so that nothing leaves the machine even if the guard fails.
fn local() -> Guard {
    Guard::new(vec![
        "127.0.0.0/31".parse().unwrap(),
        "127.0.0.2/32".parse().unwrap(),
    ])
}

fn sender() -> Sender {
    Sender::new(local())
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        name: "webhook-ci".into(),
        url: EndpointUrl::parse(url, &local()).unwrap(),
        secrets: vec![Secret::generate().unwrap()],
        kinds: Vec::new(),
    }
}

fn webhook(endpoint: Endpoint, sender: Sender) -> Webhook {
    Webhook::new(endpoint, sender, Arc::new(|| NOW_MS))
}

fn created(name: &str) -> Event {
    let status = Status::new("65462e97a2f73c7460e18f84", name, "away", 0);
    let actor = Actor::new("rocketcatadmin123", "admin");
    StatusCreated::new(7, 1_795_428_000_000, actor, status).into()
}

/// The result of one delivery. A hook that never returns fails its test.
async fn delivered(webhook: &Webhook) -> Result<(), HookError> {
    in_time(webhook.deliver(&delivery())).await
}

/// Fails the test if `what` takes too long.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), what).await.unwrap()
}

fn delivery() -> Delivery {
    Delivery::new(created("Lunch"), 1)
}
