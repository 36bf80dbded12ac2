//! The hook as a server sees it, against real sockets: requests, answers, silence, addresses and TLS. It does not know
//! how the crate does it.

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
mod receiver;
mod silence;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{Actor, Delivery, Event, HookError, PostCreateHook, Status, StatusCreated};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Secret, Sender, Webhook};
use tokio::time::timeout;

/// 2026-11-23T10:00:00.999Z: what every clock shows.
const NOW_MS: i64 = 1_795_428_000_999;

/// Admits receivers on this machine. Its other addresses, as 127.0.0.3, stand for those that may not be dialled, so that
/// nothing leaves the machine even where the guard fails.
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

/// What comes of one delivery, which must come: a hook that waits for ever fails its test.
async fn delivered(webhook: &Webhook) -> Result<(), HookError> {
    in_time(webhook.deliver(&delivery())).await
}

/// What must come of it, some time.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), what).await.unwrap()
}

fn delivery() -> Delivery {
    Delivery::new(created("Lunch"), 1)
}
