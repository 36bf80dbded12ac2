//! A small client of the realtime protocol for tests of presence: it logs in by token, calls, subscribes, and keeps what it is told
//! meanwhile in its order. Answers the server's questions whether it is there. Does not know what a server should say.

use crate::support::{Client, TestServer, in_time};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// A live connection. Dropping it is leaving without a farewell.
pub struct Live {
    socket: WebSocketStream<TcpStream>,
    /// What streams told and nobody has taken yet.
    told: VecDeque<Value>,
    calls: u32,
}

impl Live {
    /// A connection that nobody has logged in by.
    pub async fn open(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let url = format!("ws://{}/websocket", server.address);
        let opened = in_time("an upgrade", tokio_tungstenite::client_async(url, stream)).await;
        let mut live = Self {
            socket: opened.unwrap().0,
            told: VecDeque::new(),
            calls: 0,
        };
        live.say(json!({"msg": "connect", "version": "1", "support": ["1"]}))
            .await;
        live.wait(|frame| frame["msg"] == "connected").await;
        live
    }

    /// A connection of `client`.
    pub async fn of(server: &TestServer, client: &Client) -> Self {
        let mut live = Self::open(server).await;
        let token = &client.credentials.as_ref().unwrap().1;
        let entered = live.call("login", json!([{"resume": token}])).await;
        assert_eq!(entered["id"], client.id());
        live
    }

    /// Calls a method: its result; null for none.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id();
        self.say(json!({"msg": "method", "id": id, "method": method, "params": params}))
            .await;
        let result = self.wait(|f| f["msg"] == "result" && f["id"] == id).await;
        assert_eq!(result.get("error"), None, "{method}");
        result["result"].clone()
    }

    /// Subscribes; passes when that was allowed.
    pub async fn subscribe(&mut self, name: &str, params: Value) {
        let id = self.next_id();
        self.say(json!({"msg": "sub", "id": id, "name": name, "params": params}))
            .await;
        let is_it = |f: &Value| f["subs"] == json!([id]) || f["msg"] == "nosub" && f["id"] == id;
        let answer = self.wait(is_it).await;
        assert_eq!(answer["msg"], "ready", "{answer}");
    }

    /// Listens to `event` of what everybody who is logged in may hear.
    pub async fn hear(&mut self, event: &str) {
        self.subscribe("stream-notify-logged", json!([event])).await;
    }

    /// The next thing that a stream tells: its name and the arguments.
    pub async fn told(&mut self) -> (String, Value) {
        let frame = match self.told.pop_front() {
            Some(frame) => frame,
            // The server's questions are no news: they put nothing off.
            None => in_time("news", self.wait_for_news()).await,
        };
        let fields = &frame["fields"];
        let event = fields["eventName"].as_str().unwrap().to_owned();
        (event, fields["args"].clone())
    }

    /// The code that the server closes with, whatever it tells before.
    pub async fn closed(mut self) -> u16 {
        loop {
            match in_time("a close", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                end => panic!("cut: {end:?}"),
            }
        }
    }

    async fn wait_for_news(&mut self) -> Value {
        self.wait(|frame| frame["msg"] == "changed").await
    }

    /// The first frame that is so. News before it are kept.
    async fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.read().await;
            if is_it(&frame) {
                return frame;
            }
            if frame["msg"] == "changed" && frame["collection"] != "users" {
                self.told.push_back(frame);
            }
        }
    }

    async fn read(&mut self) -> Value {
        in_time("a frame but pings", self.read_on()).await
    }

    async fn read_on(&mut self) -> Value {
        loop {
            let Some(Ok(message)) = in_time("a frame", self.socket.next()).await else {
                panic!("the connection was cut");
            };
            let Message::Text(text) = message else {
                assert!(!message.is_close(), "{message:?}");
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["msg"] == "ping" {
                self.say(json!({"msg": "pong"})).await;
            } else {
                return frame;
            }
        }
    }

    async fn say(&mut self, frame: Value) {
        let said = self.socket.send(Message::text(frame.to_string()));
        in_time("taking a frame", said).await.unwrap();
    }

    fn next_id(&mut self) -> String {
        self.calls += 1;
        self.calls.to_string()
    }
}
