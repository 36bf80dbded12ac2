//! What is sent, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorsign_hook::{Delivery, HookError, PostCreateHook, conformance};
use doorsign_webhook::{BODY_MAX_BYTES, Clock, Secret, Webhook, verify};
use tokio::task::spawn_blocking;

use crate::receiver::{NO_CONTENT, Received, Receiver};
use crate::{NOW_MS, created, delivered, delivery, endpoint, sender, webhook};

const NOW_S: i64 = 1_795_428_000;

fn assert_signed(request: &Received, secret: &Secret) {
    verify(
        std::slice::from_ref(secret),
        request.header("webhook-id"),
        request.header("webhook-timestamp").parse().unwrap(),
        &request.body,
        request.header("webhook-signature"),
        NOW_S,
    )
    .unwrap();
}

#[tokio::test]
async fn the_contract_is_kept() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let webhook = webhook(endpoint(&receiver.url()), sender());
    conformance::check(&webhook).await.unwrap();
}

#[tokio::test]
async fn an_event_is_sent_unchanged_and_signed() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let endpoint = endpoint(&receiver.url());
    let secret = endpoint.secrets[0].clone();
    let delivery = delivery();
    webhook(endpoint, sender())
        .deliver(&delivery)
        .await
        .unwrap();

    let request = receiver.seen.only();
    assert_eq!(request.request_line(), "POST /in?key=s3cret HTTP/1.1");
    assert_eq!(request.header("host"), receiver.address.to_string());
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("user-agent"), "doorsign/0.1.0");
    assert_eq!(request.header("webhook-id"), "evt_7_1795428000000");
    assert_eq!(request.header("webhook-timestamp"), NOW_S.to_string());
    assert_eq!(request.body, delivery.event.json().into_bytes());
    assert_signed(&request, &secret);
    assert_eq!(delivery.notes(), "", "a success leaves no notes");
}

#[tokio::test]
async fn both_secrets_verify_during_a_rotation() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let mut endpoint = endpoint(&receiver.url());
    endpoint.secrets.push(Secret::generate().unwrap());
    let secrets = endpoint.secrets.clone();
    delivered(&webhook(endpoint, sender())).await.unwrap();
    let request = receiver.seen.only();
    assert_eq!(request.header("webhook-signature").split(' ').count(), 2);
    secrets
        .iter()
        .for_each(|secret| assert_signed(&request, secret));
}

#[tokio::test]
async fn nothing_is_sent_unsigned() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let mut endpoint = endpoint(&receiver.url());
    endpoint.secrets.clear();
    let refused = delivered(&webhook(endpoint, sender())).await;
    assert!(matches!(refused, Err(HookError::Retry(_))));
    assert_eq!(receiver.seen.connections(), 0);
}

#[tokio::test]
async fn an_attempt_has_its_own_time_and_the_id_of_its_event() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let clock = Arc::new(AtomicI64::new(NOW_MS));
    let shown = Arc::clone(&clock);
    let clock_of_hook: Clock = Arc::new(move || shown.load(Ordering::Relaxed));
    let webhook = Webhook::new(endpoint(&receiver.url()), sender(), clock_of_hook);
    delivered(&webhook).await.unwrap();
    clock.store(NOW_MS + 300_000, Ordering::Relaxed);
    delivered(&webhook).await.unwrap();
    let requests = receiver.seen.requests();
    let [first, second] = [&requests[0], &requests[1]];
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.header("webhook-timestamp"), NOW_S.to_string());
    assert_eq!(
        second.header("webhook-timestamp"),
        (NOW_S + 300).to_string()
    );
    assert_ne!(
        first.header("webhook-signature"),
        second.header("webhook-signature")
    );
}

#[tokio::test]
async fn filtered_events_are_not_sent() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let mut endpoint = endpoint(&receiver.url());
    endpoint.kinds = vec!["presence.*".into()];
    let picky = webhook(endpoint.clone(), sender());
    delivered(&picky).await.unwrap();
    assert_eq!(receiver.seen.connections(), 0);
    endpoint.kinds.push("custom_user_status.created".into());
    delivered(&webhook(endpoint, sender())).await.unwrap();
    receiver.seen.only();
}

#[tokio::test]
async fn an_event_that_is_too_long_is_not_sent() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let webhook = webhook(endpoint(&receiver.url()), sender());
    let spare = BODY_MAX_BYTES - created("").json().len();
    let longest = Delivery::new(created(&"x".repeat(spare)), 1);
    webhook.deliver(&longest).await.unwrap();
    assert_eq!(receiver.seen.only().body.len(), BODY_MAX_BYTES);
    let longer = Delivery::new(created(&"x".repeat(spare + 1)), 1);
    let refused = webhook.deliver(&longer).await;
    assert!(
        matches!(refused, Err(HookError::Permanent(_))),
        "{refused:?}"
    );
    receiver.seen.only();
}

#[tokio::test]
async fn a_test_message_is_signed_like_an_event() {
    let receiver = Receiver::answering("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
    let mut endpoint = endpoint(&receiver.url());
    endpoint.kinds = vec!["presence.changed".into()];
    let secret = endpoint.secrets[0].clone();
    assert_eq!(webhook(endpoint, sender()).test().await, Ok(202));
    let request = receiver.seen.only();
    assert_signed(&request, &secret);
    assert_eq!(request.header("webhook-id"), "test_1795428000999");
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"version":1,"type":"webhook.test","time":"2026-11-23T10:00:00.999Z","data":{}}"#
    );
}

#[tokio::test]
async fn a_connection_is_reused() {
    let receiver = Receiver::answering(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n{}",
        "x".repeat(50_000)
    ))
    .await;
    let webhook = webhook(endpoint(&receiver.url()), sender());
    for _ in 0..3 {
        delivered(&webhook).await.unwrap();
    }
    assert_eq!(receiver.seen.requests().len(), 3);
    assert_eq!(receiver.seen.connections(), 1);
}

/// The server may end the runtime of a hook at any time.
#[tokio::test]
async fn a_hook_outlives_the_runtime_of_its_connection() {
    let receiver = Receiver::answering(NO_CONTENT).await;
    let webhook = Arc::new(webhook(endpoint(&receiver.url()), sender()));
    for _ in 0..2 {
        let webhook = Arc::clone(&webhook);
        let on_its_own = move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(webhook.deliver(&delivery()))
        };
        spawn_blocking(on_its_own).await.unwrap().unwrap();
    }
    assert_eq!(receiver.seen.connections(), 2);
}

#[test]
fn debug_hides_secrets_and_paths() {
    let endpoint = endpoint("http://127.0.0.1:9/s3cret?key=s3cret");
    let key = endpoint.secrets[0].expose();
    let shown = format!("{:?}", webhook(endpoint, sender()));
    assert!(shown.contains("webhook-ci"), "{shown}");
    assert!(
        !shown.contains("s3cret") && !shown.contains(&key),
        "{shown}"
    );
}
