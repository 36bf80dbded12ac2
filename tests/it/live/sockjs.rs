//! Live connections with the frames of SockJS, as Pidgin's plugin `purple-rocketchat` uses them. They
//! have the rules of `/websocket`. Source: SockJS protocol 0.3.3; compatibility 9.1.

use crate::support::listener::assert_serving;
use crate::support::presence::{seen, set};
use crate::support::raw::Raw;
use crate::support::sockjs::{PATH, connect};
use crate::support::{Setup, TestServer, in_time};
use doorsign::transport::limits::Limits;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use warp::http::Method;

fn method(id: &str, name: &str, params: Value) -> Value {
    json!({"msg": "method", "id": id, "method": name, "params": params})
}

fn sub(id: &str, name: &str, params: Value) -> Value {
    json!({"msg": "sub", "id": id, "name": name, "params": params})
}

/// The login that Pidgin's plugin sends.
fn login(username: &str, password: &str) -> Value {
    let digest = Sha256::digest(password);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let password = json!({"digest": digest, "algorithm": "sha-256"});
    let with = json!({"user": {"username": username}, "password": password});
    method("1", "login", json!([with]))
}

#[tokio::test]
async fn pidgins_plugin_connects_and_sees_a_status_change() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    // The greeting comes first: the plugin waits for `server_id`.
    let mut pidgin = server.connected_sockjs().await;
    pidgin.send(&[login("ann", "ann's password")]).await;
    let user = pidgin.receive().await;
    assert_eq!(
        (&user["msg"], &user["fields"]["username"]),
        (&json!("added"), &json!("ann"))
    );
    let result = pidgin
        .next_where(|message| message["msg"] == "result")
        .await;
    assert_eq!(result["result"]["id"], ann.id());
    assert_eq!(
        pidgin.receive().await,
        json!({"msg": "updated", "methods": ["1"]})
    );
    pidgin.send(&[sub("a", "activeUsers", json!([]))]).await;
    assert_eq!(pidgin.receive().await["msg"], "nosub");
    for event in [
        "notification",
        "rooms-changed",
        "subscriptions-changed",
        "otr",
    ] {
        let event = format!("{}/{event}", ann.id());
        pidgin
            .send(&[sub(&event, "stream-notify-user", json!([event, false]))])
            .await;
        assert_eq!(
            pidgin.receive().await,
            json!({"msg": "ready", "subs": [event]})
        );
    }
    pidgin
        .send(&[sub(
            "m",
            "stream-room-messages",
            json!(["__my_messages__", false]),
        )])
        .await;
    assert_eq!(pidgin.receive().await["msg"], "ready");
    pidgin
        .send(&[method("2", "rooms/get", json!([{"$date": 0}]))])
        .await;
    let rooms = pidgin.next_where(|message| message["id"] == "2").await;
    assert_eq!(rooms["result"], json!({"update": [], "remove": []}));
    pidgin
        .next_where(|message| message["msg"] == "updated")
        .await;
    let params = json!(["user-status", false]);
    pidgin
        .send(&[sub("s", "stream-notify-logged", params)])
        .await;
    pidgin.next_where(|message| message["msg"] == "ready").await;
    set(
        &server.user("bob").await,
        json!({"status": "busy", "message": "„tea\" \\ 🍵"}),
    )
    .await;
    let is_change = |message: &Value| message["fields"]["args"][0][3] == "„tea\" \\ 🍵";
    pidgin.next_where(is_change).await;
}

#[tokio::test]
async fn a_user_is_online_through_sockjs_until_the_connection_closes() {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = 0);
    let server = setup.unconnected_offline().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let mut client = server.connected_sockjs().await;
    client.send(&[login("ann", "ann's password")]).await;
    client
        .next_where(|message| message["msg"] == "updated")
        .await;
    assert_eq!(seen(&bob, &ann).await, "online");
    drop(client);
    let gone = async { while seen(&bob, &ann).await != "offline" {} };
    in_time("ann to be offline", gone).await;
}

