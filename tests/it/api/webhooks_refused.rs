//! Refused webhook requests, and the secrecy of signing secrets and URLs in the log.

use crate::support::process::Home;
use crate::support::receiver::Receiver;
use crate::support::webhooks::server_and_admin;
use serde_json::{Value, json};

/// The response body for this error.
fn error_body(code: &str, error: &str, details: Value) -> Value {
    let error = format!("{error} [{code}]");
    json!({"success": false, "error": error, "errorType": code, "details": details})
}

#[tokio::test]
async fn an_invalid_webhook_is_refused_with_the_reason() {
    let (_server, admin) = server_and_admin().await;
    let good = "https://ci.example.org/hook";
    let taken = json!({"name": "taken", "url": good});
    admin.post("webhooks.add", taken.clone()).await.expect(200);
    let (long, far) = ("a".repeat(41), format!("{good}?{}", "a".repeat(2048)));
    let name = |name: &str| json!({"name": name, "url": good});
    let url = |url: &str| json!({"name": "new", "url": url});
    let bad_name = |input: &str| {
        error_body(
            "error-input-is-not-a-valid-field",
            &format!("{input} is not a valid webhook name"),
            json!({"input": input, "field": "name"}),
        )
    };
    let bad_url = |reason: &str| error_body("error-invalid-url", reason, json!({"field": "url"}));
    let required = |field: &str| {
        let reason = format!("The field {field} is required");
        error_body(
            "error-the-field-is-required",
            &reason,
            json!({"field": field}),
        )
    };
    let private = |address: &str| {
        bad_url(&format!(
            "Refused: {address} is not a public address; allow its network with `webhook_allow`"
        ))
    };
    let bad_kind = |input: &str| {
        error_body(
            "error-input-is-not-a-valid-field",
            &format!("{input} is not a valid event type"),
            json!({"input": input, "field": "events"}),
        )
    };
    let events =
        |kind: &str| json!({"name": "new", "url": good, "events": ["presence.changed", kind]});
    let cases = [
        (name(""), required("name")),
        (name(&long), bad_name(&long)),
        (name("With-Capitals"), bad_name("With-Capitals")),
        (name("a b"), bad_name("a b")),
        (name("a/../b"), bad_name("a/../b")),
        (
            taken,
            error_body(
                "error-field-unavailable",
                "taken is already in use",
                json!({"field": "name"}),
            ),
        ),
        (url(""), required("url")),
        (
            url("ftp://ci.example.org/"),
            bad_url("The URL must start with http:// or https://"),
        ),
        (
            url("ci.example.org"),
            bad_url("The URL must start with http:// or https://"),
        ),
        (url(&far), bad_url("The URL is longer than 2048 bytes")),
        (
            url("https://ci.example.org/#top"),
            bad_url("The URL must not have a fragment (#), which cannot be sent"),
        ),
        (
            url("https://me:word@ci.example.org/"),
            bad_url(
                "The URL must not contain a user or password; receivers identify the sender by its signature",
            ),
        ),
        (url("http://10.0.0.1/"), private("10.0.0.1")),
        (
            url("http://169.254.169.254/latest"),
            private("169.254.169.254"),
        ),
        (url("http://[::1]/"), private("::1")),
        (
            url("http://2130706433/"),
            bad_url("The URL's host is an IP address in an unusual form; write it like 192.0.2.1"),
        ),
        (events("presence.shown"), bad_kind("presence.shown")),
        (events("*"), bad_kind("*")),
        (events(""), bad_kind("")),
    ];
    for (body, expected) in cases {
        let refused = admin.post("webhooks.add", body.clone()).await;
        let error = refused.expect(400).error_of_rocket_chat();
        assert_eq!(error, expected, "{body}");
    }
    let list = admin.get("webhooks.list").await.expect(200).json();
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn every_route_reports_an_unknown_webhook() {
    let (_server, admin) = server_and_admin().await;
    for name in ["nobody", "No Webhook's"] {
        for verb in ["test", "rotate", "disable", "enable", "remove"] {
            let route = format!("webhooks.{verb}");
            let refused = admin.post(&route, json!({"name": name})).await;
            let expected = json!({
                "success": false,
                "error": format!("No webhook found with the name of \"{name}\" [error-webhook-not-found]"),
                "errorType": "error-webhook-not-found"
            });
            assert_eq!(refused.expect(400).json(), expected, "{verb}");
        }
    }
}

#[tokio::test]
async fn the_permission_is_checked_before_the_body() {
    let (server, _admin) = server_and_admin().await;
    let ann = server.user("ann").await;
    for route in [
        "webhooks.add",
        "webhooks.remove",
        "hooks.pause",
        "hooks.replay",
    ] {
        for body in ["{", r#"{"name":"nobody"}"#, ""] {
            let refused = ann.post_raw(route, "application/json", body).await;
            refused.golden("route_forbidden");
        }
    }
}

#[tokio::test]
async fn secrets_and_webhook_paths_are_not_logged_even_at_trace_level() {
    const PATH: &str = "an-unguessable-path";
    let home = Home::with_data().await;
    let (mut receiver, headers) = (Receiver::start(), home.token("admin", "t").await);
    let loud = [
        ("DOORSIGN_LOG", "trace"),
        ("DOORSIGN_WEBHOOK_ALLOW", "127.0.0.0/8"),
    ];
    let server = home.serve(&[], &loud).await;
    let admin = server.with_headers(&headers);
    let body = json!({"name": "ci", "url": receiver.url(PATH)});
    let added = admin
        .post("webhooks.add", body.clone())
        .await
        .expect(200)
        .json();
    admin.post("webhooks.add", body).await.expect(400);
    let name = json!({"name": "ci"});
    let rotated = admin.post("webhooks.rotate", name.clone()).await;
    let rotated = rotated.expect(200).json();
    admin.post("webhooks.test", name.clone()).await.expect(200);
    receiver.next().await;
    receiver.answers(500);
    admin.create("failed").await.expect(200);
    receiver.next().await;
    server.logged(|log| log.contains("a delivery failed")).await;
    admin.post("webhooks.remove", name).await.expect(200);
    let log = server.end().await.stderr;
    assert!(log.contains("TRACE"), "the log has the trace level: {log}");
    for secret in [&added["secret"], &rotated["secret"], &json!(PATH)] {
        let secret = secret.as_str().unwrap().trim_start_matches("whsec_");
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
