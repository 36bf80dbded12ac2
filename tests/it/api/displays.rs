//! Displays: their administration, and what their key opens. What people do on one is in
//! `display_pins`.

use crate::support::TestServer;
use crate::support::displays::{add, key, tap, with_key};
use serde_json::json;
use std::time::Duration;
use warp::http::Method;

#[tokio::test]
async fn a_new_display_is_listed_with_its_settings_and_never_with_its_key() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let created = add(
        &admin,
        json!({"name": " Lobby ", "order": "status", "theme": "dark", "timeZone": "Europe/Berlin",
            "dim": ["22:00", "06:00"], "keepAwake": false, "interactive": true}),
    )
    .await;
    let expected = json!({"_id": created["display"]["_id"], "name": "Lobby", "order": "status", "theme": "dark",
        "timeZone": "Europe/Berlin", "dim": ["22:00", "06:00"], "keepAwake": false, "interactive": true,
        "createdAt": "2026-01-01T00:00:00.000Z"});
    assert_eq!(created["display"], expected);
    let url = created["url"].as_str().unwrap();
    let start = format!("http://{}/display#", server.address);
    assert!(url.starts_with(&start), "{url}");
    assert_eq!(key(&created).len(), 43);
    let plain = add(&admin, json!({"name": "Hall"})).await;
    assert_eq!(
        plain["display"],
        json!({"_id": plain["display"]["_id"], "name": "Hall", "order": "name", "theme": "auto", "keepAwake": true,
            "interactive": false, "createdAt": "2026-01-01T00:00:00.000Z"})
    );
    let listed = admin.get("displays.list").await.expect(200);
    assert!(!listed.text().contains(key(&created)));
    assert_eq!(
        listed.json()["displays"],
        json!([plain["display"], expected])
    );
    let select = "SELECT group_concat(key_hash) FROM display";
    let database = server.database();
    let stored: String = database.query_row(select, [], |row| row.get(0)).unwrap();
    assert!(!stored.contains(key(&created)));
}

#[tokio::test]
async fn the_code_of_a_display_is_a_square_of_modules() {
    let server = TestServer::start().await;
    let created = add(&server.admin().await, json!({"name": "Lobby"})).await;
    let rows = created["qr"].as_array().unwrap();
    assert!(rows.len() >= 21);
    for row in rows {
        let row = row.as_str().unwrap();
        assert_eq!(row.len(), rows.len());
        assert!(row.bytes().all(|module| module == b'0' || module == b'1'));
    }
}

