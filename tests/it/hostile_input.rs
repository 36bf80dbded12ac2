//! Whatever a client sends, it gets JSON and never a 5xx: properties of the body and query parsers, held over a real socket. What is
//! sent instead of HTTP stands elsewhere.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Contract;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A server to be asked from outside of async code, by the administrator and by nobody.
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

    /// Asks as either client, and then whether the server still answers.
    fn ask(&self, request: impl AsyncFn(&Client) -> Reply) -> Result<(), TestCaseError> {
        for client in &self.clients {
            let reply = self.runtime.block_on(request(client));
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            prop_assert!(reply.status.as_u16() < 500, "{} {text}", reply.status);
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let fine = reply.status == 200;
            prop_assert!(body["success"] == json!(fine), "{} {text}", reply.status);
            prop_assert_eq!(reply.header("content-type"), Some("application/json"));
        }
        Ok(())
    }
}

/// Runs 256 cases against one server of each contract.
fn hold<S: Strategy>(cases: &S, test: impl Fn(&Target, S::Value) -> Result<(), TestCaseError>) {
    for contract in [Contract::Documented, Contract::Server] {
        let target = Target::start(contract);
        let mut runner = TestRunner::new(Config {
            cases: 256,
            failure_persistence: None,
            ..Config::default()
        });
        let held = runner.run(cases, |case| test(&target, case));
        held.unwrap_or_else(|broken| panic!("{contract:?}: {broken}"));
    }
}

/// The fields that routes know, and others.
fn field() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "name",
        "statusType",
        "_id",
        "customUserStatusId",
        "permissions",
        "roles",
        "user",
        "username",
        "email",
        "password",
        "resume",
        "digest",
        "algorithm",
        "code",
        "count",
        "offset",
        "sort",
        "query",
        "updatedSince",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Texts that mean something somewhere, and others.
fn text() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
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
    prop_oneof![3 => telling.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Any JSON, mostly objects of known fields.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            3 => prop::collection::hash_map(field(), inner.clone(), 0..5).prop_map(|map| map.into_iter().collect()),
            1 => prop::collection::vec(inner, 0..5).prop_map(Value::from),
        ]
    });
    prop_oneof![
        9 => prop::collection::hash_map(field(), value.clone(), 0..6).prop_map(|map| map.into_iter().collect::<Value>()),
        1 => value,
    ]
}

/// A content type and a body: JSON, JSON broken off, or any bytes.
fn body() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let content_type = prop_oneof![
        6 => Just("application/json"),
        1 => Just("application/x-www-form-urlencoded"),
        1 => Just("text/plain"),
        1 => Just("multipart/form-data; boundary=x"),
        1 => Just(";;="),
    ];
    let whole = || document().prop_map(|json| json.to_string().into_bytes());
    let broken = (whole(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len()));
        bytes
    });
    let deep = (0_usize..70_000).prop_map(|depth| vec![b'['; depth]);
    let bytes = prop_oneof![
        6 => whole(),
        2 => broken,
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => deep,
    ];
    (content_type, bytes)
}

/// A query string: pairs as a form sends them, or whatever may stand in an address.
fn query() -> impl Strategy<Value = String> {
    let pairs = prop::collection::vec((field(), text()), 0..6).prop_map(|pairs| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    });
    let raw = "[a-z0-9_=&;?/:@!$'()*+,.~%-]{0,60}";
    prop_oneof![3 => pairs, 1 => raw]
}

fn every_body_is_answered(route: &str) {
    hold(&body(), |target, (content_type, body)| {
        target.ask(async |client: &Client| client.post_raw(route, content_type, body.clone()).await)
    });
}

#[test]
fn every_body_of_create_is_answered() {
    every_body_is_answered("custom-user-status.create");
}

#[test]
fn every_body_of_update_is_answered() {
    every_body_is_answered("custom-user-status.update");
}

#[test]
fn every_body_of_delete_is_answered() {
    every_body_is_answered("custom-user-status.delete");
}

#[test]
fn every_body_of_login_is_answered() {
    every_body_is_answered("login");
}

#[test]
fn every_body_of_a_permission_update_is_answered() {
    every_body_is_answered("permissions.update");
}

#[test]
fn every_query_of_a_list_is_answered() {
    hold(&query(), |target, query| {
        for route in ["custom-user-status.list", "permissions.listAll"] {
            target.ask(async |client: &Client| client.get(&format!("{route}?{query}")).await)?;
        }
        Ok(())
    });
}
