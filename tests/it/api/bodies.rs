//! Request bodies: with a length or chunked, up to 64 KiB. A client that sends more can read the
//! error.

use crate::support::raw::{Raw, assert_still_serving, chunked, create, length};
use crate::support::{Setup, TestServer};
use doorsign::transport::limits::Limits;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const LIMIT: usize = 64 * 1024;

/// A body for creating `name` that is `size` bytes long.
fn padded(name: &str, size: usize) -> String {
    let body = format!(r#"{{"name":"{name}","statusType":"busy"}}"#);
    " ".repeat(size - body.len()) + &body
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

#[tokio::test]
async fn a_body_of_64_kib_is_accepted_and_one_byte_more_gets_413() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut raw = Raw::connect(server.address).await;
    for (name, size, status) in [
        ("small", 60, 200),
        ("exact", LIMIT, 200),
        ("larger", LIMIT + 1, 413),
        ("large", 1024 * 1024, 413),
    ] {
        let body = padded(name, size);
        // The connection stays usable: the server reads an oversized body to its end.
        raw.send(create(&admin, &length(&body), &body)).await;
        let reply = raw.reply().await.unwrap();
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        for chunk in [7000, 70_000] {
            let name = format!("{name} in chunks of {chunk}");
            let body = chunked(&padded(&name, size), chunk);
            raw.send(create(&admin, CHUNKED, &body)).await;
            let reply = raw.reply().await.unwrap();
            assert_eq!(reply.status, status, "{name}: {reply:?}");
        }
    }
    let body = padded("too large", LIMIT + 1);
    raw.send(create(&admin, &length(&body), &body)).await;
    raw.reply().await.unwrap().refused(413);
}

#[tokio::test]
async fn a_client_that_sends_far_too_much_can_read_the_413() {
    let linger = Duration::from_secs(3600); // Longer than sending takes, even on a slow machine.
    let limits = Limits {
        linger,
        ..Limits::default()
    };
    let server = Setup::new().limits(limits).start().await;
    let admin = server.admin().await;
    let body = padded("far too large", 8 * 1024 * 1024);
    for (headers, body) in [
        (length(&body), body.clone()),
        (CHUNKED.to_owned(), chunked(&body, 10_000)),
    ] {
        for _ in 0..5 {
            let mut raw = Raw::sent(&server, create(&admin, &headers, &body)).await;
            raw.reply().await.unwrap().refused(413);
            raw.ends().await;
        }
    }
    assert_still_serving(&server, "bodies of 8 MiB").await;
}

#[tokio::test]
async fn expect_100_continue_gets_100_only_if_the_body_is_acceptable() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let body = padded("expected", 60);
    let headers = length(&body) + "Expect: 100-continue\r\n";
    let mut raw = Raw::sent(&server, create(&admin, &headers, "")).await;
    assert_eq!(raw.reply().await.unwrap().status, 100);
    raw.send(&body).await;
    assert_eq!(raw.reply().await.unwrap().status, 200);

    let headers = "Content-Length: 99999999\r\nExpect: 100-continue\r\n";
    let mut raw = Raw::sent(&server, create(&admin, headers, "")).await;
    raw.reply().await.unwrap().refused(413);
}

#[tokio::test]
async fn a_truncated_body_creates_nothing_and_the_server_keeps_working() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let body = padded("broken off", 100);
    for request in [
        create(&admin, &length(&body), &body[..99]),
        create(&admin, CHUNKED, &format!("64\r\n{}", &body[..99])),
        create(&admin, CHUNKED, &format!("64\r\n{body}\r\n")),
    ] {
        let mut raw = Raw::sent(&server, request).await;
        raw.stream.shutdown().await.unwrap();
        if let Some(reply) = raw.reply().await {
            reply.refused(400);
        }
        assert_still_serving(&server, "a truncated body").await;
    }
    let list = admin.get("custom-user-status.list").await.expect(200);
    assert_eq!(list.json()["total"], 0, "{}", list.text());
}

#[tokio::test]
async fn an_unexpected_body_does_not_affect_the_next_request() {
    let server = TestServer::start().await;
    let request = "GET /api/info HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nGET /";
    let mut raw = Raw::sent(&server, request.repeat(3)).await;
    for _ in 0..3 {
        assert_eq!(raw.reply().await.unwrap().status, 200);
    }
}
