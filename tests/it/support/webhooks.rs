//! Servers with webhooks, and deliveries to a receiver.

use super::hooks::ONCE;
use super::receiver::{Arrival, Receiver};
use super::scripted::FAST;
use crate::support::{Client, Setup, TestServer, in_time};
use doorsign::domain::{Caller, Webhook};
use doorsign::hooks::delivery::Pace;
use doorsign::service::webhooks::{self, NewWebhook};

pub async fn webhook_server() -> TestServer {
    start_with(FAST).await
}

/// A server that allows webhooks on this machine.
pub async fn start_with(pace: Pace) -> TestServer {
    let allow = |config: &mut doorsign::config::Config| {
        config.webhook_allow = vec!["127.0.0.0/8".parse().unwrap()];
    };
    Setup::new().config(allow).pace(pace).start().await
}

pub async fn add_named(
    server: &TestServer,
    name: &str,
    endpoint: &Receiver,
    kinds: &[&str],
) -> Webhook {
    let new = NewWebhook {
        name: name.to_owned(),
        url: endpoint.url("in"),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    let added = webhooks::add(&server.app, Caller::Operator, new).await;
    added.unwrap()
}

pub async fn server_and_admin() -> (TestServer, Client) {
    let local = "127.0.0.0/8".parse().unwrap();
    let setup = Setup::new().pace(ONCE);
    let setup = setup.config(|config| config.webhook_allow = vec![local]);
    let server = setup.start().await;
    let admin = server.admin().await;
    (server, admin)
}

pub async fn create(admin: &Client, names: &[&str]) {
    for name in names {
        admin.create(name).await.expect(200);
    }
}

/// Creates statuses until a request satisfies `is_right`, because a change of secrets applies only
/// after a moment.
pub async fn received_webhooks(
    admin: &Client,
    receiver: &mut Receiver,
    is_it: impl Fn(&Arrival) -> bool,
) -> Arrival {
    let hearing = async {
        loop {
            let name = format!("created at {:?}", std::time::Instant::now());
            create(admin, &[&name]).await;
            let heard = receiver.next().await;
            if is_it(&heard) {
                return heard;
            }
        }
    };
    in_time("a certain request", hearing).await
}
