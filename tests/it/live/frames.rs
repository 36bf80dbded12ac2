//! The realtime protocol, frame by frame: the upgrade, the handshake, heartbeats, calls,
//! subscriptions and invalid input. Source: compatibility 9.1. `methods` and `streams` cover what
//! methods and streams do.

use crate::support::raw::Raw;
use crate::support::{Live, Setup, TestServer, golden_lines};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// Sends the frames and returns them with all responses, each marked by its direction.
async fn transcript(live: &mut Live, frames: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for text in frames {
        lines.push(format!("> {text}"));
        live.send_text(text).await;
        live.send_text(r#"{"msg":"ping","id":"heard"}"#).await;
        loop {
            let received = live.hear_text().await;
            if received.contains(r#""id":"heard""#) {
                break;
            }
            lines.push(format!("< {received}"));
        }
    }
    lines
}

#[tokio::test]
async fn the_handshake_must_come_first_and_only_once() {
    let server = TestServer::start().await;
    let (mut live, mut lines) = (server.socket().await, Vec::new());
    for text in [
        r#"{"msg":"ping"}"#,
        r#"{"msg":"sub","id":"1","name":"stream-notify-all","params":["x"]}"#,
        r#"{"msg":"dance"}"#,
        "{}",
        "no JSON",
        r#"{"msg":"connect","version":"1","support":["1","pre2","pre1"]}"#,
        r#"{"msg":"connect","version":"1","support":["1"]}"#,
    ] {
        lines.push(format!("> {text}"));
        live.send_text(text).await;
        lines.push(format!("< {}", live.hear_text().await));
    }
    golden_lines("live_handshake", &lines);
    live.is_open().await;
}

#[tokio::test]
async fn each_session_has_its_own_id() {
    let server = TestServer::start().await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let mut live = server.socket().await;
        live.send_frame(json!({"msg": "connect", "version": "1", "support": ["1"]}))
            .await;
        sessions.push(live.receive().await["session"].as_str().unwrap().to_owned());
    }
    assert_ne!(sessions[0], sessions[1]);
}

#[tokio::test]
async fn an_unsupported_version_gets_the_supported_one_and_is_closed() {
    let server = TestServer::start().await;
    for (connect, version) in [
        (json!({"version": "pre2", "support": ["1", "pre2"]}), "1"),
        (json!({"version": 1, "support": ["1"]}), "1"),
        (json!({"version": "1", "support": ["pre1"]}), "pre1"),
        (json!({"version": "1", "support": "1"}), "1"),
        (json!({"version": "7", "support": ["7"]}), "1"),
        (json!({}), "1"),
    ] {
        let mut connect = connect;
        connect["msg"] = json!("connect");
        let mut live = server.socket().await;
        live.send_frame(connect.clone()).await;
        live.expect(json!({"msg": "failed", "version": version}))
            .await;
        assert_eq!(live.closed().await, 1000, "{connect}");
    }
}

#[tokio::test]
async fn clients_with_older_protocol_versions_can_connect() {
    let server = TestServer::start().await;
    for version in ["pre2", "pre1"] {
        let mut live = server.socket().await;
        live.send_frame(json!({"msg": "connect", "version": version, "support": [version]}))
            .await;
        assert_eq!(live.receive().await["msg"], "connected", "{version}");
    }
}

#[tokio::test]
async fn valid_frames_get_the_expected_responses() {
    let server = TestServer::start().await;
    let mut live = server.live().await;
    let frames = [
        r#"{"msg":"ping"}"#,
        r#"{"msg":"ping","id":"a"}"#,
        r#"{"msg":"ping","id":7}"#,
        r#"{"msg":"pong"}"#,
        r#"{"msg":"pong","id":"a"}"#,
        r#"{"msg":"method","id":"m1","method":"UserPresence:ping","params":[]}"#,
        r#"{"msg":"method","id":"m2","method":"UserPresence:ping"}"#,
        r#"{"msg":"method","id":"m3","method":"listCustomUserStatus","params":[],"randomSeed":"x"}"#,
        r#"{"msg":"method","id":"m4","method":"fly","params":[]}"#,
        r#"{"msg":"sub","id":"s1","name":"stream-notify-all","params":["public-settings-changed",false]}"#,
        r#"{"msg":"sub","id":"s1","name":"stream-notify-all","params":["public-settings-changed",false]}"#,
        r#"{"msg":"sub","id":"s1","name":"nothing","params":[]}"#,
        r#"{"msg":"sub","id":"s2","name":"nothing","params":[]}"#,
        r#"{"msg":"sub","id":"s3","name":"stream-notify-all","params":["x",{"useCollection":true,"args":[]}]}"#,
        r#"{"msg":"sub","id":"s4","name":"stream-notify-all","params":["x",true]}"#,
        r#"{"msg":"sub","id":"s5","name":"stream-notify-all","params":["x"]}"#,
        r#"{"msg":"sub","id":"s6","name":"meteor.loginServiceConfiguration"}"#,
        r#"{"msg":"unsub","id":"s1"}"#,
        r#"{"msg":"unsub","id":"s1"}"#,
        r#"{"msg":"unsub","id":"never"}"#,
        r#"{"msg":"sub","id":"s1","name":"stream-notify-all","params":["again"]}"#,
    ];
    golden_lines("live_answers", &transcript(&mut live, &frames).await);
}

