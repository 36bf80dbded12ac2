//! Compares the start of the event stream with the document.

use crate::support::TestServer;
use crate::support::openapi::document::{Document, Operation, masked};
use crate::support::raw::{Raw, request};
use serde_json::{Value, json};

const EVENTS: &str = "GET /api/v1/events";

#[tokio::test]
async fn the_event_stream_matches_the_document_and_its_example() {
    let (document, server) = (Document::read(), TestServer::start().await);
    let (admin, bob) = (server.admin().await, server.user("bob").await);
    let position = bob.get("events").await.expect(200).json()["position"].to_string();
    let fishing = json!({"name": "gone fishing", "statusType": "away"});
    let create = admin.post("custom-user-status.create", fishing).await;
    create.expect(200);
    let headers = format!("Accept: text/event-stream\r\nLast-Event-ID: {position}\r\n");
    let mut raw = Raw::sent(&server, request(&bob, EVENTS, &headers)).await;
    let mut reply = raw.reply().await.unwrap();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let mut text = String::new();
    until(&mut raw, &mut text, "gone fishing").await;
    let lunch = json!({"status": "online", "message": "Lunch"});
    bob.post("users.setStatus", lunch).await.expect(200);
    until(&mut raw, &mut text, "event:presence.shown").await;
    until(&mut raw, &mut text, "event:presence.changed").await;
    reply.body = text.clone().into();

    let response = document.response(&Operation::new(EVENTS), 200);
    let problems = document.problems_of_answer(&response, &reply);
    assert!(problems.is_empty(), "{problems:#?}");
    let media_type = format!("{response}/content/text~1event-stream");
    let events = events_in(&text);
    for row in &events {
        let schema = format!("{media_type}/schema/contentSchema");
        let problems = document.problems(&schema, row);
        assert!(problems.is_empty(), "{row:#}\n{problems:#?}");
    }
    let example = document.at(&media_type)["example"].as_str().unwrap();
    let example: Vec<_> = events_in(example).into_iter().map(masked).collect();
    assert_eq!(example, [masked(events[0].clone())]);
}

/// Reads until `text` contains `what` in a complete event.
async fn until(raw: &mut Raw, text: &mut String, what: &str) {
    while !(text.contains(what) && text.ends_with("\n\n")) {
        *text += &raw.chunk().await.unwrap();
    }
}

/// The data of the events in `text`. Checks that the `event` and `id` lines match the data, and
/// skips the initial comment.
fn events_in(text: &str) -> Vec<Value> {
    let events = text.strip_prefix(":\n\n").unwrap().split_terminator("\n\n");
    let row = |event: &str| {
        let line = |name: &str| {
            let found = event.lines().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_default().to_owned()
        };
        let row: Value = serde_json::from_str(&line("data:")).unwrap();
        let id = row.get("id").map(Value::to_string);
        let kind = row["type"].as_str().unwrap();
        assert_eq!(
            (line("event:"), line("id:")),
            (kind.to_owned(), id.unwrap_or_default())
        );
        row
    };
    events.map(row).collect()
}
