//! Webhooks over REST with a real receiver: the deliveries, and the effect of changes to the
//! webhook. Refusals are in `webhooks_refused`.

use crate::support::Client;
use crate::support::hooks::wait_for_hook;
use crate::support::presence::set;
use crate::support::receiver::Receiver;
use crate::support::webhooks::{create, received_webhooks, server_and_admin};
use serde_json::{Value, json};
use std::time::Duration;

/// Adds a webhook and returns its secret.
async fn add(admin: &Client, name: &str, receiver: &Receiver, events: &[&str]) -> String {
    let body = json!({"name": name, "url": receiver.url("hook"), "events": events});
    let added = admin.post("webhooks.add", body).await.expect(200).json();
    added["secret"].as_str().unwrap().to_owned()
}

/// `POST /api/v1/webhooks.VERB` for the webhook with this name.
async fn ask(admin: &Client, verb: &str, name: &str) -> Value {
    let route = format!("webhooks.{verb}");
    let asked = admin.post(&route, json!({"name": name})).await;
    asked.expect(200).json()
}

#[tokio::test]
async fn a_new_webhook_receives_later_events_signed_with_its_secret() {
    let (server, admin) = server_and_admin().await;
    let mut receiver = Receiver::start();
    create(&admin, &["before"]).await;
    let body = json!({"name": "ci", "url": receiver.url("hook")});
    let added = admin.post("webhooks.add", body).await.expect(200).json();
    let url = receiver.url("hook");
    let webhook = json!({
        "name": "ci", "hook": "webhook-ci", "url": url, "events": [], "createdAt": "2026-01-01T00:00:00.000Z"
    });
    assert_eq!(added["webhook"], webhook);
    let secret = added["secret"].as_str().unwrap();
    create(&admin, &["after"]).await;
    set(&server.user("ann").await, json!({"message": "Lunch"})).await;
    let delivery = receiver.next().await;
    assert_eq!(delivery.event["data"]["name"], "after");
    assert!(delivery.is_signed_with(secret), "{delivery:?}");
    assert_eq!(delivery.header("webhook-id"), "evt_2_1767225600000");
    assert_eq!(delivery.header("webhook-timestamp"), "1767225600");
    assert_eq!(delivery.header("content-type"), "application/json");
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(!delivery.is_signed_with(other));
    assert_eq!(receiver.next().await.event["type"], "presence.changed");
    wait_for_hook(&admin, "webhook-ci", |hook| hook["lag"] == 0).await;
    receiver.is_empty();
}

#[tokio::test]
async fn secrets_are_in_no_list_and_no_test_result() {
    let (_server, admin) = server_and_admin().await;
    let receiver = Receiver::start();
    let first = add(&admin, "b", &receiver, &["presence.*"]).await;
    let second = add(&admin, "a", &receiver, &[]).await;
    let rotated = ask(&admin, "rotate", "b").await;
    let third = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let list = admin.get("webhooks.list").await.expect(200);
    let rows = list.json();
    let names = rows["webhooks"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|row| [&row["name"], &row["events"]]).collect();
    assert_eq!(
        names,
        [
            [&json!("a"), &json!([])],
            [&json!("b"), &json!(["presence.*"])]
        ]
    );
    let hooks = admin.get("hooks.list").await.expect(200);
    let tested = admin.post("webhooks.test", json!({"name": "a"})).await;
    for text in [list.text(), hooks.text(), tested.text()] {
        for secret in [&first, &second, &third] {
            let key = secret.strip_prefix("whsec_").unwrap();
            assert!(!text.contains(key), "{text}");
        }
    }
}

#[tokio::test]
async fn a_test_reports_the_response_or_the_failure_even_of_a_disabled_webhook() {
    let (_server, admin) = server_and_admin().await;
    let mut receiver = Receiver::start();
    let secret = add(&admin, "ci", &receiver, &["presence.changed"]).await;
    ask(&admin, "disable", "ci").await;
    receiver.answers(202);
    let taken = ask(&admin, "test", "ci").await;
    let expected = json!({"delivered": true, "status": 202, "success": true});
    assert_eq!(taken, expected);
    let delivery = receiver.next().await;
    assert!(delivery.is_signed_with(&secret), "{delivery:?}");
    assert_eq!(delivery.event["type"], "webhook.test");
    for (status, reason) in [
        (500, "answered 500 Internal Server Error"),
        (410, "answered 410 Gone"),
        (302, "answered 302 Found; redirects are not followed"),
    ] {
        receiver.answers(status);
        let failed = ask(&admin, "test", "ci").await;
        let expected = json!({"delivered": false, "reason": reason, "success": true});
        assert_eq!(failed, expected);
    }
    drop(receiver);
    let failed = ask(&admin, "test", "ci").await;
    let reason = failed["reason"].as_str().unwrap();
    assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
    assert_eq!(failed["delivered"], false);
}