#[tokio::test]
async fn invalid_frames_get_errors_and_keep_the_connection_open() {
    let server = TestServer::start().await;
    let mut live = server.live().await;
    let frames = [
        "",
        "{",
        "null",
        "[]",
        "7",
        r#""msg""#,
        "{}",
        r#"{"msg":""}"#,
        r#"{"msg":null}"#,
        r#"{"msg":7}"#,
        r#"{"msg":{"a":[1.5,"x"]}}"#,
        r#"{"msg":"dance","with":"me"}"#,
        r#"{"msg":"connect","version":"1","support":["1"]}"#,
        r#"{"msg":"unsub"}"#,
        r#"{"msg":"unsub","id":1}"#,
        r#"{"msg":"sub","id":"1"}"#,
        r#"{"msg":"sub","name":"x"}"#,
        r#"{"msg":"sub","id":1,"name":"x"}"#,
        r#"{"msg":"sub","id":"1","name":"x","params":"y"}"#,
        r#"{"msg":"method","id":"1"}"#,
        r#"{"msg":"method","method":"x"}"#,
        r#"{"msg":"method","id":"1","method":["x"],"params":[]}"#,
        r#"{"msg":"method","id":"1","method":"x","params":{}}"#,
        r#"{"msg":"method","id":"1","method":"x","params":[],"randomSeed":1}"#,
    ];
    golden_lines("live_bad_input", &transcript(&mut live, &frames).await);
}

