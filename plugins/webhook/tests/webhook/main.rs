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
mod guard;
mod receiver;
mod silence;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{Actor, Delivery, Event, Status, StatusCreated};
use doorsign_webhook::{Endpoint, EndpointUrl, Guard, Limits, Secret, Sender, Webhook};

/// 2026-11-23T10:00:00.999Z: what every clock shows.
const NOW_MS: i64 = 1_795_428_000_999;

/// Admits receivers on this machine.
fn local() -> Guard {
    Guard::new(vec!["127.0.0.0/8".parse().unwrap()])
}

/// Long enough for an answer that comes, short enough to wait for one that does not.
fn short() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(200),
        drain: Duration::from_millis(200),
    }
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

fn delivery() -> Delivery {
    Delivery::new(created("Lunch"), 1)
}
