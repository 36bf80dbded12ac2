//! Limits of live connections, and how they end when the server stops.

use crate::support::frames::LOGGED;
use crate::support::listener::{assert_serving, assert_unaffected};
use crate::support::{Setup, TestServer, golden_lines, in_time};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PRESENCE: &str = "stream-user-presence";

#[tokio::test]
async fn a_connection_has_at_most_1000_subscriptions() {
    let server = TestServer::start().await;
    let mut live = server.user("ann").await.live().await;
    let events = ["user-status", "updateCustomUserStatus", "whatever"];
    let mut last = String::new();
    for n in 0..1000 {
        last = live.subscribe(LOGGED, json!([events[n % 3]])).await;
    }
    for (name, params) in [
        (LOGGED, json!(["user-status"])),
        (PRESENCE, json!(["", {"added": ["x"]}])),
        ("userData", json!([])),
    ] {
        let error = live.refusal(name, params).await;
        golden_lines("live_too_many_subscriptions", &[error.to_string()]);
    }
    live.unsubscribe(&last).await;
    live.subscribe(PRESENCE, json!([""])).await;
    assert_unaffected(&mut live).await;
    assert_serving(&server).await;
}

/// Adds this many users directly to the database.
fn add_users(server: &TestServer, number: u32) {
    let sql = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
        INSERT INTO user (id, username, username_key, name, name_key, password_hash, active, email_verified,
            require_password_change, utc_offset, created_at, updated_at)
        SELECT printf('person%08d', i), 'person' || i, 'person' || i, '', '', '', 1, 0, 0, 0, 0, 0 FROM n";
    server.database().execute(sql, [number]).unwrap();
}

#[tokio::test]
async fn a_connection_watches_at_most_5000_users_and_ignores_unknown_ids() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    add_users(&server, 5000);
    let mut live = ann.live().await;
    let ids = |kind: &str, range: std::ops::Range<u32>| -> Vec<Value> {
        range.map(|n| json!(format!("{kind}{n:08}"))).collect()
    };
    for n in 0..4 {
        let unknown = ids("nobody", n * 2000..(n + 1) * 2000);
        let (_, answer) = live.ask(PRESENCE, json!(["", {"added": unknown}])).await;
        assert!(answer.get("error").is_none(), "{n}: {answer}");
    }
    for n in 0..2 {
        let people = ids("person", n * 2500..(n + 1) * 2500);
        let (_, full) = live.ask(PRESENCE, json!(["", {"added": people}])).await;
        assert!(full.get("error").is_none(), "{full}");
    }
    let one_more = json!(["", {"added": [ann.id()]}]);
    let error = live.refusal(PRESENCE, one_more.clone()).await;
    assert_eq!(error["error"], "too-many-subscriptions");
    // Users on the list may be added again, and one may replace another.
    let known = ids("person", 0..10);
    let (_, known) = live.ask(PRESENCE, json!(["", {"added": known}])).await;
    assert!(known.get("error").is_none(), "{known}");
    let change = json!(["", {"added": [ann.id()], "removed": ids("person", 0..1)}]);
    let (_, changed) = live.ask(PRESENCE, change).await;
    assert!(changed.get("error").is_none(), "{changed}");
    crate::support::presence::set(&ann, json!({"message": "seen"})).await;
    live.next_where(|frame| frame["fields"]["args"][0][2] == "seen")
        .await;
    assert_serving(&server).await;
}

#[tokio::test]
async fn the_connections_of_a_user_watch_at_most_20000_users_in_total() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    add_users(&server, 5000);
    let ids = |range: std::ops::Range<u32>| -> Vec<Value> {
        range.map(|n| json!(format!("person{n:08}"))).collect()
    };
    let mut all = Vec::new();
    for _ in 0..4 {
        let mut live = ann.live().await;
        live.subscribe(PRESENCE, json!(["", {"added": ids(0..2500)}]))
            .await;
        live.ask(PRESENCE, json!(["", {"added": ids(2500..5000)}]))
            .await;
        all.push(live);
    }
    let mut fifth = ann.live().await;
    let one_more = json!(["", {"added": ids(0..1)}]);
    let error = fifth.refusal(PRESENCE, one_more.clone()).await;
    assert_eq!(error["error"], "too-many-subscriptions");
    let mut other = server.user("bob").await.live().await;
    other.subscribe(PRESENCE, one_more.clone()).await;
    drop(all.pop());
    in_time("the end of one connection", async {
        while fifth.ask(PRESENCE, one_more.clone()).await.1["msg"] != "ready" {}
    })
    .await;
}

#[tokio::test]
async fn every_subscription_in_a_flood_is_answered() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let mut live = ann.live().await;
    for n in 0..3000 {
        let id = format!("flood {n}");
        live.send_frame(
            json!({"msg": "sub", "id": id, "name": LOGGED, "params": ["user-status", true]}),
        )
        .await;
        live.send_frame(json!({"msg": "unsub", "id": id})).await;
    }
    for n in 0..3000 {
        let id = format!("flood {n}");
        live.next_where(|frame| *frame == json!({"msg": "nosub", "id": id}))
            .await;
        live.forget();
    }
    assert_unaffected(&mut live).await;
    assert_serving(&server).await;
}

#[tokio::test]
async fn a_burst_of_connections_is_served_and_releases_its_leases() {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.start().await;
    let ann = server.user("ann").await;
    for _ in 0..5 {
        let mut burst = Vec::new();
        for _ in 0..40 {
            let ann = ann.clone();
            burst.push(tokio::spawn(async move { ann.live().await }));
        }
        for live in burst {
            live.await.unwrap().is_open().await;
        }
    }
    let all_closed = async {
        while server.app.connections.count() > 0 {
            ann.get("me").await;
        }
    };
    in_time("the end of all leases", all_closed).await;
    assert_serving(&server).await;
}

#[tokio::test]
async fn live_connections_count_towards_the_connection_limit() {
    let setup = Setup::new().config(|config| config.max_connections = 2);
    let server = setup.start().await;
    let ann = server.user("ann").await; // Anonymous connections would be closed to make room.
    let (mut one, mut two) = (ann.live().await, ann.live().await);
    let anon = server.anon();
    let third = tokio::spawn(async move { anon.get("info").await });
    for _ in 0..50 {
        one.is_open().await;
        two.is_open().await;
    }
    assert!(!third.is_finished());
    drop(one);
    third.await.unwrap().expect(200);
    two.is_open().await;
}

#[tokio::test]
async fn a_stop_closes_every_live_connection_with_1001_and_ends_promptly() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let mut all = vec![server.socket().await, server.live().await];
    for _ in 0..20 {
        let mut live = ann.live().await;
        live.subscribe(LOGGED, json!(["user-status"])).await;
        all.push(live);
    }
    let began = Instant::now();
    let stopping = tokio::spawn(server.stop());
    for live in &mut all {
        assert_eq!(live.closed().await, 1001);
    }
    in_time("the stop", stopping).await.unwrap();
    // Well below the ten seconds that open requests get.
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_client_that_ignores_the_close() {
    let server = TestServer::start().await;
    let unresponsive = server.live().await;
    let began = Instant::now();
    in_time("the stop", server.stop()).await;
    assert!(began.elapsed() < Duration::from_secs(8));
    drop(unresponsive);
}
