//! Clients that try to exhaust the server's connections, memory or open files.

use crate::support::process::{Home, Process};
use crate::support::raw::{Raw, create, length, request};
use crate::support::{Live, Setup, TestServer, in_time, look_again};
use doorsign::api::{Access, ROUTES};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use warp::http::Method;

/// The paths of the routes that need no login.
const ANONYMOUS: &[&str] = &[
    "/api/v1/login",
    "/api/v1/settings.public",
    "/api/v1/settings.oauth",
    "/api/v1/service.configurations",
    "/api/v1/pw.getPolicy",
    "/api/v1/session",
    "/api/v1/session.start",
    "/api/v1/session.end",
    "/api/v1/invitations.look",
    "/api/v1/invitations.accept",
    "/api/v1/method.callAnon/:method",
    "/api/info",
    "/api/v1/info",
    "/api/v1/openapi.json",
    "/api/v1/events.schema",
    "/api/v1/users.register",
    "/websocket",
    "/avatar/uid/:id",
    "/avatar/:name",
    "/livez",
    "/readyz",
    "/sockjs/:server/:session/websocket",
    "/sockjs/info",
    "/api/v1/board",
    "/api/v1/displays.setStatus",
];

#[tokio::test]
async fn a_request_without_a_login_gets_401_before_its_body_is_read() {
    // The time that the server waits for the body before it announces the end of the connection.
    let limits = Limits {
        linger: Duration::from_millis(20),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    for route in ROUTES {
        let is_open = route.access == Access::Anonymous;
        assert_eq!(is_open, ANONYMOUS.contains(&route.path), "{}", route.path);
        if is_open || route.method != Method::POST {
            continue;
        }
        for credentials in ["", "X-User-Id: unknown\r\nX-Auth-Token: nothing\r\n"] {
            let path = route.path;
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: t\r\n{credentials}Content-Length: 65000\r\n\r\n"
            );
            let mut raw = Raw::sent(&server, head).await;
            raw.reply().await.unwrap().refused(401);
            raw.send(" ".repeat(65_000)).await; // A client that keeps sending still receives the response.
            raw.ends().await;
        }
    }
}

#[tokio::test]
async fn a_logout_during_a_body_upload_refuses_the_request() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let body = r#"{"name":"late","statusType":"busy"}"#;
    let mut raw = Raw::sent(&server, create(&admin, &length(body), &body[..10])).await;
    admin.get("me").await.expect(200);
    admin.post("logout", json!({})).await.expect(200);
    raw.send(&body[10..]).await;
    raw.reply().await.unwrap().refused(401);
    let admin = server.admin().await;
    assert!(admin.names().await.is_empty());
}

#[tokio::test]
async fn anonymous_live_connections_do_not_block_logged_in_users() {
    let setup = Setup::new().config(|config| config.max_connections = 8);
    let server = setup.start().await;
    let ann = server.user("ann").await;
    let mut with_login = ann.live().await;
    let mut without = Vec::new();
    for _ in 0..12 {
        without.push(server.live().await);
    }
    ann.get("me").await.expect(200);
    let mut second = ann.live().await;
    let mut open = 0;
    for live in &mut without {
        let end = live.try_send(ping()).await;
        open += usize::from(end.is_ok() && live.read().await.is_ok());
    }
    assert!((1..=6).contains(&open), "{open} of 12 are still open");
    with_login.is_open().await;
    second.is_open().await;
}

