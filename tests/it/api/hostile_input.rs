//! Property tests of the body and query parsers over a real socket: any input gets a JSON response
//! and never a 5xx.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Contract;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A server for synchronous code, with an administrator and an anonymous client.
struct Target {
    runtime: Runtime,
    clients: [Client; 2],
    _server: TestServer,
}

impl Target {
    fn start(contract: Contract) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Setup::new().contract(contract).start());
        let clients = [runtime.block_on(server.admin()), server.anon()];
        Self {
            runtime,
            clients,
            _server: server,
        }
    }

    /// Sends the request as each client and checks the response.
    fn ask(&self, request: impl AsyncFn(&Client) -> Reply) -> Result<(), TestCaseError> {
        for client in &self.clients {
            let reply = self.runtime.block_on(request(client));
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            prop_assert!(reply.status.as_u16() < 500, "{} {text}", reply.status);
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let is_ok = reply.status == 200;
            prop_assert!(body["success"] == json!(is_ok), "{} {text}", reply.status);
            prop_assert_eq!(reply.header("content-type"), Some("application/json"));
        }
        Ok(())
    }
}

/// Runs 256 cases against one server per contract.
fn run_cases<S: Strategy>(
    cases: &S,
    test: impl Fn(&Target, S::Value) -> Result<(), TestCaseError>,
) {
    for contract in [Contract::Documented, Contract::Server] {
        let target = Target::start(contract);
        let mut runner = TestRunner::new(Config {
            cases: 256,
            failure_persistence: None,
            ..Config::default()
        });
        let result = runner.run(cases, |case| test(&target, case));
        result.unwrap_or_else(|failure| panic!("{contract:?}: {failure}"));
    }
}

/// Mostly one of the fields of a route.
fn field(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    let known = prop::sample::select(known).prop_map(str::to_owned);
    prop_oneof![19 => known, 1 => any::<String>()]
}

/// Texts with a special meaning somewhere, and random ones.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "",
        " ",
        "busy",
        "Offline",
        "a",
        "é🍜",
        "\u{0}",
        "\u{feff}",
        "%",
        "_",
        "'; --",
        "-1",
        "0",
        "1e2",
        "1e999",
        "NaN",
        "inf",
        "{}",
        "{\"name\":1}",
        "{\"_id\":-1,\"name\":1}",
        "[",
        "null",
        "sha-256",
        "view-statistics",
        "user",
        "2026-01-01",
        "99999999999999999999",
        "-9999-01-01",
        "W/\"x\"",
    ]);
    prop_oneof![3 => special.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Any JSON, mostly an object with these fields and texts as values.
fn document(known: &'static [&'static str]) -> impl Strategy<Value = Value> {
    const INSIDE: &[&str] = &["_id", "roles", "username", "email", "digest", "algorithm"];
    let leaf = || {
        prop_oneof![
            9 => text().prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
        ]
    };
    let nested = leaf().prop_recursive(3, 12, 4, |inner| {
        let object = prop::collection::hash_map(field(INSIDE), inner.clone(), 0..4);
        prop_oneof![
            object.prop_map(|map| map.into_iter().collect()),
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    });
    let value = prop_oneof![3 => leaf(), 1 => nested];
    let object = prop::collection::hash_map(field(known), value, 0..=known.len());
    prop_oneof![
        19 => object.prop_map(|map| map.into_iter().collect::<Value>()),
        1 => leaf(),
    ]
}

/// A content type and a body: JSON, truncated JSON, or random bytes.
fn body(known: &'static [&'static str]) -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let content_type = prop_oneof![
        6 => Just("application/json"),
        1 => Just("application/x-www-form-urlencoded"),
        1 => Just("text/plain"),
        1 => Just("multipart/form-data; boundary=x"),
        1 => Just(";;="),
    ];
    let whole = || document(known).prop_map(|json| json.to_string().into_bytes());
    let truncated = (whole(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len()));
        bytes
    });
    let deep = (0_usize..70_000).prop_map(|depth| vec![b'['; depth]);
    let bytes = prop_oneof![
        6 => whole(),
        2 => truncated,
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => deep,
    ];
    (content_type, bytes)
}

/// A query string: form-encoded pairs, or random characters that a URL allows.
fn query() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "count",
        "offset",
        "sort",
        "name",
        "_id",
        "query",
        "updatedSince",
    ];
    let pairs = prop::collection::vec((field(KNOWN), text()), 0..4).prop_map(|pairs| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    });
    let raw = "[a-z0-9_=&;?/:@!$'()*+,.~%-]{0,60}";
    prop_oneof![3 => pairs, 1 => raw]
}

fn every_body_is_answered(route: &str, known: &'static [&'static str]) {
    run_cases(&body(known), |target, (content_type, body)| {
        target.ask(async |client: &Client| client.post_raw(route, content_type, body.clone()).await)
    });
}

#[test]
fn every_body_of_create_is_answered() {
    every_body_is_answered("custom-user-status.create", &["name", "statusType"]);
}

#[test]
fn every_body_of_update_is_answered() {
    every_body_is_answered("custom-user-status.update", &["_id", "name", "statusType"]);
}

#[test]
fn every_body_of_delete_is_answered() {
    every_body_is_answered("custom-user-status.delete", &["customUserStatusId"]);
}

#[test]
fn every_body_of_login_is_answered() {
    every_body_is_answered(
        "login",
        &["user", "username", "email", "password", "resume", "code"],
    );
}

#[test]
fn every_body_of_a_permission_update_is_answered() {
    every_body_is_answered("permissions.update", &["permissions"]);
}

#[test]
fn every_query_of_a_list_is_answered() {
    run_cases(&query(), |target, query| {
        for route in ["custom-user-status.list", "permissions.listAll"] {
            target.ask(async |client: &Client| client.get(&format!("{route}?{query}")).await)?;
        }
        Ok(())
    });
}