#[tokio::test]
async fn a_rotated_secret_signs_for_one_more_day() {
    let (server, admin) = server_and_admin().await;
    let mut receiver = Receiver::start();
    let old = add(&admin, "ci", &receiver, &[]).await;
    let rotated = ask(&admin, "rotate", "ci").await;
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(old, new);
    let both = received_webhooks(&admin, &mut receiver, |it| it.is_signed_with(new)).await;
    assert!(both.is_signed_with(&old), "{both:?}");
    let until = async || {
        let list = admin.get("webhooks.list").await.expect(200).json();
        list["webhooks"][0]["previousSecretUntil"].clone()
    };
    assert_eq!(until().await, "2026-01-02T00:00:00.000Z");
    server.clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    create(&admin, &["both still"]).await;
    assert!(receiver.next().await.is_signed_with(&old));
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(until().await, Value::Null);
    let one = received_webhooks(&admin, &mut receiver, |it| !it.is_signed_with(&old)).await;
    assert!(one.is_signed_with(new), "{one:?}");
}

#[tokio::test]
async fn a_disabled_webhook_receives_nothing_until_enabled_and_then_everything_in_order() {
    let (_server, admin) = server_and_admin().await;
    let (mut receiver, mut other) = (Receiver::start(), Receiver::start());
    add(&admin, "ci", &receiver, &[]).await;
    add(&admin, "other", &other, &[]).await;
    ask(&admin, "disable", "ci").await;
    let off = wait_for_hook(&admin, "webhook-ci", |_| true).await;
    assert_eq!(
        (&off["state"], &off["reason"]),
        (&json!("off"), &json!("disabled"))
    );
    create(&admin, &["one", "two", "three"]).await;
    assert_eq!(other.names(3).await, ["one", "two", "three"]);
    receiver.is_empty();
    ask(&admin, "enable", "ci").await;
    assert_eq!(receiver.names(3).await, ["one", "two", "three"]);
    create(&admin, &["four"]).await;
    assert_eq!(receiver.names(1).await, ["four"]);
}

#[tokio::test]
async fn a_receiver_that_answers_410_gets_that_event_first_once_enabled_again() {
    let (_server, admin) = server_and_admin().await;
    let mut receiver = Receiver::start();
    receiver.answers(410);
    add(&admin, "ci", &receiver, &[]).await;
    create(&admin, &["one", "two"]).await;
    let off = wait_for_hook(&admin, "webhook-ci", |hook| hook["state"] == "off").await;
    assert_eq!(off["reason"], "answered 410 Gone");
    assert_eq!((&off["lag"], &off["parked"]), (&json!(2), &json!(0)));
    assert_eq!(receiver.names(1).await, ["one"]);
    receiver.is_empty();
    receiver.answers(204);
    ask(&admin, "enable", "ci").await;
    assert_eq!(receiver.names(2).await, ["one", "two"]);
    let on = wait_for_hook(&admin, "webhook-ci", |hook| hook["lag"] == 0).await;
    assert_eq!(on["state"], "running");
}

#[tokio::test]
async fn a_removed_webhook_leaves_no_state_to_a_new_one_with_its_name() {
    let (_server, admin) = server_and_admin().await;
    let (mut receiver, mut other) = (Receiver::start(), Receiver::start());
    receiver.answers(500);
    let old = add(&admin, "ci", &receiver, &[]).await;
    add(&admin, "other", &other, &[]).await;
    create(&admin, &["one"]).await;
    wait_for_hook(&admin, "webhook-ci", |hook| hook["state"] == "retrying").await;
    ask(&admin, "remove", "ci").await;
    create(&admin, &["two"]).await;
    assert_eq!(other.names(2).await, ["one", "two"]);
    assert_eq!(receiver.names(1).await, ["one"]);
    receiver.is_empty();
    let list = admin.get("webhooks.list").await.expect(200).json();
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1, "{list}");
    let hooks = admin.get("hooks.list").await.expect(200);
    assert!(!hooks.text().contains("webhook-ci"), "{}", hooks.text());
    let unknown = admin.get("hooks.deliveries?hook=webhook-ci").await;
    assert_eq!(
        unknown.expect(400).json()["errorType"],
        "error-hook-not-found"
    );

    receiver.answers(204);
    let new = add(&admin, "ci", &receiver, &[]).await;
    create(&admin, &["three"]).await;
    let delivery = receiver.next().await;
    assert_eq!(delivery.event["data"]["name"], "three");
    assert!(delivery.is_signed_with(&new) && !delivery.is_signed_with(&old));
}

#[tokio::test]
async fn a_webhook_receives_only_its_event_types() {
    let (server, admin) = server_and_admin().await;
    let ann = server.user("ann").await;
    let (mut statuses, mut people) = (Receiver::start(), Receiver::start());
    let kinds = ["custom_user_status.updated", "custom_user_status.deleted"];
    add(&admin, "statuses", &statuses, &kinds).await;
    add(&admin, "people", &people, &["presence.*"]).await;
    let id = admin.create("one").await.expect(200).created_id();
    set(&ann, json!({"status": "busy"})).await;
    let change = json!({"_id": id, "name": "changed", "statusType": "away"});
    let changed = admin.post("custom-user-status.update", change).await;
    changed.expect(200);
    for hook in ["webhook-statuses", "webhook-people"] {
        wait_for_hook(&admin, hook, |hook| hook["lag"] == 0).await;
    }
    assert_eq!(statuses.next().await.event["type"], kinds[0]);
    assert_eq!(people.next().await.event["type"], "presence.changed");
    statuses.is_empty();
    people.is_empty();
}
