//! The numbers in the documentation, compared with the constants in the code or with the behaviour
//! of a server.

use crate::support::good_requests::HANDSHAKE;
use crate::support::page::Page;
use crate::support::raw::Raw;
use crate::support::{Setup, TestServer};
use doorsign::config::{Config, Contract};
use doorsign::domain::{StatusText, UserKey};
use doorsign::hooks::delivery::Pace;
use doorsign::transport::limits::Limits;
use doorsign_audit_log::AuditLog;
use doorsign_hook::{Actor, PostCreateHook, Status, StatusCreated};
use serde_json::json;
use warp::http::Method;

fn defaults() -> Config {
    Config::defaults_in("data".into())
}

#[test]
fn the_timeouts_for_clients_are_as_documented() {
    let limits = Limits::default();
    let [header, body, write] = [limits.header, limits.body, limits.write].map(|l| l.as_secs());
    let api = Page::of("api");
    api.states(&format!("headers must arrive within {header} s"));
    api.states(&format!("nothing of its response for {write} s"));
    api.states(&format!("a body that takes longer than {body} s"));
    let stop = limits.stop.as_secs();
    let deploy = Page::of("deploy");
    deploy.states(&format!("finishes open requests ({stop} s at most)"));
}

#[test]
fn the_pace_of_deliveries_is_as_documented() {
    let pace = Pace::default();
    let page = Page::of("hooks");
    let limit = pace.limit.as_secs();
    page.states(&format!("2 at once | {limit} s |"));
    let [first, second, third] = [0, 1, 2].map(|n| pace.waits[n].as_secs());
    let cap = pace.waits.iter().max().unwrap().as_secs() / 60;
    page.states(&format!(
        "| {first} s, {second} s, {third} s … up to {cap} minutes, with jitter |"
    ));
    assert!(pace.wait(1, 0.0) < pace.wait(1, 1.0), "with jitter");
    let attempts = pace.waits.len() + 1;
    page.states(&format!("| {attempts}, then the event is parked"));
}

