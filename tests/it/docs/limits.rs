//! The numbers in README.md's sentences, against the constants they come from, or, where those are private, against what happens.

use crate::good_requests::HANDSHAKE;
use crate::raw::Raw;
use crate::readme::{blocks, says, table};
use crate::support::{Setup, TestServer};
use doorsign::config::{Config, Contract};
use doorsign::domain::{StatusText, UserKey};
use doorsign::limits::Limits;
use doorsign::outbox::Pace;
use doorsign_audit_log::AuditLog;
use doorsign_hook::{Actor, PostCreateHook, Status, StatusCreated};
use serde_json::json;
use warp::http::Method;

/// A number as the README writes it in a sentence.
fn in_words(number: impl TryInto<u64>) -> &'static str {
    match number.try_into().ok().unwrap() {
        2 => "two",
        5 => "five",
        10 => "ten",
        50 => "fifty",
        other => panic!("{other} has no words here: README.md has to change, and this, too"),
    }
}

fn defaults() -> Config {
    Config::defaults_in("data".into())
}

#[test]
fn how_long_clients_may_keep_the_server_waiting() {
    let limits = Limits::default();
    let [header, body, write] = [limits.header, limits.body, limits.write].map(|l| l.as_secs());
    says(&format!(
        "Headers must arrive within {header} s, the first byte included,"
    ));
    says(&format!(
        "a client that reads nothing of its answer for {write} s is dropped."
    ));
    says(&format!("a body that takes longer than {body} s"));
    let stop = in_words(limits.stop.as_secs());
    says(&format!(
        "finishes open requests (for {stop} seconds at most)"
    ));
}

#[test]
fn how_patient_deliveries_are() {
    let pace = Pace::default();
    let limit = in_words(pace.limit.as_secs());
    says(&format!("A delivery may take {limit} seconds;"));
    let [first, second, third] = [0, 1, 2].map(|n| pace.waits[n].as_secs());
    let cap = in_words(pace.waits.iter().max().unwrap().as_secs() / 60);
    says(&format!(
        "tried again after {first} s, {second} s, {third} s … up to {cap} minutes, with jitter"
    ));
    assert!(pace.wait(1, 0.0) < pace.wait(1, 1.0), "with jitter");
    says(&format!(
        "and is parked with its reason after {} attempts;",
        pace.waits.len() + 1
    ));
}

#[test]
fn how_many_failed_logins_block() {
    let config = defaults();
    let (user, minutes) = (
        config.login_failures_per_user,
        config.login_block_seconds / 60,
    );
    let address = in_words(config.login_failures_per_address);
    let user = in_words(user).replace("ten", "Ten");
    says(&format!(
        "{user} failed logins within {} minutes block that user from that address, {address} block the address,",
        in_words(minutes)
    ));
    let (account, hours) = (
        config.login_failures_per_account,
        config.login_account_block_seconds / 3600,
    );
    assert_eq!(hours, 1);
    says(&format!(
        "and {account} within an hour, from all addresses together, block the account"
    ));
}

#[tokio::test]
async fn how_often_one_may_call_and_what_a_call_too_many_is_told() {
    let mut config = defaults();
    let (calls, seconds) = (config.rate_limit_calls(), config.rate_limit_seconds);
    says(&format!(
        "An address may call a route {calls} times in {seconds} s"
    ));
    config.contract = Contract::Server;
    let calls = config.rate_limit_calls();
    says(&format!("In the `server` contract it is {calls} times,"));
    says("with `api-bypass-rate-limit` (`admin`, `bot` and `app`) are exempt");

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
    let told = server.anon().get("info").await.expect(200);
    for header in ["Limit", "Remaining", "Reset"] {
        let header = format!("X-RateLimit-{header}");
        assert!(told.header(&header).is_some(), "{header}");
        says(&format!("`{header}`"));
    }
    let refused = server.anon().get("info").await.expect(429);
    assert!(blocks("json").iter().any(|block| block == refused.text()));
    says("A call too many is a 429 with `Retry-After`:");
    assert!(refused.header("retry-after").is_some());
    says("and so are `openapi.json`, `events.schema`, `method.call` and `/websocket`.");
    let call = json!({"message": r#"{"method":"UserPresence:ping","params":[]}"#});
    let anybody = [("content-type", "application/json")];
    for (method, path, headers, body, status) in [
        (Method::GET, "/api/v1/openapi.json", &[][..], "", 200),
        (
            Method::POST,
            "/api/v1/method.callAnon/any",
            &anybody,
            &call.to_string(),
            200,
        ),
        (Method::GET, "/websocket", HANDSHAKE, "", 101),
    ] {
        for _ in 0..2 {
            let asked = (method.clone(), body.to_owned());
            let answer = server.anon().send(asked.0, path, headers, asked.1).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
}

#[test]
fn no_proxy_is_believed_unless_it_is_named() {
    assert!(defaults().trusted_proxies.is_empty());
    let header = defaults().client_address_header;
    says(&format!("is read from `{header}`"));
    says("`trusted_proxies`");
    says("`client_address_header`");
}

#[test]
fn the_table_of_settings_holds_the_defaults_of_the_server_that_is_tested() {
    let (rows, config) = (table("key"), defaults());
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
fn how_long_the_text_of_a_status_may_be() {
    let most = StatusText::MAX_UNITS;
    says(&format!("a text of at most {most} characters (cut,"));
}

#[test]
fn what_it_takes_to_build() {
    let rust = env!("CARGO_PKG_RUST_VERSION");
    says(&format!("Both need Rust {rust} and a C compiler"));
}

#[tokio::test]
async fn passwords_are_kept_as_it_says() {
    says("Passwords are kept as Argon2id (19 MiB, two passes)");
    let server = TestServer::start().await;
    let key = UserKey::Username("admin".to_owned());
    let (_, hash) = server.app.store.find_user(key).await.unwrap().unwrap();
    let expected = format!("$argon2id$v=19$m={},t=2,", 19 * 1024);
    assert!(hash.starts_with(&expected), "{hash}");
}

/// The status that answers a request with so many headers, of so many bytes in all with its first line.
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
async fn headers_may_be_as_large_and_as_many_as_it_says() {
    says("the first byte included, and 16 KiB;");
    says("headers that are too large or more than 100 a bare 431.");
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
async fn as_many_rotated_files_are_kept_as_it_says() {
    const KEPT: usize = 5;
    let kept = in_words(KEPT);
    says(&format!(
        "rotated at `audit_log_max_bytes` ({kept} old files are kept)"
    ));
    let folder = tempfile::tempdir().unwrap();
    // Every line is too long for it, so that each begins a new file.
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
