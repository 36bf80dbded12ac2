//! The headers that restrict what a browser does with a response.

use crate::support::good_requests::HANDSHAKE;
use crate::support::raw::Raw;
use crate::support::{Reply, Setup, TestServer, in_time, look_again};
use tokio::io::AsyncWriteExt;
use warp::http::Method;

#[track_caller]
fn assert_secure(reply: &Reply, case: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{case}");
    }
    let policy = reply.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{case}: {policy}");
    }
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let server = TestServer::start().await;
    let (anon, admin) = (server.anon(), server.admin().await);
    let list = "/api/v1/custom-user-status.list";
    let current = [("if-none-match", "*")];
    for (client, method, path, headers, status) in [
        (&admin, Method::GET, list, &[][..], 200),
        (&admin, Method::GET, list, &current, 304),
        (&anon, Method::GET, "/websocket", HANDSHAKE, 101),
        (&anon, Method::GET, "/sockjs/1/a/websocket", HANDSHAKE, 101),
        (&anon, Method::OPTIONS, "/api/info", &[], 200),
        (&anon, Method::POST, "/api/v1/login", &[], 401),
        (&anon, Method::GET, "/nowhere", &[], 404),
        (&anon, Method::DELETE, "/api/info", &[], 405),
    ] {
        let reply = client.send(method, path, headers, "").await;
        assert_eq!(reply.status, status, "{path}");
        assert_secure(&reply, path);
        assert_eq!(reply.header("strict-transport-security"), None);
    }
    for (request, status) in [
        ("GET /api/info HTTP/1.1\r\n\r\n", 400),
        ("GET host HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n", 405),
    ] {
        let reply = Raw::sent(&server, request).await.reply().await.unwrap();
        assert_eq!(reply.status, status, "{request}");
        assert_secure(&reply, request);
    }
}

#[tokio::test]
async fn responses_to_refused_connections_have_the_security_headers_too() {
    let https = Some("https://chat.example".to_owned());
    let setup = Setup::new().config(|config| {
        config.site_url = https;
        config.max_connections_per_address = Some(1);
    });
    let server = setup.start().await;
    let long = "x".repeat(20_000);
    for (request, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: t\r\n\r\n"), 431),
        ("GET /api/info HTTP/1.1\r\n\r\n".to_owned(), 400),
        (
            "CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n".to_owned(),
            405,
        ),
    ] {
        let reply = in_time("a free connection", async {
            loop {
                let mut raw = Raw::connect(server.address).await;
                let _ = raw.stream.write_all(request.as_bytes()).await;
                match raw.reply().await {
                    Some(reply) if reply.status != 503 => return reply,
                    _ => look_again().await, // The previous connection is still being closed.
                }
            }
        })
        .await;
        assert_eq!(reply.status, status);
        assert_secure(&reply, &status.to_string());
        let hsts = reply.header("strict-transport-security");
        assert_eq!(hsts, Some("max-age=31536000"), "{status}");
    }
    let _only = in_time("a free connection", async {
        loop {
            let mut raw = Raw::connect(server.address).await;
            let _ = raw.stream.write_all(request_info()).await;
            if raw.reply().await.is_some_and(|reply| reply.status == 200) {
                return raw;
            }
            look_again().await;
        }
    })
    .await;
    let refused = Raw::connect(server.address).await.reply().await.unwrap();
    assert_eq!(refused.status, 503);
    assert_secure(&refused, "503");
    let hsts = refused.header("strict-transport-security");
    assert_eq!(hsts, Some("max-age=31536000"));
}

fn request_info() -> &'static [u8] {
    b"GET /api/info HTTP/1.1\r\nHost: t\r\n\r\n"
}

#[tokio::test]
async fn hsts_is_sent_only_if_the_site_url_uses_https() {
    for (site_url, expected) in [
        ("https://chat.example", Some("max-age=31536000")),
        ("http://chat.example", None),
    ] {
        let site_url = Some(site_url.to_owned());
        let server = Setup::new().config(|config| config.site_url = site_url);
        let server = server.start().await;
        let info = server.anon().send(Method::GET, "/api/info", &[], "").await;
        assert_eq!(info.header("strict-transport-security"), expected);
    }
}
