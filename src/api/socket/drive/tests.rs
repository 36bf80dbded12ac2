//! The timers and the farewells of a live connection, on a pipe and paused time. What is answered to frames is not looked at here.

use super::*;
use crate::api::{Api, Realtime};
use crate::app::{App, SystemClock};
use crate::config::Config;
use crate::domain::{PresencePolicy, Setting, UserId, UserStatus};
use crate::live::{News, Topic};
use crate::service::users::{self, NewUser};
use crate::store::sqlite::SqliteStore;
use crate::tokens::Tokens;
use futures_util::SinkExt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;

const CONNECT: &str = r#"{"msg":"connect","version":"1","support":["1"]}"#;
const PING: &str = r#"{"msg":"ping"}"#;
const PONG: &str = r#"{"msg":"pong"}"#;

/// The other end of a connection.
struct Client {
    socket: WebSocketStream<DuplexStream>,
    app: Arc<App>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    began: Instant,
}

/// What a client gets.
#[derive(Debug, PartialEq)]
enum Got {
    Text(String),
    /// The code and reason of a close.
    Close(u16, String),
}

impl Client {
    /// A connection with room for `room` bytes on their way, before its handshake.
    async fn with_room(room: usize) -> Self {
        let settings = Config::defaults_in(PathBuf::from("none"));
        let (store, tokens) = (SqliteStore::in_memory().unwrap(), Tokens::new(&[7; 32]));
        let app = App::new(
            &settings,
            Arc::new(store),
            Arc::new(SystemClock),
            tokens.unwrap(),
        );
        let app = Arc::new(app.unwrap());
        let (limits, stop) = (Limits::default(), CancellationToken::new());
        let api = Api::new(app.clone(), &settings, limits, String::new());
        let session = Session::new(
            Arc::new(api.with_realtime(Realtime::default())),
            IpAddr::V4(Ipv4Addr::LOCALHOST),
        );
        let (ours, theirs) = tokio::io::duplex(room);
        let socket = WebSocketStream::from_raw_socket(theirs, Role::Server, Some(config())).await;
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(run(socket, session, limits, stopped));
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

    /// A connection that has shaken hands.
    async fn connected() -> Self {
        let mut client = Self::new().await;
        client.send(CONNECT).await;
        assert!(client.text().await.contains("connected"));
        client
    }

    async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next text or close.
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

    /// Passes when the server asks whether the client is there, after this many seconds.
    #[track_caller]
    fn asked(&mut self, after: u64) -> impl Future<Output = ()> + use<'_> {
        self.gets(Got::Text(PING.to_owned()), after)
    }

    /// Passes when this comes next, after so many seconds from the beginning.
    async fn gets(&mut self, expected: Got, after: u64) {
        let got = self.next().await;
        assert_eq!((got, self.seconds()), (expected, after));
    }

    fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Passes when the server closes with this, and is done with the connection then.
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

fn silent() -> Got {
    Got::Close(4000, "timeout".to_owned())
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_asked_after_15_seconds_and_given_up_after_30() {
    let mut client = Client::connected().await;
    client.asked(15).await;
    client.gets(silent(), 30).await;
}

#[tokio::test(start_paused = true)]
async fn who_never_shakes_hands_is_not_asked_and_given_up_after_30_seconds() {
    let mut client = Client::new().await;
    client.gets(silent(), 30).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_a_client_sends_is_a_sign_of_life() {
    let binary = Message::Ping(Vec::new().into());
    for frame in [
        Message::text(PONG),
        Message::text(r#"{"msg":"unsub","id":"nothing"}"#),
        Message::text("no JSON"),
        binary,
    ] {
        let mut client = Client::connected().await;
        pass(10).await;
        client.socket.send(frame.clone()).await.unwrap();
        while client.seconds() < 25 {
            if let Got::Text(text) = client.next().await
                && text == PING
            {
                break;
            }
        }
        assert_eq!(client.seconds(), 25, "{frame:?}");
        client.gets(silent(), 40).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_answers_every_time_lives_on() {
    let mut client = Client::connected().await;
    while client.seconds() < 600 {
        assert_eq!(client.text().await, PING);
        client.send(PONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_every_20_seconds_lives_on() {
    let mut client = Client::connected().await;
    for round in 1..30 {
        client.asked(round * 20 - 5).await;
        pass(5).await;
        client.send(PING).await;
        client.gets(Got::Text(PONG.to_owned()), round * 20).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_says_that_the_server_goes() {
    let client = Client::connected().await;
    client.stop.cancel();
    client.ends(1001, "the server stops").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_leave_is_not_waited_for() {
    let client = Client::connected().await;
    client.stop.cancel();
    let stopped = Instant::now();
    client.running.await.unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_speaks_another_version_is_told_so_and_closed() {
    let mut client = Client::new().await;
    client
        .send(r#"{"msg":"connect","version":"0","support":["0"]}"#)
        .await;
    assert_eq!(client.text().await, r#"{"msg":"failed","version":"1"}"#);
    client.ends(1000, "").await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_no_text_or_too_large_end_the_connection() {
    let mut client = Client::connected().await;
    let bytes = Message::binary(vec![1, 2, 3]);
    client.socket.send(bytes).await.unwrap();
    client.ends(1003, "frames are text").await;
    let mut client = Client::connected().await;
    client.send(&" ".repeat(LARGEST_FRAME)).await;
    assert!(client.text().await.contains("error"), "as large as may be");
    // Its own side may fail to send all of it: the server does not read on.
    let large = " ".repeat(LARGEST_FRAME + 1);
    drop(client.socket.send(Message::text(large)).await);
    client.ends(1009, "a frame holds 64 KiB at most").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_leaves_nothing_behind() {
    let mut client = Client::connected().await;
    assert!(client.app.live.is_heard());
    client.socket.close(None).await.unwrap();
    timeout(Duration::from_secs(1), client.running)
        .await
        .unwrap()
        .unwrap();
    assert!(!client.app.live.is_heard());
    let client = Client::connected().await;
    drop(client.socket);
    timeout(Duration::from_secs(1), client.running)
        .await
        .unwrap()
        .unwrap();
    assert!(!client.app.live.is_heard());
}

/// Something that a client hears, and that no newer one takes the place of.
fn tell(app: &App) {
    app.live.publish(&Topic::Settings, || {
        News::Setting(Setting::SiteName, "x".repeat(100).as_str().into())
    });
}

#[tokio::test(start_paused = true)]
async fn who_does_not_keep_up_is_cut_and_can_still_read_why() {
    let mut client = Client::with_room(2 * 1024).await;
    client.send(CONNECT).await;
    client.text().await;
    client
        .send(r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#)
        .await;
    assert!(client.text().await.contains("ready"));
    for _ in 0..8 {
        for _ in 0..1000 {
            tell(&client.app);
        }
        tokio::task::yield_now().await;
    }
    let end = loop {
        match client.next().await {
            Got::Text(text) => assert!(text.contains("public-settings-changed")),
            close @ Got::Close(..) => break close,
        }
    };
    assert_eq!(end, Got::Close(1013, "too slow: connect again".to_owned()));
    assert_eq!(client.seconds(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_and_is_too_slow_is_dropped_after_the_time_to_write() {
    let mut client = Client::with_room(2 * 1024).await;
    client.send(CONNECT).await;
    client.text().await;
    client
        .send(r#"{"msg":"sub","id":"s","name":"stream-notify-all","params":["public-settings-changed"]}"#)
        .await;
    client.text().await;
    for _ in 0..4000 {
        tell(&client.app);
    }
    let began = Instant::now();
    timeout(Duration::from_secs(60), client.running)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(began.elapsed(), Limits::default().write);
}

/// A connection of ann, logged in before time is paused: the database takes real time.
async fn anns() -> (Client, UserId) {
    let mut client = Client::connected().await;
    let new = NewUser {
        username: "ann".to_owned(),
        name: None,
        email: None,
        roles: vec!["user".to_owned()],
        password: "ann's password".to_owned(),
    };
    users::create(&client.app, new).await.unwrap();
    let token = users::create_token(&client.app, "ann", "t", None).await;
    let (id, token) = token.unwrap();
    let login = r#"{"msg":"method","id":"1","method":"login","params":[{"resume":"TOKEN"}]}"#;
    client.send(&login.replace("TOKEN", &token)).await;
    while !client.text().await.contains("updated") {}
    tokio::time::pause();
    (client, id)
}

#[tokio::test]
async fn who_answers_every_time_stays_online() {
    let (mut client, ann) = anns().await;
    let status = |app: &App| app.connections.status(&ann, PresencePolicy::Connection);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(600) {
        assert_eq!(client.text().await, PING);
        client.send(PONG).await;
        assert_eq!(
            status(&client.app),
            UserStatus::Online,
            "{:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn who_asks_now_and_then_stays_online() {
    for every in [1, 14, 16, 20, 29] {
        let (mut client, ann) = anns().await;
        for _ in 0..100 {
            pass(every).await;
            client.send(PING).await;
            while client.text().await != PONG {}
            let status = client
                .app
                .connections
                .status(&ann, PresencePolicy::Connection);
            assert_eq!(status, UserStatus::Online, "every {every} s");
        }
        tokio::time::resume();
    }
}
