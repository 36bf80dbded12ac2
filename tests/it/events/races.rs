//! Races between commits, their announcements and readers of events, under load and with other
//! processes. `interruptions` tests races that need a delay at a certain point.

use crate::support::cli::add_ann;
use crate::support::event_stream::{EventStream, StreamEvent};
use crate::support::events::position;
use crate::support::flood::Flood;
use crate::support::process::Home;
use crate::support::raw::Raw;
use crate::support::{Client, Live, TestServer, in_time, look_again};
use doorsign::domain::{
    By, Change, CustomStatus, EndedLogins, NewEvent, StatusId, StatusName, StatusType, Timestamp,
    UserId, UserPatch, Username,
};
use doorsign::store::{self, Database, DatabaseSettings};
use serde_json::{Value, json};
use std::io::{PipeReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Child;

/// Rounds of a race inside this process. After a change to the signals or to sessions, run it with
/// `RACE_ROUNDS=1000`.
const ROUNDS: usize = 20;
/// Rounds of a race inside this process. After a change to the signals or to sessions, run it with
/// `RACE_ROUNDS=1000`.
const PROCESS_ROUNDS: usize = 3;
/// A command is killed after a random time of up to this many milliseconds, in which it is done.
const COMMAND_MILLIS: u64 = 200;
/// Events of a race of readers and writers.
const EVENTS: usize = 240;

const LOGGED_OUT: u16 = 1008;

/// As many rounds as the environment says, or `usual`.
fn rounds(variable: &str, usual: usize) -> usize {
    let given = std::env::var(variable).ok();
    given.map_or(usual, |given| given.parse().unwrap())
}

/// A second process on the server's database, which announces none of its commits.
fn silent(server: &TestServer) -> Arc<dyn Database> {
    store::open(DatabaseSettings::of(&server.data.join("doorsign.db"))).unwrap()
}

fn by_operator() -> By {
    By {
        user: UserId::new("operator"),
        username: Username::stored("operator".to_owned()),
        at: Timestamp::from_millis(0),
        origin: doorsign::domain::Origin::Server,
    }
}

async fn create_silently(store: &dyn Database, n: usize) {
    let by = by_operator();
    let status = CustomStatus {
        id: StatusId::new(format!("silent {n}")),
        name: StatusName::stored(format!("silent {n}")),
        status_type: StatusType::Busy,
        updated_at: by.at,
    };
    let event = NewEvent {
        at: by.at,
        actor: by.user,
        actor_name: by.username,
        change: Change::StatusCreated(status.clone()),
    };
    store.create_status(status, event).await.unwrap();
}

/// How a round ends every login of a user.
async fn revoke(store: &dyn Database, user: &str, round: usize) {
    let (id, by) = (UserId::new(user), by_operator());
    let patch = |active| UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    match round % 2 {
        0 => store.end_logins(id, EndedLogins::All, by).await.unwrap(),
        _ => {
            let off = store.update_user(id.clone(), patch(false), by.clone());
            off.await.unwrap();
            store.update_user(id, patch(true), by).await.unwrap();
        }
    }
}

/// Reads to the end of a stream.
async fn ends(mut stream: EventStream) {
    let reading = async { while stream.next().await.is_some() {} };
    in_time("the end of the stream", reading).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stream_and_socket_of_a_revoked_login_ends_without_a_notice_and_under_load() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let (admin, other) = (server.admin().await, silent(&server));
    let _load = Flood::begin(&admin);
    for round in 0..rounds("RACE_ROUNDS", ROUNDS) {
        let ann = server.with_token("ann").await;
        let (stream, mut socket) = (EventStream::open(&server, &ann).await, ann.live().await);
        revoke(&*other, &ann.id(), round).await;
        ends(stream).await;
        assert_eq!(socket.closed().await, LOGGED_OUT, "round {round}");
        ann.get("me").await.expect(401);
    }
}

#[tokio::test]
async fn an_idle_server_notices_what_another_process_has_revoked() {
    let server = TestServer::start().await;
    let (ann, other) = (server.user("ann").await, silent(&server));
    let (stream, mut socket) = (EventStream::open(&server, &ann).await, ann.live().await);
    revoke(&*other, &ann.id(), 1).await;
    ends(stream).await;
    assert_eq!(socket.closed().await, LOGGED_OUT);
    ann.get("me").await.expect(401);
}

/// A full pipe: a command that prints to it is held between its commit and its notice.
fn full_pipe() -> (PipeReader, Stdio) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    // The capacity of a pipe on Linux: pipe(7).
    writer.write_all(&[b'.'; 65_536]).unwrap();
    (reader, writer.into())
}

