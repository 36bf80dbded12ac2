//! A full or locked database: writes get 503, no acknowledged write is lost, and the server
//! recovers by itself.

use crate::support::process::{Home, PASSWORD, Process};
use crate::support::{Client, Setup, TestServer};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Creates a status and returns whether it was created. Any other response must be a 503.
async fn create(client: &Client, name: &str) -> bool {
    let reply = client.create(name).await;
    if reply.status == 503 {
        assert_eq!(reply.json()["errorType"], "error-service-unavailable");
        assert!(reply.header("retry-after").is_some());
        return false;
    }
    reply.expect(200);
    true
}

/// The result of creating many statuses.
#[derive(Default)]
struct Created {
    names: BTreeSet<String>,
    /// How often a creation succeeded after a refusal.
    recoveries: usize,
}

impl Created {
    /// Creates statuses with long names, `at_once` at a time, until 32 in a row are refused.
    async fn until_full(client: &Client, at_once: usize) -> Self {
        let (mut created, mut refused) = (Self::default(), 0);
        for group in 0..100_000 {
            let names: Vec<_> = (0..at_once)
                .map(|n| format!("{group} {n} {:x<80}", ""))
                .collect();
            let answers = join_all(names.iter().map(|name| create(client, name))).await;
            for (name, answer) in names.into_iter().zip(answers) {
                if answer {
                    created.recoveries += usize::from(refused > 0);
                    refused = 0;
                    created.names.insert(name);
                } else {
                    refused += 1;
                }
            }
            if refused >= 32 {
                return created;
            }
        }
        panic!("the database never filled up");
    }
}

async fn names(client: &Client) -> BTreeSet<String> {
    client.names().await.into_iter().collect()
}

async fn small() -> TestServer {
    Setup::new()
        .config(|config| config.max_database_mib = 1)
        .start()
        .await
}

#[tokio::test]
async fn a_full_database_refuses_writes_serves_reads_and_recovers_once_there_is_room() {
    let server = small().await;
    let admin = server.admin().await;
    let created = Created::until_full(&admin, 16).await;
    assert!(created.names.len() > 100);
    assert_eq!(
        names(&admin).await,
        created.names,
        "exactly the acknowledged statuses"
    );
    admin.get("me").await.expect(200);

    let make_room = "DELETE FROM event WHERE id < (SELECT max(id) FROM event)";
    server.database().execute_batch(make_room).unwrap();
    assert!(create(&admin, "there is room").await);
    assert_eq!(names(&admin).await.len(), created.names.len() + 1);
}

#[tokio::test]
async fn a_locked_database_refuses_waiting_writes_together_and_works_once_unlocked() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    assert!(create(&admin, "before").await);
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let all: Vec<_> = (0..64).map(|n| format!("meanwhile {n}")).collect();
    let creating = join_all(all.iter().map(|name| create(&admin, name)));
    let reading = async {
        admin.get("custom-user-status.list").await.expect(200);
        began.elapsed()
    };
    let (created, read_after) = tokio::join!(creating, reading);
    assert!(created.iter().all(|created| !created));
    // One after the other, they would take two minutes.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    assert!(
        read_after < Duration::from_secs(2),
        "readers do not wait: {read_after:?}"
    );

    other.execute_batch("COMMIT").unwrap();
    assert!(create(&admin, "after").await);
    assert_eq!(
        names(&admin).await,
        ["after", "before"].map(str::to_owned).into()
    );
}

/// Starts a server whose files cannot exceed `blocks` (in units of the shell's `ulimit -f`).
/// Returns it and its administrator.
async fn limited(home: &Home, blocks: &str) -> (Process, Client) {
    let limit = r#"trap "" XFSZ; ulimit -f "$0"; exec "$1" serve --log error"#;
    let mut command = home.command_of("sh");
    command
        .args(["-c", limit, blocks, env!("CARGO_BIN_EXE_doorsign")])
        .env("DOORSIGN_ADMIN_PASSWORD", PASSWORD);
    let server = Process::served(command).await;
    let admin = server.anon().logged_in("admin", PASSWORD).await;
    (server, admin)
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_loses_no_acknowledged_write_after_a_kill() {
    let home = Home::new();
    let (server, admin) = limited(&home, "1024").await;
    let created = Created::until_full(&admin, 4).await;
    assert!(created.names.len() > 100);
    // The write-ahead log fills up first and is then overwritten.
    assert!(created.recoveries > 0);
    assert_eq!(names(&admin).await, created.names, "reads still work");
    server.kill().await;

    let (_server, admin) = limited(&home, "unlimited").await;
    let kept = names(&admin).await;
    assert!(kept.is_superset(&created.names), "every 200 is still there");
    assert!(create(&admin, "after the restart").await);
}

#[tokio::test]
async fn access_can_be_revoked_when_the_database_is_full() {
    let server = small().await;
    let admin = server.admin().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (cat, dan) = (server.user("cat").await, server.user("dan").await);
    Created::until_full(&admin, 16).await;
    let id = |client: &Client| client.credentials.clone().unwrap().0;
    ann.post("logout", json!({})).await.expect(200);
    let target = json!({"userId": id(&bob)});
    admin.post("users.logout", target).await.expect(200);
    let target = json!({"userId": id(&cat), "activeStatus": false});
    admin
        .post("users.setActiveStatus", target)
        .await
        .expect(200);
    let target = json!({"userId": id(&dan)});
    admin.post("users.delete", target).await.expect(200);
    for gone in [ann, bob, cat, dan] {
        gone.get("me").await.expect(401);
    }
}
