//! A live connection over an in-memory pipe, mostly with paused time. `silence` tests pings and
//! timeouts, `end` how connections end, `hidden` statuses that must not be sent any more. The
//! responses to frames are not tested here.

mod end;
mod hidden;
mod silence;

use super::*;
use crate::api::{Api, Realtime};
use crate::app::{App, SystemClock};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::hooks::registry::Webhooks;
use crate::store;
use crate::transport::FrameMeter;
use futures_util::SinkExt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;

const CONNECT: &str = r#"{"msg":"connect","version":"1","support":["1"]}"#;
const PING: &str = r#"{"msg":"ping"}"#;
const PONG: &str = r#"{"msg":"pong"}"#;

/// The client's side of a connection.
struct Client {
    socket: WebSocketStream<DuplexStream>,
    app: Arc<App>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    began: Instant,
}

/// What a client receives.
#[derive(Debug, PartialEq)]
enum Got {
    Text(String),
    /// The code and reason of a close.
    Close(u16, String),
}

impl Client {
    /// Opens a connection with a buffer of `room` bytes, before its handshake.
    async fn with_room(room: usize) -> Self {
        let login = Duration::from_secs(3600); // Most tests never log in.
        Self::open(
            room,
            Limits {
                login,
                ..Limits::default()
            },
        )
        .await
    }

    /// Like [`with_room`](Self::with_room), with these limits.
    async fn open(room: usize, limits: Limits) -> Self {
        Self::framed(room, limits, Framing::Plain).await
    }

    /// Like [`open`](Self::open), with this framing.
    async fn framed(room: usize, limits: Limits, framing: Framing) -> Self {
        let settings = Config::defaults_in(PathBuf::from("none"));
        let (store, tokens) = (store::open_in_memory().unwrap(), Tokens::new(&[7; 32]));
        let clock = Arc::new(SystemClock);
        let webhooks = Arc::new(Webhooks::new(&settings, clock.clone()).unwrap());
        let app = App::new(&settings, store, clock, tokens.unwrap(), webhooks);
        let app = Arc::new(app.unwrap());
        let stop = CancellationToken::new();
        let api = Api::new(app.clone(), &settings, limits, String::new());
        let session = Session::new(
            Arc::new(api.with_realtime(Realtime::default())),
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            None,
            FrameMeter::new(None),
        );
        let (ours, theirs) = tokio::io::duplex(room);
        let socket = WebSocketStream::from_raw_socket(theirs, Role::Server, Some(config())).await;
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(run(socket, session, (limits, framing), stopped));
        Self {
            socket: WebSocketStream::from_raw_socket(ours, Role::Client, None).await,
            app,
            stop,
            running,
            began: Instant::now(),
        }
    }

    async fn new() -> Self {
        Self::with_room(64 * 1024).await
    }

    /// Opens a connection and completes its handshake.
    async fn connected() -> Self {
        let mut client = Self::new().await;
        client.send(CONNECT).await;
        assert!(client.text().await.contains("connected"));
        client
    }

    async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Returns the next text or close.
    async fn next(&mut self) -> Got {
        loop {
            let next = timeout(Duration::from_secs(1000), self.socket.next()).await;
            match next.unwrap().unwrap().unwrap() {
                Message::Text(text) => return Got::Text(text.to_string()),
                Message::Close(frame) => {
                    let frame = frame.unwrap();
                    return Got::Close(frame.code.into(), frame.reason.to_string());
                }
                _ => {}
            }
        }
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Got::Text(text) => text,
            close @ Got::Close(..) => panic!("{close:?}"),
        }
    }

    /// Asserts that the server sends a ping next, this many seconds after the start.
    #[track_caller]
    fn asked(&mut self, after: u64) -> impl Future<Output = ()> + use<'_> {
        self.gets(Got::Text(PING.to_owned()), after)
    }

    /// Asserts that this arrives next, this many seconds after the start.
    async fn gets(&mut self, expected: Got, after: u64) {
        let got = self.next().await;
        assert_eq!((got, self.seconds()), (expected, after));
    }

    fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Asserts that the server closes with this code and reason, and then finishes.
    async fn ends(mut self, code: u16, reason: &str) {
        assert_eq!(self.next().await, Got::Close(code, reason.to_owned()));
        let rest = async { while self.socket.next().await.is_some() {} };
        timeout(Duration::from_secs(1), rest).await.unwrap();
        timeout(Duration::from_secs(1), self.running)
            .await
            .unwrap()
            .unwrap();
    }
}
