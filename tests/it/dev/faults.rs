//! Dev mode's faults: their effects, routes and counts.

use crate::support::dev::{ask, control, dev_server, look, seeded};
use crate::support::raw::{Raw, create_named, request};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_429_fault_has_the_format_of_rocket_chat_and_repeats_by_its_count() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    let fault = json!({"route": "/api/v1/me", "fault": "429", "count": 2});
    control(&server, "faults", fault).await;
    ann.get("custom-user-status.list").await.expect(200);
    for _ in 0..2 {
        let me = ann.get("me").await;
        assert_eq!(me.header("retry-after"), Some("60"));
        assert_eq!(me.header("x-ratelimit-remaining"), Some("0"));
        assert_eq!(me.header("x-ratelimit-reset"), Some("1767225660000"));
        assert!(me.text().contains("You must wait 60 seconds"));
        me.refused(429);
    }
    ann.get("me").await.expect(200);
}

#[tokio::test]
async fn a_500_fault_affects_only_its_method_and_changes_nothing() {
    let server = dev_server().await;
    let admin = seeded(&server, "admin");
    let fault = json!({"route": "*", "method": "post", "fault": 500});
    control(&server, "faults", fault).await;
    admin.get("me").await.expect(200);
    let failed = admin.create("status").await;
    assert!(failed.text().contains("Internal server error"));
    failed.refused(500);
    admin.create("status").await.expect(200);
}

#[tokio::test]
async fn a_latency_fault_delays_a_request_which_then_succeeds() {
    let server = dev_server().await;
    let admin = seeded(&server, "admin");
    let fault = json!({"route": "*", "fault": "latency", "ms": 80});
    control(&server, "faults", fault).await;
    let began = Instant::now();
    admin.create("late").await.expect(200);
    assert!(began.elapsed() >= Duration::from_millis(80));
    assert_eq!(admin.names().await, ["late"]);
    let late = &look(&server, "requests").await["requests"][0];
    assert!(late["durationMs"].as_f64().unwrap() >= 80.0, "{late}");
}

#[tokio::test]
async fn a_drop_fault_closes_a_connection_without_a_byte_and_the_next_is_served() {
    let server = dev_server().await;
    let admin = seeded(&server, "admin");
    let fault = json!({"route": "*", "fault": "drop", "count": 2});
    control(&server, "faults", fault).await;
    let local = |request: String| request.replace("Host: t", "Host: localhost");
    let get = local(request(&admin, "GET /api/v1/me", ""));
    for bytes in [get.clone(), local(create_named(&admin, "never"))] {
        let mut dropped = Raw::sent(&server, bytes).await;
        dropped.ends().await;
    }
    let mut served = Raw::sent(&server, get).await;
    served.reply().await.unwrap().expect(200);
    assert!(admin.names().await.is_empty());
    let requests = look(&server, "requests").await;
    let status = |n: usize| requests["requests"][n]["status"].clone();
    assert_eq!([status(0), status(1), status(2)], [444, 444, 200]);
}

#[tokio::test]
async fn faults_are_listed_with_their_remaining_count_and_can_be_cleared() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    for fault in [
        json!({"route": "/api/v1/me", "fault": "500", "count": 3}),
        json!({"route": "*", "method": "POST", "fault": "drop", "ms": 7}),
    ] {
        control(&server, "faults", fault).await;
    }
    ann.get("me").await.refused(500);
    let remaining = json!([
        {"route": "/api/v1/me", "fault": "500", "count": 2},
        {"route": "*", "method": "POST", "fault": "drop", "ms": 7, "count": 1},
    ]);
    assert_eq!(look(&server, "faults").await["faults"], remaining);
    let cleared = control(&server, "faults", json!({"clear": true})).await;
    assert_eq!(cleared["faults"], json!([]));
    ann.get("me").await.expect(200);
}

#[tokio::test]
async fn faults_do_not_affect_controls_and_unknown_paths() {
    let server = dev_server().await;
    let fault = json!({"route": "*", "fault": "500"});
    control(&server, "faults", fault).await;
    ask(&server, "clock", json!({"frozen": true}))
        .await
        .expect(200);
    server.anon().get("nowhere").await.refused(404);
    server.anon().get("info").await.refused(500);
}

