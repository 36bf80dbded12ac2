//! Hostile live connections: invalid WebSocket frames, binary frames, invalid JSON, oversized
//! messages and clients that vanish. The server keeps answering others. `slow` covers clients that
//! read too slowly.

use crate::support::listener::{assert_serving, assert_unaffected};
use crate::support::presence::seen;
use crate::support::raw::Raw;
use crate::support::{CUT, Live, Setup, TestServer, in_time};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

const LARGEST: usize = 64 * 1024;

/// A seeded random number generator (xorshift).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

/// Sends these bytes after an upgrade and returns the code that the server closes with.
async fn closed_by(server: &TestServer, bytes: &[u8]) -> u16 {
    let mut raw = Raw::sent(
        server,
        format!(
            "GET /websocket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            server.address
        ),
    )
    .await;
    assert_eq!(raw.reply().await.unwrap().status, 101);
    raw.send(bytes).await;
    let mut head = [0; 4];
    if in_time("a close", raw.stream.read_exact(&mut head))
        .await
        .is_err()
    {
        return CUT;
    }
    assert_eq!(head[0], 0x88, "not a close frame");
    u16::from_be_bytes([head[2], head[3]])
}

/// A client frame with a mask of zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn protocol_errors_close_with_the_matching_code() {
    let server = TestServer::start().await;
    let connect = br#"{"msg":"connect","version":"1","support":["1"]}"#;
    for (what, bytes, code) in [
        ("an unmasked frame", [&[0x81, 2][..], b"{}"].concat(), 1002),
        ("a reserved bit", masked(0xC1, b"{}"), 1002),
        ("a reserved opcode", masked(0x83, b"{}"), 1002),
        ("a reserved control opcode", masked(0x8B, b""), 1002),
        ("a continuation without a start", masked(0x80, b"{}"), 1002),
        ("a fragmented ping", masked(0x09, b""), 1002),
        (
            "two starts of a message",
            [masked(0x01, b"{"), masked(0x81, b"}")].concat(),
            1002,
        ),
        ("a binary frame", masked(0x82, connect), 1003),
        ("invalid UTF-8", masked(0x81, &[b'{', 0xFF, b'}']), 1007),
        (
            "invalid UTF-8 in fragments",
            [masked(0x01, &[0xC3]), masked(0x80, b"(")].concat(),
            1007,
        ),
        (
            "a long ping",
            [&[0x89, 0xFE, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat(),
            1002,
        ),
        (
            "the largest valid length",
            [0x81, 0xFF, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec(),
            1009,
        ),
        (
            "an invalid length",
            [
                0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
            ]
            .to_vec(),
            1009,
        ),
    ] {
        assert_eq!(closed_by(&server, &bytes).await, code, "{what}");
    }
    assert_serving(&server).await;
}

#[tokio::test]
async fn random_bytes_do_not_affect_other_connections() {
    let server = TestServer::start().await;
    let mut random = Seeded(0x5EED);
    for _ in 0..40 {
        let mut stream = Live::open(server.address).await.into_stream();
        let length = 1 + random.next(4000);
        let bytes: Vec<u8> = (0..length)
            .map(|_| u8::try_from(random.next(256)).unwrap())
            .collect();
        // The server may close the connection before all bytes are sent.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await;
    }
    assert_serving(&server).await;
}

#[tokio::test]
async fn mutated_frames_do_not_close_the_connection() {
    let server = TestServer::start().await;
    let mut live = server.user("ann").await.live().await;
    let mut random = Seeded(0xD00F);
    let valid = [
        r#"{"msg":"method","id":"1","method":"listCustomUserStatus","params":[]}"#,
        r#"{"msg":"sub","id":"1","name":"stream-user-presence","params":["",{"added":["x"]}]}"#,
        r#"{"msg":"connect","version":"1","support":["1"]}"#,
        r#"{"msg":"ping","id":"1"}"#,
    ];
    for round in 0..400 {
        let mut text: Vec<char> = valid[round % valid.len()].chars().collect();
        for _ in 0..=random.next(4) {
            let at = random.next(text.len());
            match random.next(3) {
                0 if text.len() > 1 => drop(text.remove(at)),
                1 => text[at] = ['"', '{', ']', '\0', '7', 'é', '\u{10FFFF}'][random.next(7)],
                _ => text.truncate(at.max(1)),
            }
        }
        live.send_text(&text.into_iter().collect::<String>()).await;
        assert_unaffected(&mut live).await;
    }
    assert_serving(&server).await;
}

#[tokio::test]
async fn deep_nesting_and_extreme_numbers_are_answered() {
    let server = TestServer::start().await;
    let mut live = server.live().await;
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for text in [
        nested(30_000),
        "[".repeat(60_000),
        r#"{"a":"#.repeat(10_000),
        format!(r#"{{"msg":"ping","id":{}}}"#, nested(200)),
        r#"{"msg":"ping","id":1e400}"#.to_owned(),
        format!(r#"{{"msg":"ping","id":{}}}"#, "9".repeat(400)),
    ] {
        live.send_text(&text).await;
        assert_eq!(
            live.receive().await,
            json!({"msg": "error", "reason": "Parse error"})
        );
    }
    for id in [
        nested(100),
        "123456789012345678901234567890".to_owned(),
        "-1e-400".to_owned(),
        r#""\ud83d\ude00\u0000""#.to_owned(),
    ] {
        live.send_text(&format!(r#"{{"msg":"ping","id":{id}}}"#))
            .await;
        assert_eq!(live.receive().await["msg"], "pong", "{id}");
    }
    live.send_text(
        r#"{"msg":"sub","id":"1","name":"stream-notify-all","params":[1e308,{"a":-0.0}]}"#,
    )
    .await;
    assert_eq!(live.receive().await["error"]["error"], "invalid-event-name");
    live.is_open().await;
    assert_serving(&server).await;
}

/// A ping of `length` bytes in total.
fn ping(length: usize) -> String {
    let empty = r#"{"msg":"ping","id":""}"#.len();
    format!(r#"{{"msg":"ping","id":"{}"}}"#, "x".repeat(length - empty))
}

/// A fragment of a message.
fn fragment(text: &str, kind: Data, is_last: bool) -> Message {
    let bytes = text.as_bytes().to_vec();
    Message::Frame(Frame::message(bytes, OpCode::Data(kind), is_last))
}

#[tokio::test]
async fn messages_over_64_kib_are_refused_in_one_frame_or_several() {
    let server = TestServer::start().await;
    let largest = ping(LARGEST);
    assert_eq!(largest.len(), LARGEST);
    let mut live = server.live().await;
    live.send_text(&largest).await;
    assert_eq!(live.receive().await["msg"], "pong");
    let (first, second) = largest.split_at(40_000);
    live.send(fragment(first, Data::Text, false)).await;
    live.send(Message::Ping("between".into())).await;
    live.send(fragment("", Data::Continue, false)).await;
    live.send(fragment(second, Data::Continue, true)).await;
    assert_eq!(live.receive().await["msg"], "pong");
    let mut whole = server.live().await;
    whole.send_text(&ping(LARGEST + 1)).await;
    assert_eq!(whole.closed().await, 1009);
    let too_large = ping(LARGEST + 1);
    let (first, second) = too_large.split_at(LARGEST / 2);
    live.send(fragment(first, Data::Text, false)).await;
    live.send(fragment(second, Data::Continue, true)).await;
    assert_eq!(live.closed().await, 1009);
    assert_serving(&server).await;
}

#[tokio::test]
async fn a_client_that_vanishes_is_offline_after_the_silence_timeout() {
    let limits = Limits {
        ping: Duration::from_millis(500),
        silence: Duration::from_millis(1000),
        ..Limits::default()
    };
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.limits(limits).start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    // This client neither reads nor closes.
    let half_open = ann.live().await;
    let gone = async { while seen(&bob, &ann).await != "offline" {} };
    in_time("ann to be offline", gone).await;
    drop(half_open);
    assert_serving(&server).await;
}

#[tokio::test]
async fn a_client_that_disconnects_is_offline_at_once() {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    for is_polite in [true, false] {
        let mut live = ann.live().await;
        assert_eq!(seen(&bob, &ann).await, "online");
        if is_polite {
            live.send(Message::Close(None)).await;
            assert_eq!(live.closed().await, 1005);
        }
        drop(live);
        let gone = async { while seen(&bob, &ann).await != "offline" {} };
        in_time("ann to be offline", gone).await;
    }
}
