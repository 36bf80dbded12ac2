//! A client with a live connection. Frames that it skips while waiting for another one are kept in
//! order.

use super::{Client, TestServer, in_time};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{self, Message};

/// What a connection ends with that was closed without a word.
pub const CUT: u16 = 1006;

/// A live connection.
pub struct Live {
    socket: WebSocketStream<TcpStream>,
    kept: VecDeque<String>,
    asked: u32,
}

impl TestServer {
    /// A live connection that has sent nothing yet.
    pub async fn socket(&self) -> Live {
        Live::open(self.address).await
    }

    /// A live connection without a login.
    pub async fn live(&self) -> Live {
        self.anon().live().await
    }
}

impl Client {
    /// A live connection of this client, logged in by its token if it has one.
    pub async fn live(&self) -> Live {
        let mut live = Live::open(self.address()).await;
        live.connect().await;
        if let Some((_, token)) = &self.credentials {
            let entered = live.log_in(json!({"resume": token})).await;
            assert_eq!(entered["id"], self.id());
        }
        live
    }
}

impl Live {
    /// Opens a connection and sends nothing.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, address).await.unwrap()
    }

    /// As [`open`](Self::open), by a stream that is there already.
    pub async fn over(stream: TcpStream, address: SocketAddr) -> Result<Self, tungstenite::Error> {
        Self::at("/websocket", stream, address).await
    }

    /// As [`over`](Self::over), at another path.
    pub async fn at(
        path: &str,
        stream: TcpStream,
        address: SocketAddr,
    ) -> Result<Self, tungstenite::Error> {
        let url = format!("ws://{address}{path}");
        let opened = in_time("an upgrade", tokio_tungstenite::client_async(url, stream)).await;
        let (kept, asked) = (VecDeque::new(), 0);
        opened.map(|(socket, _)| Self {
            socket,
            kept,
            asked,
        })
    }

    /// A connection that goes over `stream` already.
    pub async fn resumed(stream: TcpStream) -> Self {
        Self {
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, None).await,
            kept: VecDeque::new(),
            asked: 0,
        }
    }

    /// What it goes over.
    pub fn into_stream(self) -> TcpStream {
        self.socket.into_inner()
    }

    /// Shakes hands.
    pub async fn connect(&mut self) {
        let connect = json!({"msg": "connect", "version": "1", "support": ["1", "pre2", "pre1"]});
        self.send_frame(connect).await;
        let connected = self.receive().await;
        assert_eq!(connected["msg"], "connected", "{connected}");
    }

    /// Logs in, and answers the result.
    pub async fn log_in(&mut self, with: Value) -> Value {
        let entered = self.result("login", json!([with])).await;
        let user = self.receive().await;
        assert_eq!(user["collection"], "users", "{user}");
        entered
    }

    pub async fn send(&mut self, message: Message) {
        self.try_send(message).await.unwrap();
    }

    /// As [`send`](Self::send), to a server that may close meanwhile.
    pub async fn try_send(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        in_time("taking a frame", self.socket.send(message)).await
    }

    /// Sends any text, even invalid JSON.
    pub async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    pub async fn send_frame(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// The next frame.
    pub async fn receive(&mut self) -> Value {
        let text = self.hear_text().await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The next frame as text, without the server's pings.
    pub async fn hear_text(&mut self) -> String {
        if let Some(kept) = self.kept.pop_front() {
            return kept;
        }
        // One time limit for all: otherwise a server that only sends pings would never time out.
        let next = async {
            loop {
                match self.read().await {
                    Ok(ping) if ping == r#"{"msg":"ping"}"# => {
                        self.send_text(r#"{"msg":"pong"}"#).await;
                    }
                    Ok(text) => return text,
                    Err(code) => panic!("closed with {code}"),
                }
            }
        };
        in_time("a frame but pings", next).await
    }

    /// The next frame off the socket, or the code that it was closed with.
    pub async fn read(&mut self) -> Result<String, u16> {
        loop {
            match in_time("a frame", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => return Err(code(frame)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("{other:?}"),
                Some(Err(_)) | None => return Err(CUT),
            }
        }
    }

    /// The first frame that is so; those before it are kept.
    pub async fn next_where(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        in_time("a certain frame", self.find(is_it)).await
    }

    async fn find(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut before = VecDeque::new();
        loop {
            let text = self.hear_text().await;
            let frame: Value = serde_json::from_str(&text).unwrap();
            if is_it(&frame) {
                before.append(&mut self.kept);
                self.kept = before;
                return frame;
            }
            before.push_back(text);
        }
    }

    /// Discards the frames that it skipped.
    pub fn forget(&mut self) {
        self.kept.clear();
    }

    /// Passes when this is the next frame, whole.
    #[track_caller]
    pub fn expect(&mut self, frame: Value) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let heard = self.receive().await;
            assert_eq!(heard, frame, "at {place}");
        }
    }

    /// Calls a method. Returns the response without the call's id.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.id();
        self.send_frame(json!({"msg": "method", "id": id, "method": method, "params": params}))
            .await;
        let of_call = |frame: &Value| frame["msg"] == "result" && frame["id"] == id;
        let mut result = self.next_where(of_call).await;
        self.next_where(|frame| *frame == json!({"msg": "updated", "methods": [id]}))
            .await;
        let fields = result.as_object_mut().unwrap();
        fields.retain(|key, _| !["msg", "id"].contains(&key.as_str()));
        result
    }

    /// The result of a call that has to succeed.
    pub async fn result(&mut self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The error of a call that has to fail.
    pub async fn failure(&mut self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        assert!(answer.get("result").is_none(), "{method}: {answer}");
        answer["error"].clone()
    }

    /// Subscribes: the subscription's id, and the `ready` or `nosub` that came.
    pub async fn ask(&mut self, name: &str, params: Value) -> (String, Value) {
        let id = self.id();
        self.send_frame(json!({"msg": "sub", "id": id, "name": name, "params": params}))
            .await;
        let of_subscription = |frame: &Value| match frame["msg"].as_str() {
            Some("ready") => frame["subs"] == json!([id]),
            Some("nosub") => frame["id"] == id,
            _ => false,
        };
        let answer = self.next_where(of_subscription).await;
        (id, answer)
    }

    /// Subscribes, and expects success.
    pub async fn subscribe(&mut self, name: &str, params: Value) -> String {
        let (id, answer) = self.ask(name, params).await;
        assert_eq!(answer["msg"], "ready", "{name}: {answer}");
        id
    }

    /// Subscribes to an event of `stream-notify-logged`.
    pub async fn listen(&mut self, event: &str) {
        self.subscribe("stream-notify-logged", json!([event])).await;
    }

    /// The next event of a stream: its name and arguments. Drops frames of other kinds before it,
    /// and changes of the own user.
    pub async fn next_event(&mut self) -> (String, Value) {
        let next = async {
            loop {
                let frame = self.receive().await;
                if frame["msg"] == "changed" && frame["collection"] != "users" {
                    return frame;
                }
            }
        };
        let frame = in_time("an event of a stream", next).await;
        let fields = &frame["fields"];
        let event = fields["eventName"].as_str().unwrap().to_owned();
        (event, fields["args"].clone())
    }

    /// The error of a subscription that has to be refused.
    pub async fn refusal(&mut self, name: &str, params: Value) -> Value {
        let (_, answer) = self.ask(name, params).await;
        assert_eq!(answer["msg"], "nosub", "{name}: {answer}");
        answer["error"].clone()
    }

    pub async fn unsubscribe(&mut self, id: &str) {
        self.send_frame(json!({"msg": "unsub", "id": id})).await;
        self.next_where(|frame| *frame == json!({"msg": "nosub", "id": id}))
            .await;
    }

    /// Passes when the response is the next frame.
    pub async fn is_open(&mut self) {
        let id = self.id();
        self.send_frame(json!({"msg": "ping", "id": id})).await;
        self.expect(json!({"msg": "pong", "id": id})).await;
    }

    /// The close code of the server. Ignores earlier frames.
    pub async fn closed(&mut self) -> u16 {
        let closing = async {
            loop {
                if let Err(code) = self.read().await {
                    return code;
                }
            }
        };
        in_time("a close", closing).await
    }

    fn id(&mut self) -> String {
        self.asked += 1;
        self.asked.to_string()
    }
}

fn code(frame: Option<CloseFrame>) -> u16 {
    frame.map_or(1005, |frame| frame.code.into())
}
