//! The schema of events against everything that sends them: the pages and the stream of `events`,
//! hooks and webhooks.

use crate::support::event_stream::EventStream;
use crate::support::events::{let_everything_happen, position};
use crate::support::presence::set;
use crate::support::receiver::Receiver;
use crate::support::{Client, Setup, TestServer};
use doorsign_hook::{
    Actor, Event, Status, StatusCreated, StatusDeleted, StatusUpdated, UserStatusChanged,
};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../../src/api/openapi/event.schema.json");

/// The types without a position, which only streams and receivers get.
const WITHOUT_ID: [&str; 2] = ["presence.shown", "webhook.test"];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema())
        .unwrap()
}

#[track_caller]
fn fits(validator: &Validator, event: &Value) {
    let problems = validator.iter_errors(event);
    let problems: Vec<_> = problems
        .map(|problem| format!("{problem} at {}", problem.instance_path.as_str()))
        .collect();
    assert!(problems.is_empty(), "{event:#}\n{problems:#?}");
}

/// The kinds that the schema names.
fn kinds() -> BTreeSet<String> {
    let kinds = schema()["properties"]["type"]["enum"].take();
    serde_json::from_value(kinds).unwrap()
}

#[tokio::test]
async fn the_schema_is_served_to_everyone_byte_for_byte() {
    let server = TestServer::start().await;
    let reply = server.anon().get("events.schema").await.expect(200);
    assert_eq!(
        reply.header("content-type"),
        Some("application/schema+json")
    );
    assert!(reply.text() == SCHEMA, "another schema is served");
    let valid = jsonschema::draft202012::meta::validate(&reply.json()).map_err(|e| e.to_string());
    assert_eq!(valid, Ok(()));
    assert_eq!(reply.json()["$id"], "/api/v1/events.schema");
}

#[tokio::test]
async fn every_type_that_readers_receive_matches_and_there_is_no_other() {
    let (server, validator) = (TestServer::start().await, validator());
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let since = position(&admin).await;
    let mut stream = EventStream::after(&server, &admin, Some(since)).await;
    let_everything_happen(&admin, &ann, &bob).await;
    let page = admin.get(&format!("events?since={since}&timeout=0")).await;
    let page = page.expect(200).json();
    let mut received = BTreeSet::new();
    for event in page["events"].as_array().unwrap() {
        fits(&validator, event);
        received.insert(event["type"].as_str().unwrap().to_owned());
    }
    assert!(!received.contains("presence.shown"));
    received.extend(WITHOUT_ID.map(str::to_owned));
    assert_eq!(received, kinds());

    let mut streamed = BTreeSet::from(["webhook.test".to_owned()]);
    while streamed != received {
        let event = stream.next().await.unwrap();
        fits(&validator, &event.data);
        assert_eq!(event.data["type"], event.kind);
        streamed.insert(event.kind);
    }
}

/// 9999-12-31T23:59:59.999Z, which many write for never, and 0001-01-01T00:00:00.000Z.
const FAR: [i64; 3] = [253_402_300_799_999, -62_135_596_800_000, -1];

fn every_hooks_event(at_ms: i64) -> Vec<Event> {
    let (ann, bob) = (
        Actor::new("a7TPrbrho5xEQzQih", "ann"),
        Actor::new("b", "bob"),
    );
    let status = |name: &str, word| Status::new("65462e97a2f73c7460e18f84", name, word, at_ms);
    let longest = "\u{1}".repeat(120);
    let changed =
        |text: &str| UserStatusChanged::new(9, at_ms, ann.clone(), bob.clone(), "offline", text);
    vec![
        StatusCreated::new(1, at_ms, ann.clone(), status(&longest, "busy")).into(),
        StatusCreated::new(u64::MAX, at_ms, ann.clone(), status("no type", "")).into(),
        StatusUpdated::new(2, at_ms, ann.clone(), status("\"午餐\" 🍜\n\\", "away")).into(),
        StatusDeleted::new(3, at_ms, ann.clone(), status(&"é".repeat(120), "online")).into(),
        changed("").into(),
        changed(&longest).held_by("external", Some(at_ms)).into(),
        changed("\u{2028}</script>").held_by("manual", None).into(),
    ]
}

