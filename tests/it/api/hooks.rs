//! Managing hooks over REST: their states, their deliveries, and the operations on them.

use crate::support::hooks::{ONCE, wait_for_hook};
use crate::support::scripted::{Given, recording, scripted};
use crate::support::{Client, Setup, TestServer, in_time, look_again};
use doorsign_hook::{HookError, PostCreateHook};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A hook that fails with this error `times` times and then accepts everything.
fn failing(
    name: &'static str,
    times: usize,
    error: fn(String) -> HookError,
) -> (Arc<dyn PostCreateHook>, Given) {
    scripted(name, move |n| {
        let failed = (n <= times).then(|| error("out of paper".to_owned()));
        std::future::ready(failed.map_or(Ok(()), Err))
    })
}

async fn start(hooks: &[Arc<dyn PostCreateHook>]) -> (TestServer, Client) {
    let setup = Setup::new().pace(ONCE);
    let hooks = hooks.iter().cloned();
    let server = hooks.fold(setup, Setup::hook).start().await;
    let admin = server.admin().await;
    (server, admin)
}

/// Waits until one of the queried deliveries matches, and returns them all.
async fn deliveries(admin: &Client, query: &str, matches: impl Fn(&Value) -> bool) -> Vec<Value> {
    let looking = async {
        loop {
            let page = admin.get(&format!("hooks.deliveries?hook={query}")).await;
            let page = page.expect(200).json();
            let found = page["deliveries"].as_array().unwrap().clone();
            if found.iter().any(&matches) {
                return found;
            }
            look_again().await;
        }
    };
    in_time(query, looking).await
}

async fn post(admin: &Client, route: &str, body: Value) -> Value {
    admin.post(route, body).await.expect(200).json()
}

