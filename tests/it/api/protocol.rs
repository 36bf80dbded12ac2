//! Malformed requests and unknown routes: the server answers with an error or closes the
//! connection, and later clients are unaffected.

use crate::support::TestServer;
use crate::support::raw::{Raw, assert_still_serving, create_named};
use tokio::io::AsyncWriteExt;
use warp::http::{Method, StatusCode};

/// The server closes the connection without a response.
const CLOSED: u16 = 0;

#[tokio::test]
async fn malformed_requests_get_an_error_or_a_close_and_the_server_keeps_running() {
    let get = |headers: &str| format!("GET /api/info HTTP/1.1\r\nHost: t\r\n{headers}\r\n");
    let post = |headers: &str| format!("POST /api/v1/login HTTP/1.1\r\nHost: t\r\n{headers}\r\n");
    let besides_host = |n| {
        (0..n)
            .map(|n| format!("X-{n}: {n}\r\n"))
            .collect::<String>()
    };
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u8>, u16)> = vec![
        ("CONNECT", b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n".into(), 405),
        ("CONNECT without a port", b"CONNECT / HTTP/1.1\r\nHost: t\r\n\r\n".into(), 405),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n".into(), 200),
        ("GET *", b"GET * HTTP/1.1\r\nHost: t\r\n\r\n".into(), 404),
        ("an absolute URI", b"GET http://elsewhere.example/api/info HTTP/1.1\r\nHost: t\r\n\r\n".into(), 200),
        ("an absolute URI without a path", b"GET http://elsewhere.example HTTP/1.1\r\nHost: t\r\n\r\n".into(), 200),
        ("no host", b"GET /api/info HTTP/1.1\r\n\r\n".into(), 400),
        ("two hosts", get("Host: t\r\n").into(), 400),
        ("two hosts under HTTP/1.0", b"GET /api/info HTTP/1.0\r\nHost: t\r\nHost: u\r\n\r\n".into(), 400),
        ("an empty host", b"GET /api/info HTTP/1.1\r\nHost:\r\n\r\n".into(), 400),
        ("a host with a path", b"GET /api/info HTTP/1.1\r\nHost: t/u\r\n\r\n".into(), 400),
        ("a host with a user", b"GET /api/info HTTP/1.1\r\nHost: t@u\r\n\r\n".into(), 400),
        ("empty lines first", b"\r\n\r\nGET /api/info HTTP/1.1\r\nHost: t\r\n\r\n".into(), 200),
        ("bare line feeds", b"GET /api/info HTTP/1.1\nHost: t\n\n".into(), 200),
        ("HTTP/1.0", b"GET /api/info HTTP/1.0\r\n\r\n".into(), 200),
        ("garbage", b"\x00\xff\xfe garbage \x01\x02\r\n\r\n".into(), 400),
        ("a TLS client hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x01\x02\x03\x04\x05\x06\x07".into(), 400),
        ("HTTP/0.9", b"GET /api/info\r\n".into(), 400),
        ("HTTP/1.2", b"GET /api/info HTTP/1.2\r\nHost: t\r\n\r\n".into(), 400),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".into(), CLOSED),
        ("no path", b"GET  HTTP/1.1\r\nHost: t\r\n\r\n".into(), 400),
        ("a host without a path", b"GET host HTTP/1.1\r\nHost: t\r\n\r\n".into(), 400),
        ("a host and port without a path", b"POST host:80 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n".into(), 400),
        ("OPTIONS of a host", b"OPTIONS host:80 HTTP/1.1\r\nHost: t\r\n\r\n".into(), 400),
        ("a space in the path", b"GET /api /info HTTP/1.1\r\nHost: t\r\n\r\n".into(), 400),
        ("a raw byte in the path", b"GET /api/\xff HTTP/1.1\r\nHost: t\r\n\r\n".into(), 400),
        ("a query of 15 KiB", format!("GET /api/info?{} HTTP/1.1\r\nHost: t\r\n\r\n", "x".repeat(15 * 1024)).into(), 200),
        ("a header of 100 KiB", get(&format!("X-Long: {}\r\n", "x".repeat(100 * 1024))).into(), 431),
        ("100 headers", get(&besides_host(99)).into(), 200),
        ("101 headers", get(&besides_host(100)).into(), 431),
        ("NUL in a header", get("X-Nul: a\0b\r\n").into(), 400),
        ("a folded header", get("X-Fold: a\r\n b\r\n").into(), 400),
        ("a header without a colon", get("X-Nothing\r\n").into(), 400),
        ("a header with a space in its name", get("X Y: z\r\n").into(), 400),
        ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n").into(), 400),
        ("two lengths in one", post("Content-Length: 2, 3\r\n").into(), 400),
        ("a negative length", post("Content-Length: -1\r\n").into(), 400),
        ("a length with a sign", post("Content-Length: +2\r\n").into(), 400),
        ("a length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n").into(), 400),
        ("a length of 16 EiB", post("Content-Length: 18446744073709551615\r\n").into(), 431),
        ("a length and chunks, where chunks count", (post("Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n").into(), 401),
        ("an unknown transfer encoding", post("Transfer-Encoding: gzip\r\n").into(), 400),
        ("chunks under HTTP/1.0", b"POST /api/v1/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(), 400),
        ("a chunk size that is not a number", (post("Transfer-Encoding: chunked\r\n") + "xyz\r\n{}\r\n0\r\n\r\n").into(), 400),
        ("a chunk longer than its size", (post("Transfer-Encoding: chunked\r\n") + "1\r\n{}\r\n0\r\n\r\n").into(), 400),
        ("a chunk size beyond 64 bits", (post("Transfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n").into(), 400),
        ("a chunk extension without an end", (post("Transfer-Encoding: chunked\r\n") + "1;" + &"x".repeat(64 * 1024)).into(), 400),
        ("endless trailers", (post("Transfer-Encoding: chunked\r\n") + "0\r\n" + &"X-T: y\r\n".repeat(9000)).into(), 400),
        ("nothing", b"".into(), CLOSED),
    ];
    let server = TestServer::start().await;
    for (name, bytes, expected) in table {
        let mut raw = Raw::sent(&server, bytes).await;
        if expected == CLOSED {
            raw.stream.shutdown().await.unwrap();
        }
        let reply = raw.reply().await;
        let status = reply.as_ref().map_or(CLOSED, |reply| reply.status.as_u16());
        assert_eq!(status, expected, "{name}: {reply:?}");
        assert_still_serving(&server, name).await;
    }
}

#[tokio::test]
async fn a_request_line_of_100_kib_is_refused() {
    let server = TestServer::start().await;
    let request = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100 * 1024));
    let reply = Raw::sent(&server, request).await.reply().await.unwrap();
    // The status depends on how much of the request arrives at once.
    assert!([414, 431].contains(&reply.status.as_u16()), "{reply:?}");
    assert_still_serving(&server, "a long request line").await;
}

