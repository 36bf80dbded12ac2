//! A reader of the stream `/api/v1/events` over a plain socket, like a small device.

use crate::support::raw::{Raw, request};
use crate::support::{Client, TestServer};
use serde_json::Value;

/// A stream that is open.
pub struct EventStream {
    raw: Raw,
    text: String,
}

/// One message of the stream.
#[derive(Debug, PartialEq)]
pub struct StreamEvent {
    pub id: Option<u64>,
    pub kind: String,
    pub data: Value,
}

impl EventStream {
    /// A stream of what happens from now on.
    pub async fn open(server: &TestServer, client: &Client) -> Self {
        Self::after(server, client, None).await
    }

    /// A stream that is taken up again behind this event.
    pub async fn after(server: &TestServer, client: &Client, last: Option<u64>) -> Self {
        let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let raw = Raw::connect(server.address).await;
        Self::over(raw, client, &last).await
    }

    /// A stream by this connection, with these headers.
    pub async fn over(mut raw: Raw, client: &Client, headers: &str) -> Self {
        let headers = format!("Accept: text/event-stream\r\n{headers}");
        raw.send(request(client, "GET /api/v1/events", &headers))
            .await;
        let head = raw.reply().await.unwrap().expect(200);
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        assert_eq!(head.header("cache-control"), Some("no-cache"));
        let text = String::new();
        let mut stream = Self { raw, text };
        assert_eq!(stream.block().await.as_deref(), Some(":"), "a first byte");
        stream
    }

    /// The next message; `None` when the stream ends.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            if let Some(data) = field("data:") {
                return Some(StreamEvent {
                    id: field("id:").map(|id| id.trim().parse().unwrap()),
                    kind: field("event:").unwrap().trim().to_owned(),
                    data: serde_json::from_str(data).unwrap(),
                });
            }
            assert!(block.starts_with(':'), "{block}");
        }
    }

    /// The next of this kind, and no other before it.
    pub async fn expect(&mut self, kind: &str) -> StreamEvent {
        let event = self.next().await.unwrap();
        assert_eq!(event.kind, kind, "{event:?}");
        event
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            self.text += &self.raw.chunk().await?;
        }
    }
}
