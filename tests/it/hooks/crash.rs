//! Hooks across a crash of the server: simulated in this process at a chosen moment, and by `kill
//! -9` of a child at random ones. `trouble` tests hooks on a running server.

use crate::support::process::{Home, Process};
use crate::support::scripted::{FAST, recording, scripted};
use crate::support::{Client, Setup, TEST_TIMEOUT, in_time, look_again};
use doorsign_hook::PostCreateHook;
use futures_util::future::FutureExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::{pending, ready};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use warp::http::StatusCode;

/// How a server ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Everything of it is gone between two instructions.
    Crash,
    Stop,
}

/// Runs a server with `hook` at `path`, creates `names`, and ends it when `until` is there.
fn live(path: &Path, hook: Arc<dyn PostCreateHook>, names: &[&str], until: impl Future, end: End) {
    let runtime = crate::support::runtime();
    runtime.block_on(async {
        let server = Setup::at(path).pace(FAST).hook(hook).start().await;
        let admin = server.admin().await;
        for name in names {
            admin.create(name).await.expect(200);
        }
        until.await;
        match end {
            // Its tasks are never polled again, and are dropped with the runtime.
            End::Crash => drop(server),
            End::Stop => server.stop().await,
        }
    });
}

#[test]
fn an_event_is_delivered_after_a_crash_between_commit_and_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let (stuck, _) = scripted("hook", |_| pending());
    let until = ready(());
    live(folder.path(), stuck, &["one", "two"], until, End::Crash);
    let (sound, mut given) = recording("hook");
    let until = async { assert_eq!(given.names(2).await, ["one", "two"]) };
    live(folder.path(), sound, &[], until, End::Stop);
}

#[test]
fn unsaved_deliveries_are_repeated_after_a_crash_but_never_after_a_stop() {
    let cases = [
        (End::Crash, ["one", "two", "three"].as_slice()),
        (End::Stop, &["two", "three"]),
    ];
    for (end, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let all = ["one", "two", "three"];
        let (stuck, _) = scripted("hook", |_| pending());
        live(folder.path(), stuck, &all, ready(()), End::Crash);
        // Now they are one batch: the first is delivered, and the second is in progress when the
        // server ends.
        let (half, mut given) = scripted("hook", |call| match call {
            1 => ready(Ok(())).boxed(),
            _ => pending().boxed(),
        });
        let until = async { assert_eq!(given.names(2).await, ["one", "two"]) };
        live(folder.path(), half, &[], until, end);
        let (sound, mut given) = recording("hook");
        let until = async { assert_eq!(given.names(expected.len()).await, expected) };
        live(folder.path(), sound, &[], until, End::Stop);
        given.is_empty();
    }
}

const KILLS: u64 = 60;
const CLIENTS: usize = 4;
/// Statuses that are acknowledged before a kill, however slow the machine is.
const LEAST: u32 = 3;

/// Creates statuses until the server is gone, and gives the names of those that were acknowledged.
async fn create_until_killed(
    client: Client,
    prefix: String,
    created: Arc<Semaphore>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let name = format!("{prefix}.{n}");
        let body = json!({"name": name, "statusType": "away"});
        match client.try_post("custom-user-status.create", body).await {
            Ok(reply) if reply.status == StatusCode::OK => {
                acknowledged.push(name);
                created.add_permits(1);
            }
            Ok(reply) => panic!("{} {}", reply.status, reply.text()),
            Err(_) => break,
        }
    }
    acknowledged
}

/// Lets clients create statuses and kills the server at a random moment after the first few.
/// Returns the names of the acknowledged ones.
async fn create_and_kill(server: Process, token: &str, life: u64) -> Vec<String> {
    let (mut clients, created) = (JoinSet::new(), Arc::new(Semaphore::new(0)));
    for n in 0..CLIENTS {
        let client = server.with_headers(token);
        let creating = create_until_killed(client, format!("{life}.{n}"), created.clone());
        clients.spawn(creating);
    }
    let first = in_time("the first statuses", created.acquire_many(LEAST)).await;
    first.unwrap().forget();
    // No client returns before the kill.
    let early = timeout(random_span(100), clients.join_next()).await;
    assert!(early.is_err(), "a client ended before the kill: {early:?}");
    server.kill().await;
    clients.join_all().await.concat()
}

/// Up to so many milliseconds.
fn random_span(most_ms: u64) -> Duration {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    Duration::from_micros(u64::from_ne_bytes(bytes) % (most_ms * 1_000))
}

/// Every status there is, as pairs of id and name.
async fn list(client: &Client) -> BTreeSet<(String, String)> {
    let reply = client.get("custom-user-status.list?count=0").await;
    let reply = reply.expect(200).json();
    let statuses = reply["statuses"].as_array().unwrap().iter();
    statuses.map(id_and_name).collect()
}

fn id_and_name(status: &Value) -> (String, String) {
    let text = |field: &str| status[field].as_str().unwrap().to_owned();
    (text("_id"), text("name"))
}

/// The audit log's lines once there are `count`, each of which has to be whole.
async fn audit_lines(path: &Path, count: usize) -> Vec<Value> {
    let whole = async {
        loop {
            let text = std::fs::read_to_string(path).unwrap();
            if text.lines().count() >= count && text.ends_with('\n') {
                break text;
            }
            look_again().await;
        }
    };
    let text = timeout(TEST_TIMEOUT, whole).await.unwrap_or_else(|_| {
        let text = std::fs::read_to_string(path).unwrap();
        let (lines, last) = (text.lines().count(), text.lines().last());
        panic!("{lines} of {count} lines of the audit log, up to {last:?}")
    });
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
    text.lines().map(parse).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_kills_lose_no_acknowledged_status_and_no_line_of_the_audit_log() {
    const ARGS: &[&str] = &["--audit-log", "audit.jsonl", "--log", "error"];
    let home = Home::new();
    home.serve(ARGS, &[]).await.kill().await;
    let token = home.token("admin", "test").await;
    let mut acknowledged = Vec::new();
    for life in 1..=KILLS {
        if life % 6 == 0 {
            // Kills it before its first response, while the database and the audit log recover from
            // the last kill.
            let mut starting = Process::start(home.command(ARGS, &[]));
            let _ = timeout(random_span(20), starting.greet()).await;
            starting.kill().await;
        } else {
            let server = home.serve(ARGS, &[]).await;
            acknowledged.extend(create_and_kill(server, &token, life).await);
        }
    }
    let server = home.serve(ARGS, &[]).await;
    let client = server.with_headers(&token);
    let listed = list(&client).await;
    let names: BTreeSet<&str> = listed.iter().map(|(_, name)| &**name).collect();
    let missing: Vec<_> = acknowledged
        .iter()
        .filter(|name| !names.contains(&***name))
        .collect();
    assert_eq!(missing, [""; 0], "acknowledged, and not in the list");
    assert!(acknowledged.len() > 100, "as many as were waited for");

    let lines = audit_lines(&home.path().join("audit.jsonl"), listed.len()).await;
    let events = lines.iter().map(|line| line["eventId"].as_u64().unwrap());
    assert!(
        events.eq(1..=listed.len() as u64),
        "every event once and in order"
    );
    let audited: BTreeSet<_> = lines
        .iter()
        .map(|line| id_and_name(&line["status"]))
        .collect();
    assert!(
        audited == listed,
        "the audit log and the list are of one mind"
    );
}
