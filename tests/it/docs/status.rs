//! docs/status.md: which status is shown, and when it ends.

use crate::support::docs::{block, pasted};
use crate::support::page::Page;
use crate::support::process::Home;
use crate::support::{Client, Setup, TestServer, in_time};
use doorsign::config::{Config, Unconnected};
use doorsign::domain::PresencePolicy;
use doorsign::service::users;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

async fn set(client: &Client, body: Value) {
    client.post("users.setStatus", body).await.expect(200);
}

/// The visible status and text of `of`.
async fn shown(client: &Client, of: &str) -> (Value, Value) {
    let found = client.get(&format!("users.info?username={of}")).await;
    let user = found.expect(200).json()["user"].clone();
    (user["status"].clone(), user["statusText"].clone())
}

async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    Setup::new().config(change).start().await
}

#[tokio::test]
async fn the_setting_unconnected_decides_the_status_of_users_without_a_connection() {
    for (unconnected, person, after) in [
        (Unconnected::Offline, "offline", "offline"),
        (Unconnected::Declared, "busy", "online"),
    ] {
        let server = server(|config| config.unconnected = Some(unconnected)).await;
        let ann = server.user("ann").await;
        let bot = server.user_with_roles("bot", &["bot"]).await;
        server
            .anon()
            .login("ann", "ann's password")
            .await
            .expect(200);
        assert_eq!(shown(&bot, "ann").await, (json!("offline"), json!("")));
        for (client, name, status) in [(&ann, "ann", person), (&bot, "bot", "busy")] {
            set(client, json!({"status": "online", "message": ""})).await;
            assert_eq!(shown(&bot, name).await, (json!("online"), json!("")));
            let end = "2026-01-01T01:00:00Z";
            let busy = json!({"status": "busy", "message": "Here", "expiresAt": end});
            set(client, busy).await;
            assert_eq!(shown(&bot, name).await, (json!(status), json!("Here")));
        }
        server.clock.advance(Duration::from_secs(3600));
        assert_eq!(shown(&bot, "ann").await, (json!(after), json!("")));
        assert_eq!(shown(&bot, "bot").await, (json!("online"), json!("")));
    }
}

#[tokio::test]
async fn an_expired_claim_is_not_shown() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let lunch = json!({"status": "away", "message": "Lunch", "expiresAt": "2026-01-01T01:00:00Z"});
    set(&ann, lunch).await;
    server.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(shown(&ann, "ann").await.1, "Lunch");
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(shown(&ann, "ann").await.1, "");
    set(&ann, json!({"status": "away", "message": "Tea"})).await;
    let source = async || ann.get("users.getStatus").await.json()["statusSource"].clone();
    assert_eq!(source().await, "manual");
    set(&ann, json!({"status": "online", "message": ""})).await;
    assert_eq!(source().await, Value::Null);
}

type Socket = WebSocketStream<TcpStream>;

/// A live connection logged in as `client`.
async fn connected(server: &TestServer, client: &Client) -> Socket {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let url = format!("ws://{}/websocket", server.address);
    let (mut socket, _) = client_async(url, stream).await.unwrap();
    let hello = json!({"msg": "connect", "version": "1", "support": ["1"]});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let (_, token) = client.credentials.as_ref().unwrap();
    call(&mut socket, "login", json!({"resume": token})).await;
    socket
}

/// Calls a method, and waits for its result.
async fn call(socket: &mut Socket, method: &str, param: Value) {
    let call = json!({"msg": "method", "id": method, "method": method, "params": [param]});
    socket.send(Message::text(call.to_string())).await.unwrap();
    loop {
        let frame = in_time("a result", socket.next()).await.unwrap().unwrap();
        let frame: Value = serde_json::from_str(frame.to_text().unwrap()).unwrap();
        if frame["msg"] == "result" {
            assert_eq!(frame["error"], Value::Null, "{frame}");
            return;
        }
    }
}

/// Waits until the server has this many live connections.
async fn connections(server: &TestServer, number: usize) {
    let admin = server.admin().await;
    let known = async {
        while admin.get("presence.getConnections").await.json()["current"] != number {
            tokio::task::yield_now().await;
        }
    };
    in_time("the number of connections", known).await;
}