#[test]
fn every_event_of_hooks_matches() {
    let validator = validator();
    for event in FAR.into_iter().flat_map(every_hooks_event) {
        let json = event.json();
        assert!(!json.contains('\n'), "{json}");
        fits(&validator, &serde_json::from_str(&json).unwrap());
    }
    let kinds = kinds();
    assert!(Event::KINDS.iter().all(|kind| kinds.contains(*kind)));
}

#[test]
fn invalid_events_do_not_match() {
    let validator = validator();
    let text = every_hooks_event(0)[0].json();
    let event: Value = serde_json::from_str(&text).unwrap();
    let with = |key: &str, value: Value| {
        let mut event = event.clone();
        event[key] = value;
        event
    };
    let mut all = vec![
        json!("text"),
        with("version", json!(2)),
        with("id", json!(0)),
        with("id", json!("1")),
        with("type", json!("custom_user_status.painted")),
        with("type", json!("presence.changed")),
        with("type", json!("role.given")),
        with("time", json!("yesterday")),
        with("time", json!(1_767_225_600_000_u64)),
        with("time", json!("2026-01-01T00:00:00Z")),
        with("actor", json!("ann")),
        with("actor", json!({"_id": "a"})),
        with("data", json!([])),
        with("data", json!({})),
    ];
    for key in ["version", "id", "type", "time", "actor", "data"] {
        let mut less = event.clone();
        less.as_object_mut().unwrap().remove(key);
        all.push(less);
    }
    for (key, value) in [
        ("_id", json!("65462e97")),
        ("name", json!("")),
        ("statusType", json!("Busy")),
        ("_updatedAt", Value::Null),
    ] {
        let mut wrong = event.clone();
        wrong["data"][key] = value;
        all.push(wrong);
    }
    for wrong in all {
        assert!(!validator.is_valid(&wrong), "{wrong:#}");
    }
    fits(&validator, &with("further", json!("fields may come")));
}

/// A server with a webhook for all events.
async fn server_with_webhook() -> (TestServer, Client, Receiver) {
    let receiver = Receiver::start();
    let setup = Setup::new().config(|config| {
        config.contract = doorsign::config::Contract::Server;
        config.rate_limit_calls = Some(0);
        config.webhook_allow = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let server = setup.start().await;
    let admin = server.admin().await;
    let webhook = json!({"name": "all", "url": receiver.url("")});
    admin.post("webhooks.add", webhook).await.expect(200);
    (server, admin, receiver)
}

#[tokio::test]
async fn hooks_and_readers_receive_the_same_bytes() {
    let (server, admin, mut receiver) = server_with_webhook().await;
    let ann = server.user("ann").await;
    let since = position(&admin).await;
    let name = json!({"name": "Lunch 午餐 🍜 \\ \u{2028}"});
    let created = admin.post("custom-user-status.create", name).await;
    let id = created.expect(200).created_id();
    let change = json!({"_id": id, "name": "é".repeat(120), "statusType": "away"});
    let changed = admin.post("custom-user-status.update", change).await;
    changed.expect(200);
    let gone = json!({"customUserStatusId": id});
    let deleted = admin.post("custom-user-status.delete", gone).await;
    deleted.expect(200);
    let never = "9999-12-31T23:59:59.999Z";
    let text = "\"quoted\" \u{7f} </script> \\u0000 🍜";
    let busy = json!({"status": "busy", "message": text, "expiresAt": never});
    set(&ann, busy).await;
    set(&ann, json!({"status": "away", "message": ""})).await;

    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(receiver.next().await.body);
    }
    let page = admin.get(&format!("events?since={since}&timeout=0")).await;
    let (all, position) = (heard.join(","), since + 5);
    let expected =
        format!(r#"{{"events":[{all}],"position":{position},"reload":false,"success":true}}"#);
    assert_eq!(page.expect(200).text(), expected);
    let version = json!(doorsign_hook::VERSION);
    assert_eq!(schema()["properties"]["version"]["const"], version);
    for body in heard {
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(event["version"], version);
        fits(&validator(), &event);
    }
}

#[tokio::test]
async fn the_test_message_of_a_webhook_matches_and_is_not_an_event() {
    let (_server, admin, mut receiver) = server_with_webhook().await;
    let test = json!({"name": "all"});
    admin.post("webhooks.test", test).await.expect(200);
    let heard = receiver.next().await.event;
    fits(&validator(), &heard);
    assert_eq!(
        (&heard["type"], heard.get("id")),
        (&json!("webhook.test"), None)
    );
}
