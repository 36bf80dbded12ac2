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