#[tokio::test]
async fn paths_are_matched_literally_and_unknown_ones_get_404() {
    let server = TestServer::start().await;
    let long = format!("/{}", "a/".repeat(7_000));
    let paths = [
        "/api/v1/",
        "/api/v1/../info",
        "/api/v1/..%2finfo",
        "/../../etc/passwd",
        "/api/v1/%63ustom-user-status.list",
        "/api/v1/custom-user-status%2Elist",
        "/API/INFO",
        "/api/info%00",
        "/api/info%ff%fe",
        "/api/info%",
        "/api/info;x=y",
        "/api/v1/custom-user-status.list*",
        "/api/v1/settings",
        "/api/v1/settings/",
        "/api/v1/settings%2FSite_Name",
        &long,
    ];
    for path in paths {
        for method in ["GET", "POST", "DELETE", "BREW"] {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{{}}");
            let reply = Raw::sent(&server, request).await.reply().await.unwrap();
            reply.refused(404);
        }
    }
    assert_still_serving(&server, "strange paths").await;
}

#[tokio::test]
async fn an_unsupported_method_gets_405_with_the_allowed_methods() {
    let server = TestServer::start().await;
    let (read, write) = (
        "/api/v1/custom-user-status.list",
        "/api/v1/custom-user-status.create",
    );
    for (method, path, allow) in [
        ("POST", read, "GET, HEAD, OPTIONS"),
        ("TRACE", read, "GET, HEAD, OPTIONS"),
        ("get", read, "GET, HEAD, OPTIONS"),
        ("GET", write, "POST, OPTIONS"),
        ("HEAD", write, "POST, OPTIONS"),
        ("PATCH", write, "POST, OPTIONS"),
        ("PUT", "/api/v1/logout", "POST, GET, OPTIONS"),
        ("HEAD", "/api/v1/logout", "POST, GET, OPTIONS"),
        ("PUT", "/api/v1/settings/x", "GET, POST, HEAD, OPTIONS"),
        ("PUT", "/api/v1/settings/%ff", "GET, POST, HEAD, OPTIONS"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        let mut raw = Raw::sent(&server, request).await;
        let reply = if method == "HEAD" {
            raw.reply_to_head().await
        } else {
            raw.reply().await
        };
        let reply = reply.unwrap();
        assert_eq!(reply.status, 405, "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
    }
    assert_still_serving(&server, "strange methods").await;
}

#[tokio::test]
async fn head_returns_the_same_headers_as_get_without_a_body() {
    let server = TestServer::start().await;
    let request = |method: &str| format!("{method} /api/info HTTP/1.1\r\nHost: t\r\n\r\n");
    let mut raw = Raw::sent(&server, request("HEAD") + &request("GET")).await;
    let (head, get) = (
        raw.reply_to_head().await.unwrap(),
        raw.reply().await.unwrap(),
    );
    assert_eq!((head.status, get.status), (StatusCode::OK, StatusCode::OK));
    for name in ["content-length", "content-type", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert!(!get.body.is_empty());
}

#[tokio::test]
async fn head_of_logout_does_not_log_out() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let logout = async |method| ann.send(method, "/api/v1/logout", &[], "").await;
    logout(Method::HEAD).await.expect(405);
    ann.get("me").await.expect(200);
    logout(Method::GET).await.expect(200);
    ann.get("me").await.expect(401);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let requests: String = (0..50)
        .map(|n| create_named(&admin, &format!("status {n}")))
        .collect();
    let mut raw = Raw::sent(&server, requests).await;
    for n in 0..50 {
        let reply = raw.reply().await.unwrap();
        let body = reply.json();
        assert_eq!(
            body["customUserStatus"]["name"],
            format!("status {n}"),
            "{reply:?}"
        );
    }
}
