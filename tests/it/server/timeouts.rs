//! Timeouts for slow clients. The limits here are shortened; `src/transport/limits.rs` holds the
//! real ones.

use crate::support::raw::{Raw, assert_still_serving, create, create_named, request};
use crate::support::store::{create as store_status, status};
use crate::support::{Setup, TestServer, in_time};
use doorsign::transport::limits::Limits;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::AsyncReadExt;

const SHORT: Duration = Duration::from_millis(50);
const GET: &str = "GET /api/info HTTP/1.1\r\nHost: t\r\n\r\n";

/// Limits long enough to hang a test visibly. Each test shortens the limit that it checks.
fn long_limits() -> Limits {
    let long = Duration::from_secs(3600);
    Limits {
        header: long,
        body: long,
        write: long,
        linger: long,
        ping: long,
        silence: long,
        login: long,
        stop: long,
    }
}

async fn start_with_header_timeout() -> TestServer {
    let header = Duration::from_secs(2); // Valid requests must arrive in time even on a busy machine.
    let limits = Limits {
        header,
        ..long_limits()
    };
    Setup::new().limits(limits).start().await
}

#[tokio::test]
async fn a_connection_is_closed_when_its_headers_are_late() {
    let server = start_with_header_timeout().await;
    let parts = [
        "",
        "G",
        "GET /api/info HTTP/1.1\r\nHost:",
        &GET[..GET.len() - 1],
    ];
    let all = parts.map(async |part| Raw::sent(&server, part).await.ends().await);
    futures_util::future::join_all(all).await;
    assert_still_serving(&server, "partial requests").await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_response() {
    let server = start_with_header_timeout().await;
    let mut raw = Raw::sent(&server, GET).await;
    assert_eq!(raw.reply().await.unwrap().status, 200);
    raw.ends().await;
}

#[tokio::test]
async fn a_late_body_gets_408_and_the_connection_is_closed() {
    let body = SHORT;
    let limits = Limits {
        body,
        ..long_limits()
    };
    let server = Setup::new().limits(limits).start().await;
    let admin = server.admin().await;
    for (headers, begun) in [
        ("Content-Length: 10\r\n", ""),
        ("Content-Length: 10\r\n", r#"{"name":"#),
        ("Transfer-Encoding: chunked\r\n", "5\r\n{\"na"),
    ] {
        let mut raw = Raw::sent(&server, create(&admin, headers, begun)).await;
        let reply = raw.reply().await.unwrap();
        reply.refused(408);
        assert_eq!(reply.header("connection"), Some("close"));
        raw.ends().await;
    }
    assert_still_serving(&server, "a partial body").await;
}

#[tokio::test]
async fn a_client_that_keeps_sending_after_an_error_is_disconnected() {
    let linger = SHORT;
    let limits = Limits {
        linger,
        ..long_limits()
    };
    let server = Setup::new().limits(limits).start().await;
    let mut raw = Raw::sent(&server, "garbage\r\n\r\n").await;
    assert_eq!(raw.reply().await.unwrap().status, 400);
    in_time("a close", async {
        let endless = [b'x'; 4096];
        while tokio::io::AsyncWriteExt::write_all(&mut raw.stream, &endless)
            .await
            .is_ok()
        {}
    })
    .await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_frees_its_slot() {
    let write = SHORT;
    let limits = Limits {
        write,
        ..long_limits()
    };
    let server = Setup::new()
        .limits(limits)
        .config(|config| config.max_connections = 1)
        .start()
        .await;
    fill(&server, 5000).await;
    let admin = server.admin().await;
    let list = request(&admin, "GET /api/v1/custom-user-status.list?count=0", "");
    // 100 responses of over half a MiB each: more than any kernel buffers for a client.
    let mut unread = Raw::sent(&server, list.repeat(100)).await;
    assert_still_serving(&server, "an unread response").await;

    let mut rest = Vec::new();
    let _ = in_time("a close", unread.stream.read_to_end(&mut rest)).await;
    assert!(
        rest.len() > 100_000,
        "the responses did not start: {}",
        rest.len()
    );
    assert!(
        rest.len() < 100 * 500_000,
        "the responses were not cut off: {}",
        rest.len()
    );
}

#[tokio::test]
async fn connections_over_the_limit_wait_and_lose_no_request() {
    let server = Setup::new()
        .limits(long_limits())
        .config(|config| config.max_connections = 1)
        .start()
        .await;
    let admin = server.admin().await;
    let request = |name: &str| create_named(&admin, name);
    let mut first = Raw::sent(&server, request("first")).await;
    assert_eq!(first.reply().await.unwrap().status, 200);
    let mut second = Raw::sent(&server, request("second")).await;
    let mut third = Raw::sent(&server, request("third")).await;
    for n in 0..20 {
        first.send(request(&format!("first {n}"))).await;
        assert_eq!(first.reply().await.unwrap().status, 200);
    }
    for waiting in [&second, &third] {
        let early = waiting.stream.try_read(&mut [0]);
        assert_eq!(early.unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    drop(first);
    assert_eq!(second.reply().await.unwrap().status, 200);
    drop(second);
    assert_eq!(third.reply().await.unwrap().status, 200);
    drop(third);
    let list = admin.get("custom-user-status.list").await.expect(200);
    assert_eq!(list.json()["total"], 23);
}

/// Creates this many statuses directly in the store.
async fn fill(server: &TestServer, statuses: i64) {
    let numbers: Vec<i64> = (0..statuses).collect();
    for group in numbers.chunks(1000) {
        let creating = group.iter().map(async |n| {
            let new = status(*n, &format!("status {n}"));
            let created = store_status(&*server.app.store, &new).await;
            created.unwrap();
        });
        futures_util::future::join_all(creating).await;
    }
}
