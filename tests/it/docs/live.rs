//! docs/realtime.md: streams, events and limits. Its example for browsers is run by
//! `tests/clients/node/readme.test.mjs`.

use crate::support::TestServer;
use crate::support::docs::{block, pasted};
use crate::support::page::{Page, spans};
use crate::support::process::Home;
use doorsign::transport::limits::Limits;
use serde_json::json;

#[tokio::test]
async fn every_stream_in_the_table_accepts_exactly_its_documented_clients() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let (mut anonymous, mut live) = (server.live().await, ann.live().await);
    let rows = Page::of("realtime").table("stream");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let stream = spans(&row[0])[0].to_owned();
        let mut events: Vec<String> = spans(&row[1]).iter().map(|s| (*s).to_owned()).collect();
        if stream == "stream-user-presence" {
            events.push(String::new());
        }
        assert!(!events.is_empty(), "{stream}");
        for event in events {
            let event = event.replace("<user id>", &ann.id());
            let params = json!([event, false]);
            live.subscribe(&stream, params.clone()).await;
            if row[2] == "anyone" {
                anonymous.subscribe(&stream, params).await;
            } else {
                anonymous.refusal(&stream, params).await;
            }
        }
    }
}

#[tokio::test]
async fn the_event_stream_has_the_documented_format() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let headers = home.token("admin", "t").await;
    let admin = server.with_headers(&headers);
    admin.create("caught up").await.expect(200);
    // The stream does not end by itself: `sed` quits after an event.
    let line = block("realtime", "/api/v1/events", &server);
    let received = pasted(&format!("({line} || true) | sed -u '/^id:1$/q'"), &headers).await;
    let received = received.trim_start_matches([':', '\n']).trim_end();
    let shown = &Page::of("realtime").blocks("text")[0];
    let lines = |text: &str| -> Vec<String> { text.lines().map(normalized).collect() };
    assert_eq!(lines(received), lines(shown));
}

/// A line without the values that differ between databases.
fn normalized(line: &str) -> String {
    let Some(json) = line.strip_prefix("data:") else {
        return line.to_owned();
    };
    let mut event: serde_json::Value = serde_json::from_str(json).unwrap();
    for place in ["/time", "/actor/_id", "/data/_id", "/data/_updatedAt"] {
        *event.pointer_mut(place).unwrap() = json!("");
    }
    event.to_string()
}

#[test]
fn the_table_of_event_permissions_has_the_tested_values() {
    // tests/it/events/visibility.rs
    let rows = Page::of("realtime").table("event");
    let row = |at: usize| (spans(&rows[at][0]), spans(&rows[at][1]));
    let of_others = (vec!["presence.changed"], vec!["view-full-other-user-info"]);
    let access = vec!["permission.changed", "role.*"];
    assert_eq!(
        [row(1), row(2)],
        [of_others, (access, vec!["access-permissions"])]
    );
}

#[test]
fn the_limits_are_those_of_the_server() {
    let (limits, page) = (Limits::default(), Page::of("realtime"));
    let (ping, close) = (limits.ping.as_secs(), limits.silence.as_secs());
    page.states(&format!(
        "| silence | ping after {ping} s, closed after {close} s (code 1001);"
    ));
    page.states(&format!("Its expiry is checked every {close} s."));
    // The tests in these files check the numbers that have no constant here.
    for row in [
        // live/bounds.rs, live/hostile.rs, live/methods.rs
        "| a frame | 64 KiB; a larger one closes the connection with code 1009 |",
        "| subscriptions of a connection | 1,000, and 5,000 users watched by id |",
        "| calls of a connection | 600 a minute, 10 of one method in 10 s |",
        "| calls of a user | 1,200 a minute, 20 of one method in 10 s, `setUserStatus` once a second;",
        // src/realtime/hub/tests.rs, live/slow.rs
        "| messages waiting for a connection | 1,024; then it is closed with code 1013,",
        // live/closed.rs, src/api/ddp/socket/drive/tests
        "| 1001 | the server stops |",
        "| 1008 | the login of the connection ended:",
        // events/stream.rs, events/pages.rs
        "If more than 10,000 events are in between, you get the event `reload`",
        "`timeout` seconds (25 by default, 60 at most)",
    ] {
        page.states(row);
    }
}
