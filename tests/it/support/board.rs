//! A reader of the board's stream over a plain socket.

use crate::support::raw::{Raw, request};
use crate::support::{Client, TestServer};
use serde_json::Value;

/// A stream that is open.
pub struct BoardStream {
    raw: Raw,
    text: String,
}

impl BoardStream {
    /// A stream of someone who is logged in.
    pub async fn open(server: &TestServer, client: &Client) -> Self {
        let raw = Raw::connect(server.address).await;
        Self::over(raw, client).await
    }

    /// A stream by this connection.
    pub async fn over(raw: Raw, client: &Client) -> Self {
        let accept = "Accept: text/event-stream\r\n";
        Self::send(raw, &request(client, "GET /api/v1/board", accept)).await
    }

    /// A stream of a stranger.
    pub async fn stranger(server: &TestServer) -> Self {
        let raw = Raw::connect(server.address).await;
        let head = "GET /api/v1/board HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n\r\n";
        Self::send(raw, head).await
    }

    /// A stream of the display with this key.
    pub async fn of_display(server: &TestServer, key: &str) -> Self {
        Self::of_display_over(Raw::connect(server.address).await, key).await
    }

    /// A stream of the display with this key, by this connection.
    pub async fn of_display_over(raw: Raw, key: &str) -> Self {
        let head = "GET /api/v1/board HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n";
        Self::send(raw, &format!("{head}X-Display-Key: {key}\r\n\r\n")).await
    }

    async fn send(mut raw: Raw, request: &str) -> Self {
        raw.send(request).await;
        let head = raw.reply().await.unwrap().expect(200);
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        assert_eq!(head.header("cache-control"), Some("no-cache"));
        assert_eq!(head.header("x-accel-buffering"), Some("no"));
        let text = String::new();
        Self { raw, text }
    }

    /// The next event except `alive`; `None` when the stream ends.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let (kind, data) = self.any().await?;
            if kind != "alive" {
                return Some((kind, data));
            }
        }
    }

    /// The next event; `None` when the stream ends.
    pub async fn any(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                let data = serde_json::from_str(field("data:").unwrap());
                return Some((field("event:").unwrap().to_owned(), data.unwrap()));
            }
            self.text += &self.raw.chunk().await?;
        }
    }

    /// The next event except `alive`, which is of this kind.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let (got, data) = self.next().await.unwrap();
        assert_eq!(got, kind, "{data}");
        data
    }
}

/// The row of a user in a whole board.
pub fn row(board: &Value, username: &str) -> Value {
    let people = board["people"].as_array().unwrap();
    let row = people.iter().find(|row| row["username"] == username);
    row.cloned().unwrap_or_default()
}