#[tokio::test]
async fn wrong_settings_of_a_display_are_refused_with_their_field() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    add(&admin, json!({"name": "Lobby"})).await;
    let invalid = "error-input-is-not-a-valid-field";
    for (body, code, field) in [
        (json!({"name": "Lobby"}), "error-field-unavailable", "name"),
        (json!({"name": "  "}), "error-the-field-is-required", "name"),
        (
            json!({"name": "x".repeat(61)}),
            "error-field-size-exceeded",
            "name",
        ),
        (json!({"name": "a\u{202e}b"}), invalid, "name"),
        (
            json!({"name": "x", "timeZone": "Berlin"}),
            invalid,
            "timeZone",
        ),
        (
            json!({"name": "x", "dim": ["22:00", "6:00"]}),
            invalid,
            "dim",
        ),
        (
            json!({"name": "x", "dim": ["22:00"]}),
            "invalid-params",
            "dim",
        ),
        (
            json!({"name": "x", "order": "age"}),
            "invalid-params",
            "order",
        ),
        (
            json!({"name": "x", "theme": "pink"}),
            "invalid-params",
            "theme",
        ),
        (
            json!({"name": "x", "interactive": "perhaps"}),
            "invalid-params",
            "interactive",
        ),
        (json!({"name": []}), "invalid-params", "name"),
        (json!({}), "invalid-params", "name"),
    ] {
        let refused = admin.post("displays.create", body.clone()).await;
        let refused = refused.expect(400).json();
        assert_eq!(refused["errorType"], code, "{body} {refused}");
        let names = refused.to_string().contains(field);
        assert!(names, "{body} {refused}");
    }
    let listed = admin.get("displays.list").await.expect(200).json();
    assert_eq!(listed["displays"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotated_or_revoked_key_opens_nothing() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let created = add(&admin, json!({"name": "Lobby", "interactive": true})).await;
    let id = json!({"displayId": created["display"]["_id"]});
    let rotated = admin.post("displays.rotate", id.clone()).await;
    let rotated = rotated.expect(200).json();
    assert_eq!(rotated["display"]["_id"], created["display"]["_id"]);
    assert_ne!(key(&rotated), key(&created));
    server.user("ann").await;
    let former = tap(&server, key(&created), "2580", json!({})).await;
    former.expect(401);
    let known = tap(&server, key(&rotated), "2580", json!({})).await;
    assert_eq!(
        known.expect(400).json()["errorType"],
        "error-display-pin-not-set"
    );
    admin.post("displays.revoke", id.clone()).await.expect(200);
    let revoked = tap(&server, key(&rotated), "2580", json!({})).await;
    revoked.expect(401);
    for route in ["displays.revoke", "displays.rotate"] {
        let gone = admin.post(route, id.clone()).await.expect(400).json();
        assert_eq!(gone["errorType"], "error-display-not-found");
    }
}

#[tokio::test]
async fn the_key_of_a_display_is_not_a_login() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let created = add(&admin, json!({"name": "Lobby", "interactive": true})).await;
    let anon = server.anon();
    for path in [
        "me",
        "users.list",
        "users.presence",
        "displays.list",
        "server.status",
    ] {
        let refused = with_key(&anon, Method::GET, path, key(&created), json!({})).await;
        refused.expect(401);
    }
    let body = json!({"status": "busy"});
    let refused = with_key(&anon, Method::POST, "users.setStatus", key(&created), body).await;
    refused.expect(401);
    let headers = [("x-user-id", "x"), ("x-auth-token", key(&created))];
    let refused = anon.send(Method::GET, "/api/v1/me", &headers, "").await;
    refused.expect(401);
}

#[tokio::test]
async fn the_last_connection_of_a_display_is_recorded_once_a_minute() {
    let server = TestServer::start().await;
    let (admin, _) = (server.admin().await, server.user("ann").await);
    let created = add(&admin, json!({"name": "Lobby", "interactive": true})).await;
    let seen = async || {
        let refused = tap(&server, key(&created), "2580", json!({})).await;
        refused.expect(400);
        let listed = admin.get("displays.list").await.expect(200).json();
        listed["displays"][0]["lastSeenAt"].clone()
    };
    assert_eq!(seen().await, "2026-01-01T00:00:00.000Z");
    server.clock.advance(Duration::from_secs(59));
    assert_eq!(seen().await, "2026-01-01T00:00:00.000Z");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(seen().await, "2026-01-01T00:01:00.000Z");
}

#[tokio::test]
async fn the_audit_trail_records_displays_and_pins_without_secrets() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let created = add(&admin, json!({"name": "Lobby", "interactive": true})).await;
    let id = json!({"displayId": created["display"]["_id"]});
    admin.post("displays.rotate", id.clone()).await.expect(200);
    admin.post("displays.revoke", id).await.expect(200);
    let pin = json!({"pin": "2580"});
    ann.post("users.setDisplayPin", pin).await.expect(200);
    let trail = admin.get("audit.list?count=4").await.expect(200);
    assert!(!trail.text().contains("2580") && !trail.text().contains(key(&created)));
    let rows = trail.json()["records"].clone();
    let rows = rows.as_array().unwrap().iter();
    let actions: Vec<_> = rows.map(|row| row["action"].clone()).collect();
    let expected = [
        "pin.changed",
        "display.revoked",
        "display.key_rotated",
        "display.created",
    ];
    assert_eq!(actions, expected);
}