/// Whether ann is deactivated, by the database.
fn is_deactivated(home: &Home) -> bool {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let path = home.data().join("doorsign.db");
    let database = rusqlite::Connection::open_with_flags(path, flags).unwrap();
    let sql = "SELECT active = 0 FROM user WHERE username = 'ann'";
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Runs `user deactivate ann` and holds or kills it before its notice. Dropping the result kills
/// it.
async fn deactivate_halfway(home: &Home, round: usize) -> (Child, PipeReader) {
    let (reader, full) = full_pipe();
    let mut command = home.command(&["user", "deactivate", "ann"], &[]);
    let mut held = command.stdout(full).spawn().unwrap();
    match round % 3 {
        0 => {}
        1 => {
            while !is_deactivated(home) {
                look_again().await;
            }
            held.kill().await.unwrap();
        }
        _ => {
            let mut chance = [0; 8];
            getrandom::fill(&mut chance).unwrap();
            let millis = u64::from_be_bytes(chance) % COMMAND_MILLIS;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            held.kill().await.unwrap();
        }
    }
    (held, reader)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_killed_before_its_notice_still_revokes() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&home.token("admin", "t").await);
    let _load = Flood::begin(&admin);
    for round in 0..rounds("RACE_PROCESS_ROUNDS", PROCESS_ROUNDS) {
        let ann = server.with_headers(&home.token("ann", &format!("t{round}")).await);
        let raw = Raw::connect(ann.address()).await;
        let stream = EventStream::over(raw, &ann, "").await;
        let mut socket: Live = ann.live().await;
        let _held = deactivate_halfway(&home, round).await;
        if round % 3 == 2 && !is_deactivated(&home) {
            ann.get("me").await.expect(200);
            continue; // It was killed before its commit.
        }
        ends(stream).await;
        assert_eq!(socket.closed().await, LOGGED_OUT, "round {round}");
        ann.get("me").await.expect(401);
        home.run(&["user", "activate", "ann"]).await.succeeded();
    }
}

async fn page(client: &Client, since: u64, timeout: u64) -> Value {
    let path = format!("events?since={since}&timeout={timeout}");
    client.get(&path).await.expect(200).json()
}

#[tokio::test]
async fn an_unannounced_commit_is_sent_once_without_a_reload() {
    let server = TestServer::start().await;
    let (ann, other) = (server.user("ann").await, silent(&server));
    let newest = position(&ann).await;
    let mut stream = EventStream::after(&server, &ann, Some(newest)).await;
    create_silently(&*other, 1).await;
    let read = page(&ann, newest, 30).await;
    assert_eq!(
        (&read["reload"], &read["position"]),
        (&json!(false), &json!(newest + 1))
    );
    let read = page(&ann, newest + 1, 0).await;
    let nothing = json!({"events": [], "position": newest + 1, "reload": false, "success": true});
    assert_eq!(read, nothing);
    server.admin().await.create("after").await.expect(200);
    for id in [newest + 1, newest + 2] {
        let event = stream.next().await.unwrap();
        assert_eq!(
            (event.id, &*event.kind),
            (Some(id), "custom_user_status.created")
        );
    }
}

/// Follows `stream` to `last`: each event once and in order, and no `reload`.
async fn follow(mut stream: EventStream, first: u64, last: u64) {
    for id in first..=last {
        let StreamEvent {
            id: found, kind, ..
        } = stream.next().await.unwrap();
        assert_eq!((found, &*kind), (Some(id), "custom_user_status.created"));
    }
}

async fn poll(client: Client, mut since: u64, last: u64) {
    while since < last {
        let read = page(&client, since, 30).await;
        assert_eq!(read["reload"], false, "at {since}: {read}");
        let ids = read["events"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|event| event["id"].as_u64().unwrap()).collect();
        let reached = read["position"].as_u64().unwrap();
        assert!(ids.into_iter().eq(since + 1..=reached), "{read}");
        since = reached;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_every_event_once_and_no_reload_while_others_write() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let since = position(&ann).await;
    let last = since + EVENTS as u64;
    let mut readers = Vec::new();
    for _ in 0..2 {
        let stream = EventStream::after(&server, &ann, Some(since)).await;
        readers.push(tokio::spawn(follow(stream, since + 1, last)));
        readers.push(tokio::spawn(poll(ann.clone(), since, last)));
    }
    let write = async |writer: usize| {
        for n in 0..EVENTS / 6 {
            admin.create(&format!("{writer} {n}")).await.expect(200);
        }
    };
    futures_util::future::join_all((0..6).map(write)).await;
    for reader in readers {
        in_time("a reader", reader).await.unwrap();
    }
}