#[tokio::test]
async fn the_list_shows_the_state_of_each_hook_and_its_reason() {
    let (works, _) = recording("works");
    let (retries, _) = failing("retries", usize::MAX, HookError::Retry);
    let (refuses, _) = failing("refuses", usize::MAX, HookError::Permanent);
    let (paused, _) = recording("paused");
    let (server, admin) = start(&[works, retries, refuses, paused]).await;
    let pause = json!({"hook": "paused"});
    assert_eq!(
        post(&admin, "hooks.pause", pause).await,
        json!({"success": true})
    );
    for name in ["one", "two"] {
        admin.create(name).await.expect(200);
    }
    let now = "2026-01-01T00:00:00.000Z";
    let parked = |event| json!({"eventId": event, "state": "parked", "attempts": 1, "reason": "out of paper", "notes": "", "at": now});
    let refuses = wait_for_hook(&admin, "refuses", |hook| hook["lag"] == 0).await;
    let expected = json!({
        "name": "refuses", "kind": "built-in", "state": "running", "position": 2, "lag": 0, "parked": 2,
        "lastFailure": parked(2)
    });
    assert_eq!(refuses, expected);
    let works = wait_for_hook(&admin, "works", |hook| hook["lag"] == 0).await;
    let expected = json!({"name": "works", "kind": "built-in", "state": "running", "position": 2, "lag": 0, "parked": 0});
    assert_eq!(works, expected);
    let off = wait_for_hook(&admin, "paused", |_| true).await;
    let expected = json!({
        "name": "paused", "kind": "built-in", "state": "off", "reason": "paused", "position": 0, "lag": 2, "parked": 0
    });
    assert_eq!(off, expected);
    let retries = wait_for_hook(&admin, "retries", |hook| hook["state"] != "running").await;
    assert_eq!(
        [&retries["state"], &retries["reason"], &retries["lag"]],
        [&json!("retrying"), &json!("out of paper"), &json!(2)]
    );
    let next = retries["lastFailure"]["nextAt"].as_str().unwrap();
    assert!(next > "2026-01-01T20", "{next}");
    let list = admin.get("hooks.list").await.json();
    let names = list["hooks"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|hook| hook["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["paused", "refuses", "retries", "works"]);
    server.stop().await;
}

#[tokio::test]
async fn a_removed_hook_is_listed_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (hook, _) = recording("gone");
    let server = Setup::at(folder.path()).hook(hook).start().await;
    server.stop().await;
    let server = Setup::at(folder.path()).start().await;
    let admin = server.admin().await;
    let gone = wait_for_hook(&admin, "gone", |hook| hook["state"] == "missing").await;
    assert_eq!(gone["reason"], "it no longer exists");
}

#[tokio::test]
async fn deliveries_are_paged_by_100_and_filtered_by_state() {
    let (refuses, _) = failing("refuses", 103, HookError::Permanent);
    let (_server, admin) = start(&[refuses]).await;
    for n in 1..=104 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    wait_for_hook(&admin, "refuses", |hook| hook["lag"] == 0).await;
    let mut ids = Vec::new();
    let mut after = json!(0);
    for (count, is_last) in [(100, false), (3, true)] {
        let route = format!("hooks.deliveries?hook=refuses&after={after}");
        let page = admin.get(&route).await.expect(200).json();
        let rows = page["deliveries"].as_array().unwrap();
        assert_eq!((rows.len(), page.get("next").is_none()), (count, is_last));
        ids.extend(rows.iter().map(|row| row["eventId"].as_u64().unwrap()));
        after = page["next"].clone();
    }
    assert_eq!(ids, (1..=103).collect::<Vec<_>>());
    for (state, count) in [
        ("parked", 100),
        ("retrying", 0),
        ("again", 0),
        ("delivered", 0),
    ] {
        let route = format!("hooks.deliveries?hook=refuses&state={state}");
        let page = admin.get(&route).await.expect(200).json();
        assert_eq!(
            page["deliveries"].as_array().unwrap().len(),
            count,
            "{state}"
        );
    }
}

#[tokio::test]
async fn a_delivery_includes_its_event_in_the_format_of_the_events_route() {
    let (refuses, _) = failing("refuses", 1, HookError::Permanent);
    let (_server, admin) = start(&[refuses]).await;
    admin.create("first").await.expect(200);
    deliveries(&admin, "refuses", |_| true).await;
    let reply = admin.get("hooks.delivery?hook=refuses&event=1").await;
    let delivery = reply.expect(200).json()["delivery"].take();
    assert_eq!(delivery["reason"], "out of paper");
    let page = admin.get("events?since=0&timeout=0").await.json();
    assert_eq!(delivery["event"], page["events"][0]);
    let unknown = admin.get("hooks.delivery?hook=refuses&event=2").await;
    assert_eq!(
        unknown.expect(400).json()["errorType"],
        "error-delivery-not-found"
    );
}

#[tokio::test]
async fn a_retry_runs_at_once_and_keeps_the_reason_of_the_failure() {
    let (retries, mut given) = failing("retries", 1, HookError::Retry);
    let (_server, admin) = start(&[retries]).await;
    admin.create("first").await.expect(200);
    admin.create("second").await.expect(200);
    assert_eq!(given.names(1).await, ["first"]);
    deliveries(&admin, "retries", |row| row["state"] == "retrying").await;
    let retried = post(
        &admin,
        "hooks.retry",
        json!({"hook": "retries", "event": 1}),
    )
    .await;
    assert_eq!(retried, json!({"count": 1, "success": true}));
    assert_eq!(given.names(2).await, ["first", "second"]);
    let rows = deliveries(&admin, "retries", |row| row["state"] == "delivered").await;
    assert_eq!(
        [
            &rows[0]["attempts"],
            &rows[0]["reason"],
            &rows[0]["eventId"]
        ],
        [&json!(2), &json!("out of paper"), &json!(1)]
    );
    let nothing = post(&admin, "hooks.retry", json!({"hook": "retries"})).await;
    assert_eq!(nothing["count"], 0);
}

#[tokio::test]
async fn parked_deliveries_are_retried_one_by_one_or_all_at_once() {
    let (refuses, mut given) = failing("refuses", 4, HookError::Permanent);
    let (_server, admin) = start(&[refuses]).await;
    for name in ["one", "two", "three"] {
        admin.create(name).await.expect(200);
    }
    assert_eq!(given.names(3).await, ["one", "two", "three"]);
    wait_for_hook(&admin, "refuses", |hook| hook["parked"] == 3).await;
    let one = json!({"hook": "refuses", "event": "2"});
    assert_eq!(post(&admin, "hooks.retry", one).await["count"], 1);
    assert_eq!(given.names(1).await, ["two"], "and fails again");
    let is_again = |row: &Value| row["eventId"] == 2 && row["attempts"] == 2;
    deliveries(&admin, "refuses&state=parked", is_again).await;
    let all = post(&admin, "hooks.retry", json!({"hook": "refuses"})).await;
    assert_eq!(all["count"], 3);
    assert_eq!(given.names(3).await, ["one", "two", "three"]);
    wait_for_hook(&admin, "refuses", |hook| hook["parked"] == 0).await;
}

#[tokio::test]
async fn dropping_a_retrying_delivery_lets_the_next_ones_through() {
    let (retries, mut given) = failing("retries", 1, HookError::Retry);
    let (_server, admin) = start(&[retries]).await;
    admin.create("first").await.expect(200);
    admin.create("second").await.expect(200);
    deliveries(&admin, "retries", |row| row["state"] == "retrying").await;
    let drop = json!({"hook": "retries", "event": 1});
    let dropped = admin.post("hooks.drop", drop.clone()).await.expect(200);
    assert_eq!(dropped.text(), r#"{"success":true}"#);
    assert_eq!(given.names(2).await, ["first", "second"]);
    wait_for_hook(&admin, "retries", |hook| hook["lag"] == 0).await;
    let page = admin.get("hooks.deliveries?hook=retries").await.json();
    assert_eq!(page["deliveries"], json!([]));
    let again = admin.post("hooks.drop", drop).await.expect(400);
    assert_eq!(again.json()["errorType"], "error-delivery-not-found");
}

#[tokio::test]
async fn a_replay_delivers_a_time_range_again_and_then_the_hook_continues() {
    let (works, mut given) = recording("works");
    let (server, admin) = start(&[works]).await;
    for name in ["midnight", "one", "two"] {
        admin.create(name).await.expect(200);
        server.clock.advance(HOUR);
    }
    assert_eq!(given.names(3).await, ["midnight", "one", "two"]);
    wait_for_hook(&admin, "works", |hook| hook["lag"] == 0).await;
    let replay = async |since: &str, until: Option<&str>| {
        let mut body = json!({"hook": "works", "since": since});
        if let Some(until) = until {
            body["until"] = json!(until);
        }
        post(&admin, "hooks.replay", body).await["count"].clone()
    };
    let one = replay("2026-01-01T01:00:00Z", Some("2026-01-01T02:00:00Z")).await;
    assert_eq!(one, 1);
    assert_eq!(given.names(1).await, ["one"]);
    let done = |hook: &Value| hook["lag"] == 0 && hook.get("replay").is_none();
    wait_for_hook(&admin, "works", done).await;
    assert_eq!(replay("2026-01-01T03:00:00+02:00", None).await, 2);
    assert_eq!(given.names(2).await, ["one", "two"]);
    wait_for_hook(&admin, "works", done).await;
    assert_eq!(replay("2025-01-01", Some("2026-01-01")).await, 0);
    admin.create("three").await.expect(200);
    assert_eq!(given.names(1).await, ["three"]);
}

#[tokio::test]
async fn a_paused_hook_receives_everything_only_after_it_is_resumed() {
    let ((paused, mut given), (other, mut to_other)) = (recording("paused"), recording("other"));
    let (_server, admin) = start(&[paused, other]).await;
    admin.create("before").await.expect(200);
    assert_eq!(given.names(1).await, ["before"]);
    post(&admin, "hooks.pause", json!({"hook": "paused"})).await;
    for name in ["one", "two"] {
        admin.create(name).await.expect(200);
    }
    assert_eq!(to_other.names(3).await, ["before", "one", "two"]);
    given.is_empty();
    wait_for_hook(&admin, "paused", |hook| hook["position"] == 1).await;
    let replay = json!({"hook": "paused", "since": "2020-01-01"});
    assert_eq!(post(&admin, "hooks.replay", replay).await["count"], 1);
    let paused = wait_for_hook(&admin, "paused", |hook| hook["state"] == "off").await;
    assert_eq!(paused["replay"], json!({"from": 1, "until": 1}));
    given.is_empty();
    post(&admin, "hooks.resume", json!({"hook": "paused"})).await;
    assert_eq!(given.names(3).await, ["before", "one", "two"]);
}

#[tokio::test]
async fn every_route_refuses_an_unknown_hook() {
    let (_server, admin) = start(&[]).await;
    let refused = |reply: crate::support::Reply| {
        let expected = json!({
            "success": false,
            "error": "No hook found with the name of \"nobody\" [error-hook-not-found]",
            "errorType": "error-hook-not-found"
        });
        assert_eq!(reply.expect(400).json(), expected);
    };
    let body = json!({"hook": "nobody"});
    for route in ["hooks.pause", "hooks.resume", "hooks.retry"] {
        refused(admin.post(route, body.clone()).await);
    }
    let drop = json!({"hook": "nobody", "event": 1});
    refused(admin.post("hooks.drop", drop).await);
    let replay = json!({"hook": "nobody", "since": "2026-01-01"});
    refused(admin.post("hooks.replay", replay).await);
    refused(admin.get("hooks.deliveries?hook=nobody").await);
    refused(admin.get("hooks.delivery?hook=nobody&event=1").await);
    let none = admin.get("hooks.list").await.expect(200);
    assert_eq!(none.text(), r#"{"hooks":[],"success":true}"#);
}
