//! A client that reuses its connection after an error. Its body arrives in a packet of its own,
//! after the server may have decided. Either the connection stays usable, or the response announces
//! that it ends.

use crate::support::raw::{Raw, assert_still_serving, length};
use crate::support::{Reply, Setup, TestServer, in_time, look_again};
use doorsign::transport::limits::Limits;
use std::time::{Duration, Instant};
use warp::http::Method;

/// The head of a request without credentials, with further `headers`.
fn head(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n")
}

/// Sends `head`, and `body` a moment later. Passes when the status is `status` and the connection
/// answers another request, or the response announces its end.
async fn reuse(raw: &mut Raw, (head, body): (&str, &str), status: u16) -> Reply {
    raw.send(head).await;
    look_again().await;
    raw.send(body).await;
    let reply = if head.starts_with("HEAD") {
        raw.reply_to_head().await
    } else {
        raw.reply().await
    };
    let reply = reply.unwrap_or_else(|| panic!("no response: {head}"));
    assert_eq!(reply.status, status, "{head}: {reply:?}");
    reply
}

fn is_last(reply: &Reply) -> bool {
    reply.header("connection") == Some("close")
}

async fn assert_usable(raw: &mut Raw, after: &str) {
    raw.send(head("GET /api/info", "")).await;
    let next = raw.reply().await;
    let next = next.unwrap_or_else(|| panic!("the connection ended without notice: {after}"));
    assert_eq!(next.status, 200, "{after}");
}

#[tokio::test]
async fn a_small_body_that_no_handler_reads_leaves_the_connection_usable() {
    let server = TestServer::start().await;
    let body = r#"{"name":"Lunch","statusType":"busy"}"#;
    let sized = length(body);
    let (chunks, chunked) = ("Transfer-Encoding: chunked\r\n", "4\r\n{ } \r\n0\r\n\r\n");
    let foreign = format!("Origin: https://evil.example\r\n{sized}");
    for (line, headers, body, status) in [
        ("POST /api/v1/rooms.unknown", &*sized, body, 404),
        ("POST /api/v1/rooms.unknown", chunks, chunked, 404),
        ("GET /nowhere", &sized, body, 404),
        ("HEAD /nowhere", &sized, body, 404),
        ("POST /api/info", &sized, body, 405),
        ("PUT /api/v1/login", chunks, chunked, 405),
        ("BREW /api/v1/login", &sized, body, 405),
        ("POST /api/v1/custom-user-status.create", &sized, body, 401),
        ("POST /api/v1/users.setStatus", chunks, chunked, 401),
        ("GET /api/v1/me", &sized, body, 401),
        ("GET /api/v1/settings.public", &sized, body, 200),
        ("GET /websocket", &sized, body, 426),
        ("GET /api/info", &sized, body, 200),
        ("GET /api/info", chunks, chunked, 200),
        ("HEAD /api/info", &sized, body, 200),
        ("OPTIONS /api/v1/me", &sized, body, 200),
        ("POST /api/v1/login", &foreign, body, 403),
        ("POST /api/v1/login", &sized, body, 401),
    ] {
        let mut raw = Raw::connect(server.address).await;
        let head = head(line, headers);
        let reply = reuse(&mut raw, (&head, body), status).await;
        assert!(!is_last(&reply), "{head}: {reply:?}");
        assert_usable(&mut raw, &head).await;
    }
}

#[tokio::test]
async fn a_call_beyond_the_rate_limit_leaves_the_connection_usable() {
    let setup = Setup::new().config(|config| config.rate_limit_calls = Some(1));
    let server = setup.start().await;
    let mut raw = Raw::connect(server.address).await;
    let head = head("GET /api/v1/settings.public", &length("{}"));
    for status in [200, 429, 429] {
        let reply = reuse(&mut raw, (&head, "{}"), status).await;
        assert!(!is_last(&reply), "{reply:?}");
    }
}

#[tokio::test]
async fn dev_modes_own_errors_leave_the_connection_usable() {
    let server = crate::support::dev::dev_server().await;
    for fault in ["429", "500"] {
        let order = serde_json::json!({"route": "/api/v1/users.setStatus", "fault": fault});
        crate::support::dev::control(&server, "faults", order).await;
        let mut raw = Raw::connect(server.address).await;
        let head = head("POST /api/v1/users.setStatus", &length("{}"));
        reuse(&mut raw, (&head, "{}"), fault.parse().unwrap()).await;
        assert_usable(&mut raw, fault).await;
    }
    let rebound = "POST /api/v1/login HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n";
    let mut raw = Raw::connect(server.address).await;
    reuse(&mut raw, (rebound, "{}"), 403).await;
    raw.send("GET /api/info HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    raw.reply().await.unwrap().expect(200);
}

#[tokio::test]
async fn an_error_before_a_large_body_announces_the_end_of_the_connection() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let body = " ".repeat(200_000);
    let (user, token) = admin.credentials.clone().unwrap();
    let login = format!("X-User-Id: {user}\r\nX-Auth-Token: {token}\r\n");
    let endless = format!("{login}Content-Length: 9999999\r\n");
    let sized = length(&body);
    for (line, headers, status) in [
        ("POST /api/v1/rooms.unknown", &sized, 404),
        ("POST /api/info", &sized, 405),
        ("GET /api/info", &sized, 200),
        ("POST /api/v1/custom-user-status.create", &sized, 401),
        ("POST /api/v1/custom-user-status.create", &endless, 413),
        ("CONNECT t:80", &sized, 405),
        ("GET host", &sized, 400),
    ] {
        let mut raw = Raw::connect(server.address).await;
        let head = head(line, headers);
        let reply = reuse(&mut raw, (&head, &body), status).await;
        assert!(is_last(&reply), "{head}: {reply:?}");
    }
    assert_still_serving(&server, "large bodies").await;
}

