//! CORS preflights, unknown paths, and known paths with a wrong method.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::api::ROUTES;
use serde_json::json;
use warp::http::Method;

const CREATE: &str = "/api/v1/custom-user-status.create";
const ALLOW_HEADERS: &str = "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization";
const INVALID_ORIGIN: &str = "Invalid origin. Add the page's origin to the setting cors_origins.";
const REQUESTED: (&str, &str) = ("access-control-request-method", "POST");

/// Starts a server with these `cors_origins`.
async fn server(origins: &[&str]) -> TestServer {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    Setup::new()
        .config(|config| config.cors_origins = origins)
        .start()
        .await
}

async fn options(server: &TestServer, headers: &[(&str, &str)]) -> Reply {
    server
        .anon()
        .send(Method::OPTIONS, CREATE, headers, "")
        .await
}

#[track_caller]
fn assert_text(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status.as_u16(), reply.text()), (status, text));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(
        reply.header("access-control-allow-headers"),
        Some(ALLOW_HEADERS)
    );
}

#[tokio::test]
async fn preflights_are_refused_unless_origins_are_configured() {
    let server = server(&[]).await;
    for headers in [&[("origin", "https://a.example")] as &[_], &[REQUESTED]] {
        let refused = options(&server, headers).await;
        let text =
            "CORS not enabled. Add the page's origin to the setting cors_origins to enable it.";
        assert_text(&refused, 405, text);
        assert!(refused.header("allow").is_some(), "RFC 9110 requires it");
        if headers != [REQUESTED] {
            assert_eq!(refused.header("access-control-allow-origin"), None);
        }
        assert_eq!(refused.header("access-control-allow-methods"), None);
    }
}

#[tokio::test]
async fn a_star_allows_every_origin() {
    let server = server(&["*"]).await;
    for headers in [
        &[("origin", "https://a.example"), REQUESTED] as &[_],
        &[REQUESTED],
    ] {
        let allowed = options(&server, headers).await;
        assert_text(&allowed, 200, "OK");
        assert_eq!(allowed.header("access-control-allow-origin"), Some("*"));
        let methods = "GET, POST, PUT, DELETE, HEAD, PATCH";
        assert_eq!(
            allowed.header("access-control-allow-methods"),
            Some(methods)
        );
    }
}

#[tokio::test]
async fn only_listed_origins_are_allowed() {
    let server = server(&["https://a.example", "http://b.example:8080"]).await;
    for origin in [
        "https://a.example",
        "https://A.example:443",
        "http://b.example:8080",
    ] {
        let allowed = options(&server, &[("origin", origin), REQUESTED]).await;
        assert_text(&allowed, 200, "OK");
        assert_eq!(allowed.header("access-control-allow-origin"), Some(origin));
        assert_eq!(allowed.header("vary"), Some("Origin"));
        assert!(allowed.header("access-control-allow-methods").is_some());
    }
    for origin in [
        "https://a.example.org",
        "http://a.example",
        "http://b.example",
        "null",
    ] {
        let refused = options(&server, &[("origin", origin), REQUESTED]).await;
        assert_text(&refused, 403, INVALID_ORIGIN);
        assert_eq!(refused.header("access-control-allow-methods"), None);
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    assert_text(&options(&server, &[REQUESTED]).await, 403, INVALID_ORIGIN);
}

#[tokio::test]
async fn options_requests_that_are_not_preflights_get_200() {
    for origins in [&[] as &[&str], &["*"], &["https://a.example"]] {
        let server = server(origins).await;
        assert_text(&options(&server, &[]).await, 200, "OK");
    }
}

#[tokio::test]
async fn other_responses_allow_only_listed_origins_and_requests_without_an_origin() {
    for (origins, origin, allowed) in [
        (&[] as &[&str], None, Some("*")),
        (&[], Some("https://b.example"), None),
        (&["https://a.example"], Some("https://b.example"), None),
        (
            &["https://a.example"],
            Some("https://a.example"),
            Some("https://a.example"),
        ),
        (&["*"], Some("https://b.example"), Some("*")),
    ] {
        let server = server(origins).await;
        let admin = server.admin().await;
        let send = async |client: &Client, method: Method, path: &str, body: String| {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(origin.map(|origin| ("origin", origin)));
            client.send(method, path, &headers, body).await
        };
        let list = "/api/v1/custom-user-status.list";
        let valid = json!({"name": "a", "statusType": "busy"}).to_string();
        let (none, anon) = (String::new, server.anon());
        for (status, reply) in [
            (200, send(&admin, Method::POST, CREATE, valid.clone()).await),
            (200, send(&admin, Method::GET, list, none()).await),
            (400, send(&admin, Method::POST, CREATE, valid).await),
            (401, send(&anon, Method::GET, "/api/v1/me", none()).await),
            (404, send(&admin, Method::GET, "/nowhere", none()).await),
            (405, send(&admin, Method::GET, CREATE, none()).await),
            (
                413,
                send(&admin, Method::POST, CREATE, "x".repeat(65_537)).await,
            ),
        ] {
            let case = format!("{status} for {origin:?} with cors_origins {origins:?}");
            assert_eq!(reply.status, status, "{case}: {}", reply.text());
            let allow_origin = reply.header("access-control-allow-origin");
            assert_eq!(allow_origin, allowed, "{case}");
            let varies = (allowed != Some("*")).then_some("Origin");
            assert_eq!(reply.header("vary"), varies, "{case}");
            assert_eq!(
                reply.header("access-control-allow-headers"),
                Some(ALLOW_HEADERS),
                "{case}"
            );
        }
    }
}

#[tokio::test]
async fn unknown_paths_are_404_in_json() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for path in [
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/Custom-User-Status.create",
        "/api/v1/custom-user-status%2Ecreate",
        "/api/v1/../v1/me",
        "/api/v2/me",
        "/api/info/x",
        "/%ff",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            println!("{method} {path}");
            let reply = admin.send(method, path, &[], "").await;
            reply.golden("unknown_route");
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
    }
}

#[tokio::test]
async fn a_wrong_method_gets_405_with_the_allowed_ones() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let verbs = [
        "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "PURGE", "get",
    ];
    for route in ROUTES {
        let same_path = ROUTES.iter().filter(|other| other.path == route.path);
        let known: Vec<_> = same_path.map(|other| other.method.as_str()).collect();
        let allow = match known[..] {
            ["GET"] => "GET, HEAD, OPTIONS",
            ["POST"] => "POST, OPTIONS",
            ["GET", "POST"] => "GET, POST, HEAD, OPTIONS",
            ["POST", "DELETE"] => "POST, DELETE, OPTIONS",
            ["POST", "GET"] => "POST, GET, OPTIONS", // Only logout, whose GET is not safe.
            _ => panic!("{known:?}"),
        };
        let wrong = |verb: &&str| !allow.split(", ").any(|known| known == *verb);
        for verb in verbs.iter().filter(|verb| wrong(verb)) {
            let method = Method::from_bytes(verb.as_bytes()).unwrap();
            let reply = admin.send(method, route.path, &[], "").await;
            assert_eq!(reply.status, 405, "{verb} {}", route.path);
            assert_eq!(reply.header("allow"), Some(allow), "{verb} {}", route.path);
            assert_eq!(reply.header("content-type"), Some("application/json"));
            if *verb != "HEAD" {
                reply.golden("wrong_method");
            }
        }
    }
}
