//! A database that is full or busy in earnest: 503 while it lasts, nothing that was answered is lost, and it recovers by itself.

use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer};
use futures_util::future::join_all;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Whether a status of this name was created; the alternative is a 503.
async fn create(client: &Client, name: &str) -> bool {
    let body = json!({"name": name, "statusType": "busy"});
    let reply = client.post("custom-user-status.create", body).await;
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
    let list = client
        .get("custom-user-status.list?count=0")
        .await
        .expect(200)
        .json();
    let statuses = list["statuses"].as_array().unwrap();
    let name = |status: &serde_json::Value| status["name"].as_str().unwrap().to_owned();
    statuses.iter().map(name).collect()
}

/// Another process's connection to the database in this folder.
fn elsewhere(data: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    Connection::open_with_flags(data.join("doorsign.db"), flags).unwrap()
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
    elsewhere(&server.data).execute_batch(room).unwrap();
    assert!(create(&admin, "there is room").await);
    assert_eq!(names(&admin).await.len(), created.names.len() + 1);
}

#[tokio::test]
async fn a_busy_database_refuses_all_who_wait_together_and_works_when_it_is_free() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    assert!(create(&admin, "before").await);
    let other = elsewhere(&server.data);
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

/// `doorsign serve` in a process of its own.
struct Process {
    child: Child,
    client: Client,
}

impl Process {
    /// On the data folder `data`; no file may grow over `blocks` of the shell's units.
    async fn start(data: &Path, blocks: &str) -> Self {
        let limited = r#"trap "" XFSZ; ulimit -f "$0"; exec "$1" serve"#;
        let mut child = Command::new("sh")
            .args(["-c", limited, blocks, env!("CARGO_BIN_EXE_doorsign")])
            .env_clear()
            .env("DOORSIGN_DATA", data)
            .env("DOORSIGN_LISTEN", "127.0.0.1:0")
            .env("DOORSIGN_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeting = lines.next_line().await.unwrap().unwrap();
        let url = greeting.split("http://").nth(1).unwrap();
        let address = url.split(',').next().unwrap().parse().unwrap();
        let mut client = Client::new(address, None);
        client.credentials = Some(login(&client).await);
        Self { child, client }
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

async fn login(client: &Client) -> (String, String) {
    let body = json!({"user": "admin", "password": ADMIN_PASSWORD});
    let login = client.post("login", body).await.expect(200).json();
    let text = |name: &str| login["data"][name].as_str().unwrap().to_owned();
    (text("userId"), text("authToken"))
}

#[tokio::test]
async fn a_disk_that_takes_no_more_refuses_recovers_and_loses_nothing_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let limited = Process::start(&data, "1024").await;
    let created = Created::until_full(&limited.client, 4).await;
    assert!(created.names.len() > 100);
    // The log fills up first, and is written anew.
    assert!(created.recoveries > 0);
    assert_eq!(
        names(&limited.client).await,
        created.names,
        "reading goes on"
    );
    limited.kill().await;

    let free = Process::start(&data, "unlimited").await;
    let kept = names(&free.client).await;
    assert!(kept.is_superset(&created.names), "every 200 is still there");
    assert!(create(&free.client, "after the restart").await);
}