#[tokio::test]
async fn several_messages_in_one_frame_are_handled_in_order() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let mut client = server.sockjs().await;
    client
        .send(&[
            connect(),
            login("ann", "ann's password"),
            sub("2", "stream-notify-logged", json!(["user-status", false])),
            method("3", "getUserStatusText", json!([])),
            json!({"msg": "ping", "id": "last"}),
        ])
        .await;
    let mut kinds = Vec::new();
    while kinds.last() != Some(&"pong".to_owned()) {
        let message = client.receive().await;
        kinds.push(message["msg"].as_str().unwrap().to_owned());
    }
    let expected = [
        "connected",
        "added",
        "result",
        "updated",
        "ready",
        "result",
        "updated",
        "pong",
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_frame_of_thousands_of_messages_is_answered_whole() {
    let server = TestServer::start().await;
    let mut client = server.connected_sockjs().await;
    let pings: Vec<_> = (0..1500).map(|n| json!({"msg": "ping", "id": n})).collect();
    client.send(&pings).await;
    for n in 0..1500 {
        assert_eq!(client.receive().await, json!({"msg": "pong", "id": n}));
    }
    client.is_open().await;
}

#[tokio::test]
async fn a_frame_may_be_a_single_message_or_empty_and_other_values_get_a_parse_error() {
    let server = TestServer::start().await;
    let mut client = server.connected_sockjs().await;
    client
        .send_frame(r#""{\"msg\":\"ping\",\"id\":\"one\"}""#)
        .await;
    assert_eq!(client.receive().await, json!({"msg": "pong", "id": "one"}));
    for nothing in ["", "[]"] {
        client.send_frame(nothing).await;
        client.is_open().await;
    }
    for frame in [
        "7",
        "null",
        r#"{"msg":"ping"}"#,
        r#"[{"msg":"ping"}]"#,
        r#"["{"]"#,
    ] {
        client.send_frame(frame).await;
        let error = json!({"msg": "error", "reason": "Parse error"});
        assert_eq!(client.receive().await, error, "{frame}");
    }
    client.is_open().await;
}

#[tokio::test]
async fn malformed_oversized_and_binary_frames_end_the_connection() {
    let server = TestServer::start().await;
    for frame in ["x", "[", r#"["a"] x"#, r#"{"msg":"connect""#] {
        let mut client = server.connected_sockjs().await;
        client.send_frame(frame).await;
        client.ends(1002, "Broken framing.").await;
    }
    let mut client = server.connected_sockjs().await;
    let spaces = 64 * 1024 - 2;
    client
        .send_frame(&format!("[{}]", " ".repeat(spaces)))
        .await;
    client.is_open().await;
    let too_large = format!("[{}]", " ".repeat(spaces + 1));
    client.send_raw(Message::text(too_large)).await;
    client.ends(1009, "frame too large: at most 64 KiB").await;
    let mut client = server.connected_sockjs().await;
    client.send_raw(Message::binary(&b"[]"[..])).await;
    client.ends(1003, "only text frames are supported").await;
    assert_serving(&server).await;
}

#[tokio::test]
async fn the_reason_of_a_close_comes_in_a_frame_of_its_own() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let mut refused = server.sockjs().await;
    refused
        .send(&[
            json!({"msg": "connect", "version": "7", "support": ["7"]}),
            connect(),
        ])
        .await;
    assert_eq!(
        refused.receive().await,
        json!({"msg": "failed", "version": "1"})
    );
    refused.ends(1000, "").await;
    let mut logged_out = server.connected_sockjs().await;
    let token = &ann.credentials.as_ref().unwrap().1;
    logged_out
        .send(&[method("1", "login", json!([{"resume": token}]))])
        .await;
    logged_out
        .next_where(|message| message["msg"] == "updated")
        .await;
    ann.post("logout", json!({})).await.expect(200);
    logged_out.ends(1008, "logged out").await;
    let mut stopped = server.connected_sockjs().await;
    let stopping = tokio::spawn(server.stop());
    stopped.ends(1001, "server is stopping").await;
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_closed() {
    let limits = Limits {
        ping: Duration::from_millis(500),
        silence: Duration::from_millis(1000),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let mut client = server.connected_sockjs().await;
    assert_eq!(client.receive().await, json!({"msg": "ping"}));
    client.ends(1001, "timeout").await;
    // Before the handshake, only the transport has a heartbeat.
    let mut client = server.sockjs().await;
    assert_eq!(client.frame().await, "h");
    client.ends(1001, "timeout").await;
}

#[tokio::test]
async fn sockjs_connections_count_towards_the_connection_limit() {
    let setup = Setup::new().config(|config| config.max_connections = 1);
    let server = setup.start().await;
    server.user("ann").await;
    let mut client = server.connected_sockjs().await;
    client.send(&[login("ann", "ann's password")]).await;
    client
        .next_where(|message| message["msg"] == "updated")
        .await;
    let anon = server.anon();
    let second = tokio::spawn(async move { anon.get("info").await });
    for _ in 0..50 {
        client.is_open().await;
    }
    assert!(!second.is_finished());
    drop(client);
    second.await.unwrap().expect(200);
}

#[tokio::test]
async fn only_a_handshake_from_an_allowed_page_is_upgraded() {
    let server = TestServer::start().await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: 15XF+ptKDhYVERXoGcdHTA==\r\n";
    for (line, origin, status) in [
        // Pidgin's plugin sends an empty `Cookie`.
        (format!("GET {PATH}"), "Cookie: \r\n", 101),
        (
            format!("GET {PATH}"),
            "Origin: https://evil.example.org\r\n",
            403,
        ),
        (format!("GET {PATH}/"), "", 101),
        (format!("POST {PATH}"), "", 405),
        ("GET /sockjs/123/websocket".to_owned(), "", 404),
        ("GET /sockjs//pidgin7/websocket".to_owned(), "", 404),
        ("GET /sockjs/123/pidgin7/xhr".to_owned(), "", 404),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: t\r\n{upgrade}{origin}\r\n");
        let reply = Raw::sent(&server, request).await.reply().await.unwrap();
        assert_eq!(reply.status, status, "{line} {origin}");
    }
    let anon = server.anon();
    let plain = anon.send(Method::GET, PATH, &[], "").await;
    plain.golden("live_upgrade_required");
}

#[tokio::test]
async fn the_info_names_websocket_as_the_transport() {
    let server = TestServer::start().await;
    let (anon, mut all) = (server.anon(), Vec::new());
    for _ in 0..2 {
        let info = anon.send(Method::GET, "/sockjs/info", &[], "").await;
        let mut info = info.expect(200).json();
        let entropy = info.as_object_mut().unwrap().remove("entropy");
        all.push(entropy.unwrap().as_u64().unwrap());
        let rest = json!({"websocket": true, "origins": ["*:*"], "cookie_needed": false});
        assert_eq!(info, rest);
    }
    assert_ne!(all[0], all[1]);
}
