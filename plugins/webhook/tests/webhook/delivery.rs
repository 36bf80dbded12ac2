//! What is sent, and what is not. It does not know what goes wrong.

use doorsign_hook::{Delivery, HookError, PostCreateHook, conformance};
use doorsign_webhook::{Secret, verify};

use crate::receiver::{NO_CONTENT, Received, Receiver};
use crate::{NOW_MS, created, delivery, endpoint, sender, webhook};

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
async fn an_event_is_sent_as_it_is_and_signed() {
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
    assert!(delivery.notes().starts_with("answered 204 in "));
}
