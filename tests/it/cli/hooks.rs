//! `doorsign hooks`: its output and errors, without a server and with a running one.

use crate::support::Client;
use crate::support::hooks::wait_for_hook;
use crate::support::process::{Home, Process};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

/// A home with a server, and with two hooks: a program that always fails and one that always
/// succeeds.
async fn served() -> (Home, Process, Client) {
    let home = Home::with_data().await;
    let folder = home.path().join("programs");
    std::fs::create_dir(&folder).unwrap();
    for (name, code) in [("broken", 1), ("fine", 0)] {
        let program = folder.join(name);
        std::fs::write(
            &program,
            format!("#!/bin/sh\necho some words\nexit {code}\n"),
        )
        .unwrap();
        let permissions = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, permissions).unwrap();
    }
    let headers = home.token("admin", "t").await;
    let server = home.serve(&["--exec-folder", "programs"], &[]).await;
    let admin = server.with_headers(&headers);
    (home, server, admin)
}

async fn hooks(home: &Home, args: &[&str]) -> String {
    home.run(&[&["hooks"], args].concat()).await.succeeded()
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .map(|line| line.split('\t').collect())
        .collect()
}

#[tokio::test]
async fn without_hooks_the_list_is_empty_and_every_name_is_unknown() {
    let home = Home::with_data().await;
    assert_eq!(hooks(&home, &[]).await, "");
    assert_eq!(hooks(&home, &["list"]).await, "");
    for args in [
        &["deliveries", "nobody"][..],
        &["inspect", "nobody", "1"],
        &["retry", "nobody"],
        &["drop", "nobody", "1"],
        &["replay", "nobody", "--since", "2026-01-01"],
        &["pause", "nobody"],
        &["resume", "nobody"],
    ] {
        let refused = home.run(&[&["hooks"], args].concat()).await.refused(1);
        assert_eq!(
            refused, "unknown hook \"nobody\": `doorsign hooks list` shows what exists",
            "{args:?}"
        );
    }
    let refused = home.run(&["hooks", "deliveries", "x", "--state", "lost"]);
    let refused = refused.await.refused(2);
    let values = "[possible values: retrying, parked, again, delivered]";
    assert!(refused.ends_with(values), "{refused}");
    for args in [
        &["inspect", "x", "first"][..],
        &["replay", "x"],
        &["drop", "x"],
    ] {
        home.run(&[&["hooks"], args].concat()).await.refused(2);
    }
}

#[tokio::test]
async fn with_a_running_server_it_prints_the_state_of_hooks_and_deliveries() {
    let (home, _server, admin) = served().await;
    admin.create("one").await.expect(200);
    wait_for_hook(&admin, "exec-broken", |hook| hook["parked"] == 1).await;
    wait_for_hook(&admin, "exec-fine", |hook| hook["lag"] == 0).await;
    let list = hooks(&home, &["list"]).await;
    let found = rows(&list);
    assert_eq!(found[0][..5], ["exec-broken", "exec", "running", "0", "1"]);
    assert!(found[0][5].starts_with("event 1, 20"), "{list}");
    assert_eq!(found[1], ["exec-fine", "exec", "running", "0", "0", "-"]);

    let deliveries = hooks(&home, &["deliveries", "exec-broken"]).await;
    let found = rows(&deliveries);
    assert_eq!(found[0][..3], ["1", "parked", "1"]);
    assert!(found[0][4].contains("exit code 1"), "{deliveries}");
    let none = ["deliveries", "exec-broken", "--state", "retrying"];
    assert_eq!(hooks(&home, &none).await, "");

    let whole = hooks(&home, &["inspect", "exec-broken", "1"]).await;
    for line in [
        "event     1\n",
        "state     parked\n",
        "attempts  1\n",
        ", by admin\n",
    ] {
        assert!(whole.contains(line), "{whole}");
    }
    assert!(whole.ends_with("notes\nsome words\n"), "{whole}");
    let unknown = home.run(&["hooks", "inspect", "exec-broken", "2"]).await;
    assert_eq!(
        unknown.refused(1),
        "unknown delivery of event 2: `doorsign hooks deliveries HOOK` shows what exists"
    );
}

#[tokio::test]
async fn a_running_server_applies_commands_at_once() {
    let (home, _server, admin) = served().await;
    let paused = hooks(&home, &["pause", "fine"]).await;
    assert_eq!(paused, "Paused exec-fine.\n");
    admin.create("one").await.expect(200);
    wait_for_hook(&admin, "exec-broken", |hook| hook["parked"] == 1).await;
    let list = hooks(&home, &[]).await;
    assert_eq!(rows(&list)[1][2..4], ["off: paused", "1"], "{list}");
    assert_eq!(
        hooks(&home, &["resume", "exec-fine"]).await,
        "Resumed exec-fine.\n"
    );
    wait_for_hook(&admin, "exec-fine", |hook| hook["lag"] == 0).await;

    let all = hooks(&home, &["retry", "exec-broken"]).await;
    assert_eq!(all, "Retrying 1 delivery.\n");
    let twice = |hook: &Value| hook["lastFailure"]["attempts"] == 2;
    wait_for_hook(&admin, "exec-broken", twice).await;
    let dropped = hooks(&home, &["drop", "exec-broken", "1"]).await;
    assert_eq!(dropped, "Dropped event 1 for exec-broken.\n");
    wait_for_hook(&admin, "exec-broken", |hook| hook["parked"] == 0).await;
    let gone = home.run(&["hooks", "drop", "exec-broken", "1"]).await;
    assert!(gone.refused(1).starts_with("unknown delivery of event 1: "));

    let replay = ["replay", "exec-broken", "--since", "2020-01-01"];
    assert_eq!(hooks(&home, &replay).await, "Replaying 1 event.\n");
    wait_for_hook(&admin, "exec-broken", |hook| hook["parked"] == 1).await;
    let nothing = [&replay[..], &["--until", "2020-01-02T00:00:00Z"]].concat();
    assert_eq!(hooks(&home, &nothing).await, "Replaying 0 events.\n");
    for until in ["2019-01-01", "2020-01-01"] {
        let empty = [&["hooks"], &replay[..], &["--until", until]].concat();
        let refused = home.run(&empty).await.refused(1);
        assert_eq!(refused, "the time span ends before it begins");
    }
}

#[tokio::test]
async fn control_characters_from_a_hook_are_not_printed() {
    let (home, server, admin) = served().await;
    admin.create("one").await.expect(200);
    wait_for_hook(&admin, "exec-broken", |hook| hook["parked"] == 1).await;
    server.end().await;
    let hostile = "\u{1b}[2Jred\u{7} \u{9b}31m\r\u{8}\nsecond line\u{7f}";
    let file = home.data().join("doorsign.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let sql = "UPDATE delivery SET reason = ?1, notes = ?1 WHERE consumer = 'exec-broken'";
    assert_eq!(database.execute(sql, [hostile]).unwrap(), 1);
    drop(database);
    for args in [
        &["list"][..],
        &["deliveries", "exec-broken"],
        &["inspect", "exec-broken", "1"],
    ] {
        let text = hooks(&home, args).await;
        let unsafe_control = |c: char| c.is_control() && !['\n', '\t'].contains(&c);
        assert!(!text.contains(unsafe_control), "{text:?}");
        assert!(text.contains("[2Jred 31m second line"), "{text:?}");
    }
    let list = hooks(&home, &["list"]).await;
    assert_eq!(list.lines().count(), 2, "one line per hook: {list:?}");
}