#[tokio::test]
async fn a_client_that_awaits_100_continue_is_refused_without_it() {
    let server = TestServer::start().await;
    for (line, status) in [("POST /nowhere", 404), ("POST /api/v1/logout", 401)] {
        let head = head(line, "Expect: 100-continue\r\nContent-Length: 2\r\n");
        let reply = Raw::sent(&server, &head).await.reply().await.unwrap();
        assert_eq!(reply.status, status, "{head}");
        assert!(is_last(&reply), "{head}: {reply:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_parsed_announces_the_end_of_the_connection() {
    let server = TestServer::start().await;
    for (bytes, status) in [
        ("GET /api/info HTTP/1.1\r\nHost: t\r\nX Y: z\r\n\r\n", 400),
        ("GET /api/info HTTP/1.1\r\n\r\n", 400),
        (
            "POST /api/v1/login HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
            400,
        ),
    ] {
        let mut raw = Raw::sent(&server, head("GET /api/info", "")).await;
        raw.reply().await.unwrap().expect(200);
        raw.send(bytes).await;
        let reply = raw.reply().await.unwrap();
        assert_eq!(reply.status, status, "{bytes}");
        assert!(is_last(&reply), "{bytes}: {reply:?}");
    }
}

/// Discarding is limited in time as well as in size.
#[tokio::test]
async fn a_client_that_never_sends_its_body_is_answered_after_the_linger_limit() {
    let limits = Limits {
        linger: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    for (line, status) in [
        ("POST /nowhere", 404),
        ("POST /api/v1/users.setStatus", 401),
        ("GET /api/info", 200),
    ] {
        let began = Instant::now();
        let head = head(line, "Content-Length: 60000\r\n");
        let mut raw = Raw::sent(&server, &head).await;
        raw.send("a part").await;
        let reply = raw.reply().await.unwrap();
        assert_eq!(reply.status, status, "{head}");
        assert!(is_last(&reply), "{head}: {reply:?}");
        in_time("the end", raw.ends()).await;
        assert!(began.elapsed() >= limits.linger, "it waits for the body");
    }
    let info = server.anon();
    info.send(Method::GET, "/api/info", &[], "")
        .await
        .expect(200);
}

/// Each part of a body may not extend the limit.
#[tokio::test]
async fn a_client_that_sends_its_body_slowly_is_answered_after_the_linger_limit() {
    let limits = Limits {
        linger: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let head = head("POST /nowhere", "Transfer-Encoding: chunked\r\n");
    let mut raw = Raw::sent(&server, &head).await;
    let began = Instant::now();
    while began.elapsed() < limits.linger * 3 / 4 {
        raw.send("1\r\nx\r\n").await;
        look_again().await;
    }
    let reply = raw.reply().await.unwrap();
    assert_eq!(reply.status, 404);
    assert!(is_last(&reply), "{reply:?}");
    in_time("the end", raw.ends()).await;
}

#[tokio::test]
async fn at_most_64_kib_of_an_endless_body_are_discarded() {
    let limits = Limits {
        linger: Duration::from_secs(600),
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let head = head("POST /nowhere", "Transfer-Encoding: chunked\r\n");
    let mut raw = Raw::sent(&server, &head).await;
    for sent_kib in 1..=65 {
        if sent_kib == 64 {
            look_again().await;
        }
        raw.send(format!("400\r\n{}\r\n", "x".repeat(1024))).await;
    }
    let reply = raw.reply().await.unwrap();
    assert_eq!(reply.status, 404);
    assert!(is_last(&reply), "{reply:?}");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_announces_the_end_of_the_connection() {
    let server = TestServer::start().await;
    let head = head("POST /api/v1/login", "Transfer-Encoding: chunked\r\n");
    let mut raw = Raw::sent(&server, &head).await;
    raw.send("zz\r\n").await;
    let reply = raw.reply().await.unwrap();
    assert_eq!(reply.status, 400);
    assert!(is_last(&reply), "{reply:?}");
}