#[tokio::test]
async fn the_connections_of_a_user_decide_the_visible_status() {
    let server = server(|config| config.offline_grace_seconds = 3600).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let status = async || shown(&bob, "ann").await.0;
    assert_eq!(status().await, "offline");
    let mut desk = connected(&server, &ann).await;
    let mut phone = connected(&server, &ann).await;
    connections(&server, 2).await;
    assert_eq!(status().await, "online");
    call(&mut desk, "UserPresence:away", Value::Null).await;
    assert_eq!(status().await, "online");
    call(&mut phone, "UserPresence:away", Value::Null).await;
    assert_eq!(status().await, "away");
    set(&ann, json!({"status": "busy"})).await;
    assert_eq!(status().await, "busy");
    set(&ann, json!({"status": "online", "message": ""})).await;
    assert_eq!(status().await, "away");
    drop(desk);
    drop(phone);
    connections(&server, 0).await;
    assert_eq!(status().await, "away", "during the grace period");
}

#[tokio::test]
async fn a_started_server_has_no_connections() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Setup::at(&data).start().await;
    let ann = server.user("ann").await;
    let _socket = connected(&server, &ann).await;
    assert_eq!(shown(&ann, "ann").await.0, "online");
    server.stop().await;
    let server = Setup::at(&data).start().await;
    let ann = server.with_token("ann").await;
    assert_eq!(shown(&ann, "ann").await.0, "offline");
}

#[tokio::test]
async fn a_presence_policy_decides_what_counts_as_connected() {
    let server = TestServer::start().await;
    let (robot, bob) = (server.user("robot").await, server.user("bob").await);
    let status = async || shown(&bob, "robot").await.0;
    robot
        .post("presence.heartbeat", json!({}))
        .await
        .expect(200);
    assert_eq!(
        status().await,
        "offline",
        "a heartbeat does not count under the policy connection"
    );
    let policy = async |policy| {
        let set = users::set_presence_policy(&server.app, "robot", policy);
        set.await.unwrap();
    };
    policy(PresencePolicy::Heartbeat).await;
    assert_eq!(status().await, "online", "the earlier heartbeat counts");
    policy(PresencePolicy::Always).await;
    server.app.connections.forget();
    assert_eq!(status().await, "online");
    policy(PresencePolicy::Heartbeat).await;
    let mut socket = connected(&server, &robot).await;
    assert_eq!(status().await, "offline", "no heartbeat since");
    call(&mut socket, "UserPresence:ping", Value::Null).await;
    assert_eq!(status().await, "online");
}

#[tokio::test]
async fn the_walkthrough_hides_ann_from_bob_only() {
    let home = Home::with_data().await;
    for name in ["ann", "bob", "carol"] {
        home.run(&["user", "add", name]).await.succeeded();
    }
    let server = home.serve(&[], &[]).await;
    let of = async |name| home.token(name, "t").await;
    let (admin, ann, bob, carol) = (
        of("admin").await,
        of("ann").await,
        of("bob").await,
        of("carol").await,
    );
    let busy = json!({"status": "busy", "message": "Lunch"});
    set(&server.with_headers(&ann), busy).await;
    let run = async |part, headers: &str| pasted(&block("status", part, &server), headers).await;
    let before = run("users.getStatus", &bob).await;
    assert!(before.contains(r#""status":"busy""#), "{before}");
    run("settings/Accounts_StatusVisibility_Enabled", &admin).await;
    run("users.setPreferences", &ann).await;
    let shown: Value = serde_json::from_str(&Page::of("status").blocks("json")[0]).unwrap();
    let mut seen: Value = serde_json::from_str(&run("users.getStatus", &bob).await).unwrap();
    seen["_id"] = shown["_id"].clone();
    assert_eq!(seen, shown);
    let by_carol = run("users.getStatus", &carol).await;
    assert!(by_carol.contains(r#""status":"busy""#), "{by_carol}");
    let data = json!({"data": {"statusVisibilityDenied": []}});
    let lifted = server
        .with_headers(&ann)
        .post("users.setPreferences", data)
        .await;
    lifted.expect(200);
    assert_eq!(run("users.getStatus", &bob).await, before);
}