#[tokio::test]
async fn a_stream_cannot_be_called_as_a_method() {
    let server = TestServer::start().await;
    let mut live = server.user("ann").await.live().await;
    for stream in ["stream-notify-logged", "stream-notify-all"] {
        let params = json!(["user-status", ["x"]]);
        let answer = live.call(stream, params).await;
        assert!(answer.get("result").is_none(), "{answer}");
    }
    live.is_open().await;
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_stays_connected_if_it_answers() {
    let limits = Limits {
        ping: Duration::from_millis(1500),
        silence: Duration::from_secs(3),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let mut live = server.live().await;
    // Together longer than the silence limit.
    for n in 0..3 {
        assert_eq!(live.read().await.unwrap(), r#"{"msg":"ping"}"#);
        // Any frame counts as an answer.
        match n % 3 {
            0 => live.send_frame(json!({"msg": "pong"})).await,
            1 => live.send_text("no JSON").await,
            _ => live.send(Message::Ping("x".into())).await,
        }
        if n % 3 == 1 {
            assert_eq!(live.receive().await["reason"], "Parse error");
        }
    }
    live.is_open().await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_is_closed_so_that_it_reconnects() {
    let limits = Limits {
        ping: Duration::from_millis(500),
        silence: Duration::from_millis(1000),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let mut live = server.socket().await;
    live.send_frame(json!({"msg": "connect", "version": "1", "support": ["1"]}))
        .await;
    assert!(live.read().await.unwrap().contains("connected"));
    assert_eq!(live.read().await.unwrap(), r#"{"msg":"ping"}"#);
    assert_eq!(live.read().await, Err(1001));
    // Before the handshake, the server sends no ping.
    assert_eq!(server.socket().await.read().await, Err(1001));
}

/// Sends an upgrade request with these headers and returns the response.
async fn upgrade(server: &TestServer, headers: &[&str]) -> (Raw, crate::support::Reply) {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!(
        "GET /websocket HTTP/1.1\r\nHost: {}\r\n{lines}\r\n",
        server.address
    );
    let mut raw = Raw::sent(server, request).await;
    let reply = raw.reply().await.unwrap();
    (raw, reply)
}

const UPGRADE: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

#[tokio::test]
async fn an_upgrade_is_accepted_with_the_hash_of_its_key() {
    let server = TestServer::start().await;
    let (_raw, reply) = upgrade(&server, &UPGRADE).await;
    assert_eq!(reply.status, 101);
    // The example of RFC 6455, section 1.3.
    let accept = reply.header("sec-websocket-accept");
    assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let upgrade = reply.header("upgrade").unwrap();
    assert!(upgrade.eq_ignore_ascii_case("websocket"));
    let connection = reply.header("connection").unwrap();
    assert!(connection.eq_ignore_ascii_case("upgrade"));
}

#[tokio::test]
async fn a_missing_or_invalid_upgrade_gets_426() {
    let server = TestServer::start().await;
    for (left_out, instead) in [
        (0, ""),
        (1, ""),
        (1, "Upgrade: h2c"),
        (2, ""),
        (2, "Sec-WebSocket-Version: 8"),
        (3, ""),
        (3, "Sec-WebSocket-Key: x"),
        (3, "Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="),
    ] {
        let mut headers = UPGRADE.to_vec();
        headers.remove(left_out);
        headers.extend((!instead.is_empty()).then_some(instead));
        let (_raw, reply) = upgrade(&server, &headers).await;
        assert_eq!(reply.status, 426, "without {}", UPGRADE[left_out]);
        assert_eq!(reply.header("upgrade"), Some("websocket"));
        reply.golden("live_upgrade_required");
    }
    let lines = UPGRADE.join("\r\n");
    let head = format!("HEAD /websocket HTTP/1.1\r\nHost: t\r\n{lines}\r\n\r\n");
    let mut raw = Raw::sent(&server, head).await;
    assert_eq!(raw.reply_to_head().await.unwrap().status, 426);
    let plain = server.anon();
    let plain = plain.send(warp::http::Method::GET, "/websocket", &[], "");
    plain.await.golden("live_upgrade_required");
}

#[tokio::test]
async fn foreign_origins_cannot_connect_unless_configured() {
    let site = "https://chat.example:443/";
    for (origins, site_url, origin, status) in [
        (&[][..], "", "http://evil.example.org", 403),
        (&[], "", "null", 403),
        (&[], "", "http://HOST", 101),
        (&[], "", "https://HOST", 101),
        (&[], site, "https://chat.example", 101),
        (&[], site, "https://chat.example:8443", 403),
        (&[], site, "http://HOST", 101),
        (
            &["http://page.example.org"],
            "",
            "http://page.example.org",
            101,
        ),
        (
            &["http://page.example.org"],
            "",
            "http://evil.example.org",
            403,
        ),
        (&["http://page.example.org"], "", "http://HOST", 101),
        (&["*"], "", "http://evil.example.org", 101),
    ] {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let setup = Setup::new().config(|config| {
            config.cors_origins = origins.clone();
            config.site_url = Some(site_url.to_owned()).filter(|url| !url.is_empty());
        });
        let server = setup.start().await;
        let origin = origin.replace("HOST", &server.address.to_string());
        let header = format!("Origin: {origin}");
        let headers: Vec<&str> = UPGRADE.into_iter().chain([header.as_str()]).collect();
        let (_raw, reply) = upgrade(&server, &headers).await;
        let case = format!("{origin} with cors_origins {origins:?} and site_url {site_url:?}");
        assert_eq!(reply.status, status, "{case}");
        if status == 403 {
            reply.golden("live_foreign_origin");
        }
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_not_upgraded() {
    let server = TestServer::start().await;
    let request = format!(
        "POST /websocket HTTP/1.1\r\nHost: t\r\n{}\r\n\r\n",
        UPGRADE.join("\r\n")
    );
    let mut raw = Raw::sent(&server, request).await;
    assert_eq!(raw.reply().await.unwrap().status, 405);
    let request = format!(
        "GET /websocket/x HTTP/1.1\r\nHost: t\r\n{}\r\n\r\n",
        UPGRADE.join("\r\n")
    );
    let mut raw = Raw::sent(&server, request).await;
    assert_eq!(raw.reply().await.unwrap().status, 404);
}
