//! A database that is full or busy in earnest: 503 while it lasts, nothing that was answered is lost, and it recovers by itself.

use crate::support::process::{Home, PASSWORD, Process};
use crate::support::{Client, Setup, TestServer};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Whether a status of this name was created; the alternative is a 503.
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

/// What came of creating many statuses.
#[derive(Default)]
struct Created {
    names: BTreeSet<String>,
    /// How often it went on after a refusal.
    recoveries: usize,
}

impl Created {
    /// Creates statuses with long names, `at_once` at a time, until a whole row of 32 is refused.
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
        panic!("never full");
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
async fn a_full_database_refuses_serves_on_and_recovers_when_there_is_room_again() {
    let server = small().await;
    let admin = server.admin().await;
    let created = Created::until_full(&admin, 16).await;
    assert!(created.names.len() > 100);
    assert_eq!(
        names(&admin).await,
        created.names,
        "what was answered, and nothing else"
    );
    admin.get("me").await.expect(200);

    let room = "DELETE FROM event WHERE id < (SELECT max(id) FROM event)";
    server.database().execute_batch(room).unwrap();
    assert!(create(&admin, "there is room").await);
    assert_eq!(names(&admin).await.len(), created.names.len() + 1);
}

#[tokio::test]
async fn a_busy_database_refuses_all_who_wait_together_and_works_when_it_is_free() {
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
    // Each on its own would take two minutes.
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

/// A server of its own, none of whose files may grow over `blocks` of the shell's units, and its administrator.
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
async fn a_disk_that_takes_no_more_refuses_recovers_and_loses_nothing_over_a_kill() {
    let home = Home::new();
    let (server, admin) = limited(&home, "1024").await;
    let created = Created::until_full(&admin, 4).await;
    assert!(created.names.len() > 100);
    // The log fills up first, and is written anew.
    assert!(created.recoveries > 0);
    assert_eq!(names(&admin).await, created.names, "reading goes on");
    server.kill().await;

    let (_server, admin) = limited(&home, "unlimited").await;
    let kept = names(&admin).await;
    assert!(kept.is_superset(&created.names), "every 200 is still there");
    assert!(create(&admin, "after the restart").await);
}

#[tokio::test]
async fn whoever_is_to_be_kept_out_is_kept_out_even_when_the_database_is_full() {
    let server = small().await;
    let admin = server.admin().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (cat, dan) = (server.user("cat").await, server.user("dan").await);
    Created::until_full(&admin, 16).await;
    let id = |client: &Client| client.credentials.clone().unwrap().0;
    ann.post("logout", json!({})).await.expect(200);
    let whom = json!({"userId": id(&bob)});
    admin.post("users.logout", whom).await.expect(200);
    let whom = json!({"userId": id(&cat), "activeStatus": false});
    admin.post("users.setActiveStatus", whom).await.expect(200);
    let whom = json!({"userId": id(&dan)});
    admin.post("users.delete", whom).await.expect(200);
    for gone in [ann, bob, cat, dan] {
        gone.get("me").await.expect(401);
    }
}
