//! Delivery without failures: what is delivered, in which order, and from where on. `trouble` tests
//! failures.

use crate::support::scripted::{FAST, parked, recording};
use crate::support::{Setup, TestServer};
use doorsign::app::Contract;
use doorsign::server::Server;
use doorsign_hook::{PostCreateHook, StatusCreated};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn start_at(path: &Path, hook: Arc<dyn PostCreateHook>) -> TestServer {
    Setup::at(path).pace(FAST).hook(hook).start().await
}

#[tokio::test]
async fn a_created_status_is_delivered_with_all_its_data() {
    let (hook, mut given) = recording("recorder");
    let server = Setup::new()
        .contract(Contract::Server)
        .hook(hook)
        .start()
        .await;
    let ann = server.user_with_roles("ann", &["admin"]).await;
    let cases = [("caught up 😀", "away"), ("no type", "")];
    for (event_id, (name, status_type)) in (1..).zip(cases) {
        server.clock.advance(Duration::from_millis(1_234));
        let at_ms = doorsign::app::Clock::now(&*server.clock).as_millis();
        let body = json!({"name": name, "statusType": status_type});
        let reply = ann.post("custom-user-status.create", body).await;
        let answered = reply.expect(200).json();
        let got = given.next().await;
        let StatusCreated { actor, status, .. } = &got;
        assert_eq!((got.event_id, got.at_ms), (event_id, at_ms));
        assert_eq!(Some(&actor.id), ann.credentials.as_ref().map(|(id, _)| id));
        assert_eq!(actor.username, "ann");
        assert_eq!(status.id, answered["customUserStatus"]["_id"]);
        assert_eq!((&*status.name, &*status.status_type), (name, status_type));
        assert_eq!(status.updated_at_ms, at_ms);
    }
}

#[tokio::test]
async fn other_events_are_skipped() {
    let (hook, mut given) = recording("recorder");
    let server = Setup::new().pace(FAST).hook(hook).start().await;
    let admin = server.admin().await;
    let created = admin.create("before").await.expect(200).json();
    let id = &created["customUserStatus"]["_id"];
    let change = json!({"_id": id, "name": "changed", "statusType": "away"});
    let changed = admin.post("custom-user-status.update", change).await;
    changed.expect(200);
    let gone = json!({"customUserStatusId": id});
    let deleted = admin.post("custom-user-status.delete", gone).await;
    deleted.expect(200);
    let grant = json!({"permissionId": "view-statistics", "role": "bot"});
    let granted = admin.post("permissions.addRole", grant).await;
    granted.expect(200);
    admin.create("after").await.expect(200);
    let (before, after) = (given.next().await, given.next().await);
    assert_eq!((before.event_id, &*before.status.name), (1, "before"));
    assert_eq!((after.event_id, &*after.status.name), (5, "after"));
}

#[tokio::test]
async fn every_hook_receives_concurrent_creates_once_and_in_order() {
    let ((one, mut to_one), (other, mut to_other)) = (recording("one"), recording("other"));
    let server = Setup::new().hook(one).hook(other).start().await;
    let admin = server.admin().await;
    let names: Vec<String> = (0..150).map(|n| format!("name {n:03}")).collect();
    let creating = names
        .iter()
        .map(async |name| admin.create(name).await.expect(200));
    futures_util::future::join_all(creating).await;
    for given in [&mut to_one, &mut to_other] {
        let mut got = Vec::new();
        for event_id in 1..=150 {
            let created = given.next().await;
            assert_eq!(created.event_id, event_id);
            got.push(created.status.name);
        }
        got.sort_unstable();
        assert_eq!(got, names);
    }
}

#[tokio::test]
async fn a_commit_wakes_its_delivery() {
    let (hook, mut given) = recording("recorder");
    let server = Setup::new().hook(hook).start().await;
    let admin = server.admin().await;
    admin.create("one").await.expect(200);
    given.next().await;
    for _ in 0..50 {
        admin.get("info").await; // Meanwhile the delivery finds nothing more, and waits.
    }
    let began = Instant::now();
    admin.create("two").await.expect(200);
    given.next().await;
    let waited = began.elapsed();
    // The look that is taken without a wake is 5 seconds after the last.
    assert!(waited < Duration::from_secs(4), "{waited:?}");
}

#[tokio::test]
async fn a_rejected_create_leaves_no_event() {
    let (hook, mut given) = recording("recorder");
    let server = Setup::new().hook(hook).start().await;
    let admin = server.admin().await;
    admin.create("taken").await.expect(200);
    for refused in [
        json!({"name": "taken", "statusType": "busy"}),
        json!({"name": "other", "statusType": "asleep"}),
        json!({"statusType": "busy"}),
    ] {
        let reply = admin.post("custom-user-status.create", refused).await;
        reply.expect(400);
    }
    admin.create("free").await.expect(200);
    assert_eq!(given.names(2).await, ["taken", "free"]);
    let events = server
        .database()
        .query_row("SELECT count(*), max(id) FROM event", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
    assert_eq!(events.unwrap(), (2, 2));
    assert_eq!(parked(&server), []);
}

#[tokio::test]
async fn a_hook_continues_after_a_stop_with_the_events_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let (hook, mut given) = recording("recorder");
    let server = start_at(folder.path(), hook).await;
    let admin = server.admin().await;
    for name in ["one", "two", "three"] {
        admin.create(name).await.expect(200);
    }
    assert_eq!(given.names(3).await, ["one", "two", "three"]);
    server.stop().await;

    let server = Setup::at(folder.path()).start().await;
    server
        .admin()
        .await
        .create("while the hook was away")
        .await
        .expect(200);
    server.stop().await;

    let (hook, mut again) = recording("recorder");
    let server = start_at(folder.path(), hook).await;
    server.admin().await.create("five").await.expect(200);
    assert_eq!(again.names(2).await, ["while the hook was away", "five"]);
    server.stop().await;
    given.is_empty();
    again.is_empty();
}

#[tokio::test]
async fn a_new_hook_starts_with_the_first_event_after_its_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::at(folder.path()).start().await;
    server
        .admin()
        .await
        .create("before its time")
        .await
        .expect(200);
    server.stop().await;
    let (hook, mut given) = recording("newcomer");
    let server = start_at(folder.path(), hook).await;
    server.admin().await.create("first").await.expect(200);
    assert_eq!(given.names(1).await, ["first"]);
}

#[tokio::test]
async fn hooks_with_equal_or_invalid_names_are_rejected_in_one_line() {
    let cases: [(&[&'static str], &str); 3] = [
        (
            &["bell", "other", "bell"],
            "cannot start a hook: two hooks are named \"bell\"; each needs a unique name",
        ),
        (
            &["audit-log"],
            "cannot start a hook: two hooks are named \"audit-log\"; each needs a unique name",
        ),
        (
            &["Loud\0Bell"],
            "cannot start a hook: invalid name \"Loud\\0Bell\": use one or more of a-z, 0-9 and -",
        ),
    ];
    for (names, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        let hooks = names.iter().map(|name| recording(name).0).collect();
        let setup = Setup::at(&folder.path().join("data"))
            .config(|config| config.audit_log = Some(folder.path().join("audit.jsonl")));
        let refused = Server::open(setup.config, setup.clock, hooks, |_, _| Ok(())).await;
        let refused = refused.err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some(reason));
    }
}
