//! What people do on an interactive display with their PIN.

use crate::support::displays::{add, key, tap};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// A server with ann, whose PIN is 2580, and the key of an interactive display.
async fn setup() -> (TestServer, Client, String) {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let created = add(&admin, json!({"name": "Lobby", "interactive": true})).await;
    set_pin(&ann, json!("2580")).await;
    (server, ann, key(&created).to_owned())
}

async fn set_pin(client: &Client, pin: Value) {
    let set = client
        .post("users.setDisplayPin", json!({"pin": pin}))
        .await;
    assert_eq!(set.expect(200).json()["isSet"], !pin.is_null());
}

#[tokio::test]
async fn a_person_sets_their_status_on_an_interactive_display_with_the_pin() {
    let (server, ann, key) = setup().await;
    let rest = json!({"text": "In a meeting", "expiresAt": "2026-01-01T15:00:00Z"});
    tap(&server, &key, "2580", rest).await.expect(200);
    let admin = server.admin().await;
    let shown = admin.get("users.presence").await.expect(200).json();
    let mut rows = shown["users"].as_array().unwrap().iter();
    let row = rows.find(|row| row["username"] == "ann").unwrap();
    assert_eq!(row["status"], "busy");
    assert_eq!(row["statusText"], "In a meeting");
    assert_eq!(row["statusExpiresAt"], "2026-01-01T15:00:00.000Z");
    let away = json!({"status": "away"});
    tap(&server, &key, "2580", away).await.expect(200);
    let shown = ann.get("me").await.expect(200).json();
    assert_eq!(
        (&shown["status"], &shown["statusText"]),
        (&json!("away"), &json!(""))
    );
}

#[tokio::test]
async fn a_removed_pin_sets_no_status() {
    let (server, ann, key) = setup().await;
    let has_pin = async || ann.get("users.getDisplayPin").await.expect(200).json();
    assert_eq!(has_pin().await["isSet"], true);
    set_pin(&ann, json!(null)).await;
    assert_eq!(has_pin().await["isSet"], false);
    let refused = tap(&server, &key, "2580", json!({})).await.expect(400);
    assert_eq!(refused.json()["errorType"], "error-display-pin-not-set");
}

#[tokio::test]
async fn a_display_that_only_shows_accepts_no_status() {
    let (server, ..) = setup().await;
    let created = add(&server.admin().await, json!({"name": "Hall"})).await;
    let refused = tap(&server, key(&created), "2580", json!({})).await;
    assert_eq!(
        refused.expect(400).json()["errorType"],
        "error-display-not-interactive"
    );
}

#[tokio::test]
async fn five_wrong_pins_block_that_person_for_five_minutes_and_no_other() {
    let (server, _, key) = setup().await;
    set_pin(&server.user("bob").await, json!("0852")).await;
    for _ in 0..5 {
        let wrong = tap(&server, &key, "1111", json!({})).await.expect(400);
        assert_eq!(wrong.json()["errorType"], "error-display-pin-wrong");
        assert!(!wrong.text().contains("1111"));
    }
    let blocked = tap(&server, &key, "2580", json!({})).await.expect(429);
    assert_eq!(blocked.json()["errorType"], "error-display-pin-blocked");
    assert_eq!(blocked.header("retry-after"), Some("300"));
    let other = json!({"username": "bob"});
    tap(&server, &key, "0852", other).await.expect(200);
    server.clock.advance(Duration::from_secs(300));
    tap(&server, &key, "2580", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_new_pin_lifts_the_block() {
    let (server, ann, key) = setup().await;
    for _ in 0..5 {
        tap(&server, &key, "1111", json!({})).await.expect(400);
    }
    set_pin(&ann, json!("90210")).await;
    tap(&server, &key, "90210", json!({})).await.expect(200);
}

#[tokio::test]
async fn wrong_input_on_a_display_is_refused() {
    let (server, ann, key) = setup().await;
    for (rest, code) in [
        (json!({"pin": "258"}), "error-display-pin-not-valid"),
        (json!({"pin": "25800000000"}), "error-display-pin-not-valid"),
        (json!({"pin": null}), "error-display-pin-not-valid"),
        (json!({"username": "nan"}), "error-invalid-user"),
        (json!({"username": ""}), "invalid-params"),
        (json!({"status": "gone"}), "error-invalid-status"),
        (
            json!({"expiresAt": "yesterday"}),
            "error-input-is-not-a-valid-field",
        ),
        (
            json!({"expiresAt": "2020-01-01T00:00:00Z"}),
            "error-invalid-date",
        ),
    ] {
        let refused = tap(&server, &key, "2580", rest.clone()).await;
        assert_eq!(refused.expect(400).json()["errorType"], code, "{rest}");
    }
    let inactive = json!({"userId": ann.id(), "activeStatus": false});
    let admin = server.admin().await;
    admin
        .post("users.setActiveStatus", inactive)
        .await
        .expect(200);
    let refused = tap(&server, &key, "2580", json!({})).await.expect(400);
    assert_eq!(refused.json()["errorType"], "error-invalid-user");
    let anonymous = server.anon().post("displays.setStatus", json!({})).await;
    anonymous.expect(401);
}

#[tokio::test]
async fn a_pin_that_is_easy_to_guess_is_refused() {
    let (server, ann, key) = setup().await;
    for pin in ["1234", "1111", "4321", "258", "25a0", ""] {
        let refused = ann.post("users.setDisplayPin", json!({"pin": pin})).await;
        let refused = refused.expect(400).json();
        assert_eq!(refused["errorType"], "error-display-pin-not-valid", "{pin}");
        assert_eq!(refused["details"]["field"], "pin");
    }
    ann.post("users.setDisplayPin", json!({})).await.expect(400);
    tap(&server, &key, "2580", json!({})).await.expect(200);
}