#[tokio::test]
async fn every_status_of_a_fault_has_a_usual_body() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    for (status, content_type, part) in [
        (401, "application/json", "You must be logged in to do this."),
        (403, "application/json", "[error-unauthorized]"),
        (429, "application/json", "[error-too-many-requests]"),
        (500, "application/json", "Internal server error"),
        (502, "text/html", "<h1>502 Bad Gateway</h1>"),
        (503, "application/json", "error-service-unavailable"),
    ] {
        let fault = json!({"route": "/api/v1/me", "fault": status});
        control(&server, "faults", fault).await;
        let failed = ann.get("me").await;
        assert_eq!(failed.header("content-type"), Some(content_type));
        assert!(failed.text().contains(part), "{}", failed.text());
        failed.expect(status);
    }
    let fault = json!({"route": "*", "fault": "503"});
    control(&server, "faults", fault).await;
    assert!(ann.get("me").await.header("retry-after").is_some());
}

#[tokio::test]
async fn a_fault_may_have_a_body_of_its_own_and_then_any_failing_status() {
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    for (fault, status, content_type, text) in [
        (
            json!({"fault": 503, "body": {"error": "maintenance"}}),
            503,
            "application/json",
            r#"{"error":"maintenance"}"#,
        ),
        (
            json!({"fault": "418", "body": "I am a teapot"}),
            418,
            "text/plain; charset=utf-8",
            "I am a teapot",
        ),
        (
            json!({"fault": 200, "body": "<p>Log in", "contentType": "text/html"}),
            200,
            "text/html",
            "<p>Log in",
        ),
    ] {
        let mut whole = fault.clone();
        whole["route"] = json!("/api/v1/me");
        let listed = control(&server, "faults", whole).await;
        assert_eq!(listed["faults"][0]["body"], text);
        assert_eq!(listed["faults"][0]["contentType"], content_type);
        let failed = ann.get("me").await;
        assert_eq!(failed.header("content-type"), Some(content_type));
        assert_eq!(failed.text(), text);
        failed.expect(status);
    }
}

#[tokio::test]
async fn a_fault_that_could_never_apply_is_refused_with_what_is_accepted() {
    let server = dev_server().await;
    for (fault, part) in [
        (json!({"fault": 500}), "route must be a served path"),
        (
            json!({"route": "/api/v1/nowhere", "fault": 500}),
            "\"/api/v1/nowhere\" is not served",
        ),
        (
            json!({"route": "users.setstatus", "fault": 500}),
            "did you mean /api/v1/users.setStatus?",
        ),
        (
            json!({"route": "/api/v1/me/", "fault": 500}),
            "did you mean /api/v1/me?",
        ),
        (
            json!({"route": "/dev/clock", "fault": 500}),
            "route must be a served path",
        ),
        (
            json!({"route": "/api/v1/login", "method": "GET", "fault": 500}),
            "method must be POST for the route /api/v1/login",
        ),
        (
            json!({"route": "*", "method": "PSOT", "fault": 500}),
            "method must be DELETE or GET or HEAD or POST for the route *",
        ),
        (
            json!({"route": "*", "fault": 418}),
            "fault must be latency, drop, 401,",
        ),
        (
            json!({"route": "*", "fault": 204, "body": ""}),
            "fault must be",
        ),
        (
            json!({"route": "*", "fault": "drop", "body": "x"}),
            "body needs a status",
        ),
        (
            json!({"route": "*", "fault": 502, "contentType": "text/html"}),
            "contentType needs a body",
        ),
        (
            json!({"route": "*", "fault": 502, "body": "", "contentType": "a\nb"}),
            "contentType must be a media type",
        ),
        (
            json!({"route": "*", "fault": "latency"}),
            "ms must be milliseconds",
        ),
        (
            json!({"route": "*", "fault": 500, "count": 0}),
            "count must be at least 1",
        ),
        (json!({"clear": true, "body": "x"}), "clear must be true"),
    ] {
        let refused = ask(&server, "faults", fault.clone()).await.expect(400);
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{fault}: {error}");
    }
    for route in ["/api/v1/settings/:_id", "/api/v1/settings/Site_Name"] {
        let fault = json!({"route": route, "method": "head", "fault": 500});
        ask(&server, "faults", fault).await.expect(200);
    }
}
