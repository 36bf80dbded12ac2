//! A slow reader of events reads the store at its own pace and misses nothing.

use crate::support::Setup;
use crate::support::event_stream::EventStream;
use crate::support::events::{expect_status, position};
use doorsign::transport::limits::Limits;
use serde_json::{Value, json};
use std::time::Duration;

/// More bytes than lie between two sockets, in events of this many bytes.
const EVENTS: usize = 3000;
const BYTES: usize = 5000;

#[tokio::test]
async fn a_reader_that_pauses_receives_every_event_in_order() {
    let server = Setup::new()
        .limits(Limits {
            write: Duration::from_secs(600),
            ..Limits::default()
        })
        .start()
        .await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let since = position(&ann).await;
    let mut stream = EventStream::open(&server, &ann).await;
    let long = "x".repeat(BYTES);
    for begin in (0..EVENTS).step_by(50) {
        let changes = (begin..begin + 50).map(|n| {
            let value = json!({"value": format!("{n} {long}")});
            admin.post("settings/Site_Name", value)
        });
        for changed in futures_util::future::join_all(changes).await {
            changed.expect(200);
        }
    }
    let mut numbers = Vec::new();
    while numbers.len() < EVENTS {
        let (event, position) = (stream.next().await.unwrap(), since + numbers.len() as u64);
        if event.kind == "reload" {
            // What overflowed may have held messages that are not stored; the events are.
            assert_eq!(event.id, Some(position));
            continue;
        }
        assert_eq!(
            (&*event.kind, event.id),
            ("setting.changed", Some(position + 1))
        );
        let value: &Value = &event.data["data"]["value"];
        let number = value.as_str().unwrap().split(' ').next().unwrap();
        numbers.push(number.parse::<usize>().unwrap());
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..EVENTS), "each once");
    admin.create("at last").await.expect(200);
    expect_status(&mut stream, "at last").await;
}
