//! The probes of load balancers and orchestrators.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::{Client, Reply, Setup, TestServer, in_time, look_again};
use std::fs;
use warp::http::Method;

const READY: &str = r#"{"status":"ok","checks":{"database":{"status":"ok"}}}"#;
const UNREADY: &str = r#"{"status":"unavailable","checks":{"database":{"status":"degraded"}}}"#;

async fn probe(client: &Client, path: &str) -> Reply {
    client.send(Method::GET, path, &[], "").await
}

/// Probes until the server reports this. A result is reused for a second.
async fn ready_with(client: &Client, status: u16, body: &str) {
    in_time("the readiness", async {
        loop {
            let reply = probe(client, "/readyz").await;
            if reply.status == status {
                assert_eq!(reply.text(), body);
                assert_eq!(reply.header("cache-control"), Some("no-store"));
                return;
            }
            look_again().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_healthy_server_is_alive_and_ready_without_a_login() {
    let server = TestServer::start().await;
    let anon = server.anon();
    let live = probe(&anon, "/livez").await.expect(200);
    assert_eq!(live.text(), r#"{"status":"ok"}"#);
    let ready = probe(&anon, "/readyz").await.expect(200);
    assert_eq!(ready.text(), READY);
    let head = anon.send(Method::HEAD, "/readyz", &[], "").await;
    assert_eq!(head.expect(200).text(), "");
}

#[tokio::test]
async fn a_server_whose_database_fails_is_alive_and_not_ready_until_it_recovers() {
    let server = FlakyServer::start().await;
    let anon = Client::new(server.address, None);
    ready_with(&anon, 200, READY).await;
    for fault in [Fault::Unavailable, Fault::Internal("disk on fire")] {
        server.store.break_down("check", fault);
        ready_with(&anon, 503, UNREADY).await;
        probe(&anon, "/livez").await.expect(200);
        server.store.heal();
        ready_with(&anon, 200, READY).await;
    }
}

#[tokio::test]
async fn frequent_probes_check_the_database_once_a_second() {
    let server = FlakyServer::start().await;
    let anon = Client::new(server.address, None);
    server.store.break_down("check", Fault::Unavailable);
    let began = std::time::Instant::now();
    for _ in 0..20 {
        probe(&anon, "/readyz").await.expect(503);
    }
    let checks = server.store.failures() as u64;
    assert!(checks <= began.elapsed().as_secs() + 1, "{checks} checks");
}

#[tokio::test]
async fn a_server_whose_database_file_was_removed_is_not_ready() {
    let server = Setup::new().start().await;
    let admin = server.admin().await;
    let anon = server.anon();
    ready_with(&anon, 200, READY).await;
    fs::remove_dir_all(&server.data).unwrap();
    admin.create("lost").await.expect(503);
    ready_with(&anon, 503, UNREADY).await;
    probe(&anon, "/livez").await.expect(200);
}
