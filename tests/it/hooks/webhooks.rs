//! Webhooks in a whole server: they receive events from their registration until their removal,
//! signed with the secrets in force. `plugins/webhook` tests requests and responses.

use crate::support::attempts::{LONG, delivery, happen, hook, redeliver, until};
use crate::support::receiver::{Arrival, Receiver};
use crate::support::webhooks::{add_named, start_with, webhook_server};
use crate::support::{TestServer, in_time};
use doorsign::app::Clock;
use doorsign::domain::{Caller, DeliveryState, EventId, SigningSecret, Webhook};
use doorsign::service::webhooks::{self, OVERLAP};

use std::time::Duration;

fn is_signed_with(sent: &Arrival, secret: &SigningSecret, server: &TestServer) -> bool {
    let now_s = server.clock.now().as_millis() / 1000;
    sent.is_signed_at(&secret.text, now_s)
}

/// Adds the webhook `bell`.
async fn add(server: &TestServer, endpoint: &Receiver, kinds: &[&str]) -> Webhook {
    add_named(server, "bell", endpoint, kinds).await
}

#[tokio::test]
async fn a_webhook_receives_signed_events_from_its_registration_on() {
    let (server, mut endpoint) = (webhook_server().await, Receiver::start());
    happen(&server, &["before"]).await;
    let webhook = add(&server, &endpoint, &[]).await;
    happen(&server, &["one", "two"]).await;
    let one = endpoint.next().await;
    assert_eq!(one.name(), Some("one"));
    assert!(is_signed_with(&one, &webhook.secrets[0], &server));
    assert_eq!(endpoint.names(1).await, ["two"]);
    hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn a_webhook_receives_only_the_types_it_was_added_for() {
    let (server, mut endpoint) = (webhook_server().await, Receiver::start());
    add(&server, &endpoint, &["custom_user_status.deleted"]).await;
    let admin = server.admin().await;
    let id = admin.create("one").await.expect(200).created_id();
    let gone = serde_json::json!({"customUserStatusId": id});
    let deleted = admin.post("custom-user-status.delete", gone).await;
    deleted.expect(200);
    let event = endpoint.next().await.event;
    assert_eq!(event["type"], "custom_user_status.deleted");
    hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn both_secrets_sign_during_a_rotation() {
    let (server, mut endpoint) = (webhook_server().await, Receiver::start());
    let old = add(&server, &endpoint, &[]).await.secrets.remove(0);
    let new = webhooks::rotate(&server.app, Caller::Operator, "bell").await;
    let new = new.unwrap();
    let known = until_signed(&server, &mut endpoint, |sent| {
        is_signed_with(sent, &new, &server)
    });
    let first = in_time("the new secret", known).await;
    assert!(is_signed_with(&first, &old, &server));
    server.clock.advance(OVERLAP + Duration::from_secs(1));
    let ended = until_signed(&server, &mut endpoint, |sent| {
        !is_signed_with(sent, &old, &server)
    });
    let last = in_time("the end of the old secret", ended).await;
    assert!(is_signed_with(&last, &new, &server));
}

/// Creates events until the endpoint receives one that is signed as expected.
async fn until_signed(
    server: &TestServer,
    endpoint: &mut Receiver,
    is_right: impl Fn(&Arrival) -> bool,
) -> Arrival {
    loop {
        let name = format!("status {}", server.app.store.committed().borrow().as_u64());
        happen(server, &[&name]).await;
        let sent = endpoint.next().await;
        if is_right(&sent) {
            break sent;
        }
    }
}

#[tokio::test]
async fn a_failing_endpoint_is_retried_and_its_response_recorded() {
    let (server, mut endpoint) = (webhook_server().await, Receiver::start());
    add(&server, &endpoint, &[]).await;
    endpoint.answers(500);
    happen(&server, &["one", "two"]).await;
    let all = ["one", "one", "one", "two", "two", "two"];
    assert_eq!(endpoint.names(6).await, all);
    let is_parked =
        |record: &doorsign::domain::DeliveryRecord| record.state == DeliveryState::Parked;
    let parked = delivery(&server, "webhook-bell", 2, is_parked).await;
    assert!(parked.reason.contains("500"), "{parked:?}");
    assert_eq!(parked.attempts, 3);
    endpoint.answers(204);
    assert_eq!(redeliver(&server, "webhook-bell", None).await, 2);
    assert_eq!(endpoint.names(2).await, ["one", "two"]);
    hook(&server, "webhook-bell", |hook| hook.parked == 0).await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_receives_everything_once_enabled() {
    let (server, mut endpoint) = (webhook_server().await, Receiver::start());
    add(&server, &endpoint, &[]).await;
    endpoint.answers(410);
    happen(&server, &["one", "two"]).await;
    assert_eq!(endpoint.names(1).await, ["one"]);
    let off = hook(&server, "webhook-bell", |hook| hook.off.is_some()).await;
    assert_eq!((off.lag, off.parked), (2, 0));
    endpoint.answers(204);
    let enabled = webhooks::enable(&server.app, Caller::Operator, "bell").await;
    enabled.unwrap();
    assert_eq!(endpoint.names(2).await, ["one", "two"]);
}

#[tokio::test]
async fn a_removed_webhook_receives_nothing_more_not_even_pending_events() {
    let server = start_with(LONG).await;
    let mut endpoint = Receiver::start();
    add(&server, &endpoint, &[]).await;
    endpoint.answers(500);
    happen(&server, &["one"]).await;
    assert_eq!(endpoint.names(1).await, ["one"]);
    delivery(&server, "webhook-bell", 1, |_| true).await;
    let removed = webhooks::remove(&server.app, Caller::Operator, "bell").await;
    removed.unwrap();
    let look = async || {
        server
            .app
            .store
            .list_hooks()
            .await
            .unwrap()
            .is_empty()
            .then_some(())
    };
    until("the hook to be gone", look).await;
    // A new webhook of the same name starts with new events.
    endpoint.answers(204);
    let another = add(&server, &endpoint, &[]).await;
    happen(&server, &["two"]).await;
    let two = endpoint.next().await;
    assert_eq!(two.name(), Some("two"));
    assert!(is_signed_with(&two, &another.secrets[0], &server));
    let hook = hook(&server, "webhook-bell", |hook| hook.lag == 0).await;
    assert_eq!(hook.cursor, EventId::new(2));
    server.stop().await;
    endpoint.is_empty();
}