#[tokio::test]
async fn the_rate_limit_its_exemptions_and_its_error_are_as_documented() {
    let mut config = defaults();
    let (calls, seconds) = (config.rate_limit_calls(), config.rate_limit_seconds);
    let page = Page::of("api");
    page.states(&format!("call a route {calls} times in {seconds} s"));
    config.contract = Contract::Server;
    let calls = config.rate_limit_calls();
    page.states(&format!("the limit is {calls} times,"));
    page.states("`api-bypass-rate-limit`: `admin`, `bot` and `app`");

    let server = Setup::new().config(|config| config.rate_limit_calls = Some(1));
    let server = server.start().await;
    let admin = server.admin().await;
    let grants = admin.get("permissions.listAll").await.expect(200).json();
    let grants = grants["update"].as_array().unwrap();
    let bypass = grants
        .iter()
        .find(|grant| grant["_id"] == "api-bypass-rate-limit");
    let roles = serde_json::json!(["admin", "bot", "app"]);
    assert_eq!(bypass.unwrap()["roles"], roles);
    let reply = server.anon().get("info").await.expect(200);
    for header in ["Limit", "Remaining", "Reset"] {
        let header = format!("X-RateLimit-{header}");
        assert!(reply.header(&header).is_some(), "{header}");
        page.states(&format!("`{header}`"));
    }
    let refused = server.anon().get("info").await.expect(429);
    assert!(
        page.blocks("json")
            .iter()
            .any(|block| block == refused.text())
    );
    page.states("a 429 with `Retry-After`:");
    assert!(refused.header("retry-after").is_some());
    page.states("`method.call`, `/websocket`, `/sockjs/*`, `/avatar/`, `/livez` and `/readyz`");
    let call = json!({"message": r#"{"method":"UserPresence:ping","params":[]}"#});
    let json_type = [("content-type", "application/json")];
    for (method, path, headers, body, status) in [
        (Method::GET, "/api/v1/openapi.json", &[][..], "", 200),
        (
            Method::POST,
            "/api/v1/method.callAnon/any",
            &json_type,
            &call.to_string(),
            200,
        ),
        (Method::GET, "/websocket", HANDSHAKE, "", 101),
        (Method::GET, "/avatar/ann", &[], "", 200),
        (Method::GET, "/livez", &[], "", 200),
        (Method::GET, "/readyz", &[], "", 200),
        (Method::GET, "/sockjs/1/a/websocket", HANDSHAKE, "", 101),
        (Method::GET, "/sockjs/info", &[], "", 200),
    ] {
        for _ in 0..2 {
            let (method, body) = (method.clone(), body.to_owned());
            let answer = server.anon().send(method, path, headers, body).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
}

#[test]
fn no_proxy_is_trusted_by_default() {
    assert!(defaults().trusted_proxies.is_empty());
    let header = defaults().client_address_header;
    Page::of("security").states(&format!("| `client_address_header` | `{header}` |"));
}

#[test]
fn the_table_of_settings_has_the_numeric_defaults_of_the_config() {
    let (rows, config) = (Page::of("settings").table("key"), defaults());
    for (key, number) in [
        ("login_days", u64::from(config.login_days)),
        (
            "offline_grace_seconds",
            u64::from(config.offline_grace_seconds),
        ),
        ("heartbeat_seconds", u64::from(config.heartbeat_seconds)),
        ("login_block_seconds", u64::from(config.login_block_seconds)),
        (
            "login_failures_per_user",
            u64::from(config.login_failures_per_user),
        ),
        (
            "login_failures_per_address",
            u64::from(config.login_failures_per_address),
        ),
        (
            "login_failures_per_account",
            u64::from(config.login_failures_per_account),
        ),
        (
            "login_account_block_seconds",
            u64::from(config.login_account_block_seconds),
        ),
        (
            "max_connections",
            u64::try_from(config.max_connections).unwrap(),
        ),
        ("audit_log_max_bytes", config.audit_log_max_bytes),
        ("exec_seconds", config.exec_seconds.into()),
        ("exec_at_once", u64::try_from(config.exec_at_once).unwrap()),
        ("exec_memory_mib", config.exec_memory_mib),
        ("wasm_seconds", config.wasm_seconds.into()),
        ("wasm_memory_mib", config.wasm_memory_mib),
        ("event_retention_days", config.event_retention_days.into()),
        ("audit_retention_days", config.audit_retention_days.into()),
    ] {
        let key = format!("`{key}`");
        let row = rows.iter().find(|row| row[0] == key).unwrap();
        assert_eq!(row[3], format!("`{number}`"), "{key}");
    }
}

#[test]
fn the_text_of_a_status_has_the_documented_length() {
    let most = StatusText::MAX_UNITS;
    Page::of("status").states(&format!("a text of at most {most} characters"));
}

#[test]
fn the_rust_version_is_the_one_of_the_manifest() {
    let rust = env!("CARGO_PKG_RUST_VERSION");
    for page in ["README.md", "docs/install.md", "CONTRIBUTING.md"] {
        Page::open(page).states(&format!("You need Rust {rust} and a C compiler"));
    }
}

#[tokio::test]
async fn passwords_are_hashed_as_documented() {
    Page::of("security").states("Argon2id (19 MiB, 2 passes)");
    let server = TestServer::start().await;
    let key = UserKey::Username("admin".to_owned());
    let (_, hash) = server.app.store.find_user(key).await.unwrap().unwrap();
    let expected = format!("$argon2id$v=19$m={},t=2,", 19 * 1024);
    assert!(hash.starts_with(&expected), "{hash}");
}

/// The status of a response to a request with this many headers, and this many bytes including the
/// request line.
async fn with_headers(server: &TestServer, headers: usize, bytes: usize) -> u16 {
    let mut request = "GET /api/info HTTP/1.1\r\nHost: t\r\n".to_owned();
    for n in 2..headers {
        request += &format!("x{n}: y\r\n");
    }
    let filler = bytes.saturating_sub(request.len() + "z: \r\n\r\n".len());
    request += &format!("z: {}\r\n\r\n", "z".repeat(filler));
    let mut raw = Raw::sent(server, request).await;
    raw.reply().await.unwrap().status.as_u16()
}

#[tokio::test]
async fn headers_have_the_documented_limits() {
    let page = Page::of("api");
    page.states("fit into 16 KiB.");
    page.states("more than 100, get a bare 431.");
    let server = TestServer::start().await;
    let (most, kib) = (16 * 1024, 1024);
    for (headers, bytes, status) in [
        (2, most - kib, 200),
        (2, most + kib, 431),
        (100, 0, 200),
        (101, 0, 431),
    ] {
        let case = format!("{headers} headers, {bytes} bytes");
        assert_eq!(
            with_headers(&server, headers, bytes).await,
            status,
            "{case}"
        );
    }
}

#[tokio::test]
async fn five_rotated_files_of_the_audit_log_are_kept() {
    const KEPT: usize = 5;
    Page::of("hooks").states("five old files are kept");
    let folder = tempfile::tempdir().unwrap();
    // Every line exceeds the limit of 1 byte, so that each starts a new file.
    let log = AuditLog::open(folder.path().join("audit.log"), 1).unwrap();
    for event in 1..=2 * KEPT {
        let status = Status::new(format!("{event:024x}"), "a", "busy", 0);
        let event = u64::try_from(event).unwrap();
        let created = StatusCreated::new(event, 0, Actor::new("id", "admin"), status);
        log.post_create(&created).await.unwrap();
    }
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let old = files.filter(|name| name.starts_with("audit.log."));
    assert_eq!(old.count(), KEPT);
}
