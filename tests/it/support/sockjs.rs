//! A client with a live connection that uses the frames of SockJS.

use super::{Live, TestServer};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// The address that Pidgin's plugin connects to, by its scheme.
pub const PATH: &str = "/sockjs/123/pidgin7/websocket";

/// A live connection.
pub struct SockJs {
    live: Live,
    unread: VecDeque<Value>,
}

impl TestServer {
    /// A connection whose greeting is read, before the handshake.
    pub async fn sockjs(&self) -> SockJs {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let live = Live::at(PATH, stream, self.address).await.unwrap();
        let unread = VecDeque::new();
        let mut client = SockJs { live, unread };
        assert_eq!(client.frame().await, "o");
        assert_eq!(client.receive().await, json!({"server_id": "0"}));
        client
    }

    /// A connection after its handshake.
    pub async fn connected_sockjs(&self) -> SockJs {
        let mut client = self.sockjs().await;
        client.send(&[connect()]).await;
        assert_eq!(client.receive().await["msg"], "connected");
        client
    }
}

/// The handshake of the realtime protocol.
pub fn connect() -> Value {
    json!({"msg": "connect", "version": "1", "support": ["1"]})
}

impl SockJs {
    /// Sends any text as a frame.
    pub async fn send_frame(&mut self, frame: &str) {
        self.live.send_text(frame).await;
    }

    pub async fn send_raw(&mut self, frame: Message) {
        let _ = self.live.try_send(frame).await;
    }

    /// Sends messages in one frame.
    pub async fn send(&mut self, messages: &[Value]) {
        let texts: Vec<_> = messages.iter().map(Value::to_string).collect();
        self.send_frame(&json!(texts).to_string()).await;
    }

    /// The next frame, as it is.
    pub async fn frame(&mut self) -> String {
        self.live.read().await.unwrap()
    }

    /// The next message.
    pub async fn receive(&mut self) -> Value {
        loop {
            if let Some(message) = self.unread.pop_front() {
                return message;
            }
            let frame = self.frame().await;
            let array = frame.strip_prefix('a').unwrap_or_else(|| panic!("{frame}"));
            let texts: Vec<String> = serde_json::from_str(array).unwrap();
            let messages = texts.iter().map(|text| serde_json::from_str(text).unwrap());
            self.unread.extend(messages);
        }
    }

    /// The next message that is so.
    pub async fn next_where(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.receive().await;
            if is_it(&message) {
                return message;
            }
        }
    }

    /// Passes when the response is the next message.
    pub async fn is_open(&mut self) {
        self.send(&[json!({"msg": "ping", "id": "open"})]).await;
        let pong = json!({"msg": "pong", "id": "open"});
        assert_eq!(self.receive().await, pong);
    }

    /// Passes when the server closes with this code and reason, first in SockJS's frame.
    pub async fn ends(&mut self, code: u16, reason: &str) {
        let farewell = format!("c{}", json!([code, reason]));
        while self.frame().await != farewell {}
        assert_eq!(self.live.read().await, Err(code));
    }
}