fn ping() -> tokio_tungstenite::tungstenite::Message {
    tokio_tungstenite::tungstenite::Message::text(r#"{"msg":"ping"}"#)
}

#[tokio::test]
async fn connections_per_address_are_limited_except_for_trusted_proxies() {
    for (trusted, is_refused) in [("192.0.2.0/24", true), ("127.0.0.0/8", false)] {
        let setup = Setup::new().config(|config| {
            config.max_connections_per_address = Some(3);
            config.trusted_proxies = vec![trusted.parse().unwrap()];
        });
        let server = setup.start().await;
        let mut kept = Vec::new();
        for _ in 0..3 {
            kept.push(server.live().await);
        }
        let mut raw = Raw::connect(server.address).await;
        if !is_refused {
            raw.send("GET /api/info HTTP/1.1\r\nHost: t\r\n\r\n").await;
            assert_eq!(raw.reply().await.unwrap().status, 200);
            continue;
        }
        let reply = raw.reply().await.unwrap();
        reply.refused(503);
        assert_eq!(reply.header("retry-after"), Some("5"));
        drop(kept.pop());
        in_time("a free connection slot", async {
            while info_status(&server).await != Some(200) {
                look_again().await;
            }
        })
        .await;
    }
}

async fn info_status(server: &TestServer) -> Option<u16> {
    use tokio::io::AsyncWriteExt;
    let mut raw = Raw::connect(server.address).await;
    let request = b"GET /api/info HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
    let _ = raw.stream.write_all(request).await; // A refusal may arrive first.
    Some(raw.reply().await?.status.as_u16())
}

#[tokio::test]
async fn unfinished_anonymous_bodies_are_bounded_and_leave_room_for_logins() {
    const BODIES: usize = 200; // 12 MB in total.
    let server = TestServer::start().await;
    server.user("ann").await;
    let head = "POST /api/v1/login HTTP/1.1\r\nHost: t\r\nContent-Length: 65000\r\n\r\n";
    let request = head.to_owned() + &" ".repeat(60_000);
    let mut all = Vec::new();
    for _ in 0..BODIES {
        all.push(Raw::sent(&server, &request).await);
    }
    let replies = all.iter_mut().map(|raw| Box::pin(raw.reply()));
    let first = futures_util::future::select_all(replies);
    let refused = in_time("a refusal", first).await.0.unwrap();
    refused.refused(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let ann = server.anon().logged_in("ann", "ann's password").await;
    ann.get("me").await.expect(200);
    drop(all);
    in_time("free memory for bodies", async {
        let body = " ".repeat(60_000);
        while server
            .anon()
            .post_raw("login", "text/plain", body.clone())
            .await
            .status
            == 503
        {
            look_again().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_anonymous_frame_is_refused_when_there_is_no_room() {
    let server = TestServer::start().await;
    let mut all: Vec<Live> = Vec::new();
    for _ in 0..150 {
        let mut stream = server.live().await.into_stream();
        // A frame of 65,000 bytes without its last byte: 9 MB in total.
        let head = [0x81, 0xfe, 0xfd, 0xe8, 0, 0, 0, 0];
        use tokio::io::AsyncWriteExt;
        let _ = stream.write_all(&head).await;
        let _ = stream.write_all(&[b' '; 64_999]).await;
        all.push(Live::resumed(stream).await);
    }
    assert_eq!(all.pop().unwrap().closed().await, 1013);
}

#[tokio::test]
async fn split_request_headers_are_answered_once_complete() {
    let server = TestServer::start().await;
    let request = "GET /api/info HTTP/1.1\r\nHost: t\r\n\r\n";
    let mut halves = Vec::new();
    for cut in [1, 10, request.len() - 1] {
        halves.push((Raw::sent(&server, &request[..cut]).await, cut));
    }
    for (raw, cut) in &mut halves {
        raw.send(&request[*cut..]).await;
        assert_eq!(raw.reply().await.unwrap().status, 200, "{cut}");
    }
}

#[tokio::test]
async fn slow_readers_of_a_long_list_share_one_copy_of_it() {
    const READERS: usize = 24; // Over 64 MiB if each had a copy.
    let server = TestServer::start().await;
    let sql = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO custom_user_status (id, name, name_key, status_type, updated_at)
        SELECT printf('%024x', i), printf('%0100d', i), printf('%0100d', i), 'busy', 0 FROM n";
    server.database().execute(sql, []).unwrap();
    let admin = server.admin().await;
    let list = request(&admin, "GET /api/v1/custom-user-status.list?count=0", "");
    let mut all = Vec::new();
    for _ in 0..READERS {
        all.push(Raw::sent(&server, &list).await);
    }
    for raw in &mut all {
        let mut head = [0; 12];
        let reading = raw.stream.read_exact(&mut head);
        in_time("a response", reading).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
    }
    let whole = admin
        .get("custom-user-status.list?count=0")
        .await
        .expect(200);
    assert!(whole.body.len() * READERS > 64 * 1024 * 1024);
}

#[tokio::test]
async fn live_logins_and_rest_logins_share_one_rate_limit() {
    let server = Setup::new()
        .config(|config| config.rate_limit_calls = Some(3))
        .start()
        .await;
    server.user("ann").await;
    let password = json!({"user": {"username": "ann"}, "password": "ann's password"});
    let mut sockets = [server.live().await, server.live().await];
    for live in &mut sockets {
        live.log_in(password.clone()).await;
    }
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(429);
    let error = sockets[0].failure("login", json!([password])).await;
    assert_eq!(error["error"], "too-many-requests");
    // Token logins are not counted: after a restart every client logs in with its token.
    for _ in 0..5 {
        server.with_token("ann").await.live().await;
    }
}

#[tokio::test]
async fn with_few_open_files_idle_connections_are_closed_for_new_requests() {
    let home = Home::with_data().await;
    let mut command = home.command_of("bash");
    let script = "ulimit -n 40; exec \"$0\" serve --log warn";
    command.args(["-c", script, env!("CARGO_BIN_EXE_doorsign")]);
    let server = Process::served(command).await;
    let mut idle = Vec::new();
    for _ in 0..60 {
        let connecting = tokio::net::TcpStream::connect(server.address());
        idle.push(in_time("a connection", connecting).await.unwrap());
    }
    server.anon().get("info").await.expect(200);
    let oldest = idle.first_mut().unwrap();
    let read = in_time("the end of an idle connection", oldest.read_u8()).await;
    assert!(read.is_err(), "{read:?}");
    let log = server.end().await.stderr;
    let warnings: Vec<_> = log.lines().collect();
    assert!(log.contains("open_files=40"), "{log}");
    assert!(log.contains("max_connections=10000"), "{log}");
    assert!(warnings.len() <= 3, "{log}");
}
