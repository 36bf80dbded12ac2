//! Hooks that come and go in folders while the server runs, and keep their places.

use crate::support::attempts::{delivery, happen, hook, until};
use crate::support::hook_folder::{Folders, missing, runs};
use crate::support::{TestServer, in_time};
use doorsign::domain::{DeliveryState, HookKind};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const RECORD: &str = r#"cat >> "$received""#;

/// What the module `wasm-bell` has noted of `event`, as soon as it has dealt with it.
async fn noted(server: &TestServer, event: u64) -> String {
    let is_done =
        |record: &doorsign::domain::DeliveryRecord| record.state == DeliveryState::Delivered;
    delivery(server, "wasm-bell", event, is_done).await.notes
}

#[tokio::test]
async fn a_new_program_receives_events_from_then_on() {
    let folders = Folders::new();
    let server = folders.start().await;
    happen(&server, &["before"]).await;
    folders.program("Bell.sh", RECORD);
    let bell = runs(&server, "exec-bell-sh").await;
    assert_eq!((bell.kind, bell.cursor.as_u64()), (HookKind::Exec, 1));
    happen(&server, &["one", "two"]).await;
    assert_eq!(folders.received(2).await, ["one", "two"]);
    hook(&server, "exec-bell-sh", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn a_removed_program_is_missing_and_catches_up_once_it_returns() {
    let folders = Folders::new();
    folders.program("bell", RECORD);
    let server = folders.start().await;
    happen(&server, &["one"]).await;
    assert_eq!(folders.received(1).await, ["one"]);
    hook(&server, "exec-bell", |hook| hook.lag == 0).await;
    folders.remove("exec", "bell");
    let reason = missing(&server, "exec-bell").await;
    assert_eq!(reason, "it no longer exists");
    happen(&server, &["two", "three"]).await;
    let gone = hook(&server, "exec-bell", |_| true).await;
    assert_eq!((gone.lag, gone.off), (2, None));
    folders.program("bell", RECORD);
    runs(&server, "exec-bell").await;
    assert_eq!(folders.received(3).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn hooks_in_folders_keep_their_cursor_across_restarts() {
    let folders = Folders::new();
    folders.program("bell", RECORD);
    folders.noting_module("bell.wasm", "ding");
    let mut all = Vec::new();
    for names in [["one", "two"], ["three", "four"]] {
        let server = folders.start().await;
        happen(&server, &names).await;
        all.extend(names);
        assert_eq!(folders.received(all.len()).await, all);
        assert_eq!(noted(&server, all.len() as u64).await, "ding\n");
        server.stop().await;
    }
    // Events during its absence are delivered afterwards, once.
    folders.remove("exec", "bell");
    let server = folders.start().await;
    happen(&server, &["five"]).await;
    missing(&server, "exec-bell").await;
    server.stop().await;
    folders.program("bell", RECORD);
    let server = folders.start().await;
    all.push("five");
    assert_eq!(folders.received(5).await, all);
    server.stop().await;
    assert_eq!(lines(&folders), 5);
}

/// How many events programs have received.
fn lines(folders: &Folders) -> usize {
    let received = fs::read_to_string(folders.path("received")).unwrap();
    received.lines().count()
}

#[tokio::test]
async fn a_replaced_module_continues_at_the_same_cursor() {
    let folders = Folders::new();
    let server = folders.start().await;
    folders.noting_module("bell.wasm", "first");
    let bell = runs(&server, "wasm-bell").await;
    assert_eq!(bell.kind, HookKind::Wasm);
    happen(&server, &["one"]).await;
    assert_eq!(noted(&server, 1).await, "first\n");
    folders.noting_module("bell.wasm", "second");
    // The folder is scanned every few seconds. The current module receives each event once and in
    // order.
    let replaced = async {
        let mut event = 1;
        loop {
            event += 1;
            happen(&server, &[&format!("status {event}")]).await;
            match &*noted(&server, event).await {
                "first\n" => {}
                "second\n" => break event,
                other => panic!("{other}"),
            }
        }
    };
    let event = in_time("the new module", replaced).await;
    let found = hook(&server, "wasm-bell", |hook| hook.lag == 0).await;
    assert_eq!((found.cursor.as_u64(), found.missing), (event, None));
}

#[tokio::test]
async fn a_broken_module_is_reported_and_does_not_prevent_the_start() {
    let folders = Folders::new();
    folders.put("wasm", "bell.wasm", b"no module");
    folders.program("sound", RECORD);
    let server = folders.start().await;
    let reason = missing(&server, "wasm-bell").await;
    assert!(reason.contains("bell.wasm: "), "{reason}");
    assert_eq!(reason.lines().count(), 1, "{reason}");
    happen(&server, &["one"]).await;
    assert_eq!(folders.received(1).await, ["one"], "other hooks receive it");
    folders.noting_module("bell.wasm", "ding");
    runs(&server, "wasm-bell").await;
    assert_eq!(
        noted(&server, 1).await,
        "ding\n",
        "its place is from the first look on"
    );

    // It breaks while the server runs, and is mended.
    folders.put("wasm", "bell.wasm", b"broken again");
    missing(&server, "wasm-bell").await;
    happen(&server, &["two"]).await;
    folders.noting_module("bell.wasm", "dong");
    assert_eq!(noted(&server, 2).await, "dong\n");
    folders.remove("wasm", "bell.wasm");
    let reason = missing(&server, "wasm-bell").await;
    assert_eq!(reason, "it no longer exists");
}

#[tokio::test]
async fn a_broken_module_that_is_removed_is_reported_as_missing() {
    let folders = Folders::new();
    folders.put("wasm", "bell.wasm", b"no module");
    let server = folders.start().await;
    missing(&server, "wasm-bell").await;
    folders.remove("wasm", "bell.wasm");
    let is_away =
        |hook: &doorsign::domain::Hook| hook.missing.as_deref() == Some("it no longer exists");
    hook(&server, "wasm-bell", is_away).await;
}

#[tokio::test]
async fn a_world_writable_folder_has_no_hooks_and_is_reported() {
    let folders = Folders::new();
    folders.program("bell", RECORD);
    let mode = |mode| {
        fs::set_permissions(folders.path("exec"), Permissions::from_mode(mode)).unwrap();
    };
    mode(0o777);
    let server = folders.start().await;
    let reason = missing(&server, "exec").await;
    assert!(reason.contains("chmod go-w"), "{reason}");
    mode(0o755);
    runs(&server, "exec-bell").await;
    happen(&server, &["one"]).await;
    assert_eq!(folders.received(1).await, ["one"]);
    only_bell(&server).await;
}

/// Returns when the hook `exec-bell` is the only entry, so that no problem with a folder is listed
/// any more.
async fn only_bell(server: &TestServer) {
    let look = async || {
        let hooks = server.app.store.list_hooks().await.unwrap();
        let names: Vec<String> = hooks.into_iter().map(|hook| hook.name).collect();
        (names == ["exec-bell"]).then_some(())
    };
    until("the folder's trouble to be over", look).await;
}

#[tokio::test]
async fn a_missing_folder_is_reported_until_it_exists() {
    let folders = Folders::new();
    fs::remove_dir(folders.path("exec")).unwrap();
    let server = folders.start().await;
    let reason = missing(&server, "exec").await;
    assert!(
        reason.ends_with("exec does not exist: create it"),
        "{reason}"
    );
    happen(&server, &["one"]).await;
    fs::create_dir(folders.path("exec")).unwrap();
    fs::set_permissions(folders.path("exec"), Permissions::from_mode(0o755)).unwrap();
    folders.program("bell", RECORD);
    runs(&server, "exec-bell").await;
    happen(&server, &["two"]).await;
    assert_eq!(folders.received(1).await, ["two"]);
    only_bell(&server).await;
}

#[tokio::test]
async fn a_script_without_execute_permission_is_reported_at_the_start() {
    let folders = Folders::new();
    folders.program("bell", RECORD);
    let mode = |mode| {
        let path = folders.path("exec").join("bell");
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    };
    mode(0o644);
    let server = folders.start().await;
    let reason = missing(&server, "exec-bell").await;
    assert!(reason.contains("chmod +x"), "{reason}");
    happen(&server, &["one"]).await;
    mode(0o755);
    runs(&server, "exec-bell").await;
    assert_eq!(
        folders.received(1).await,
        ["one"],
        "its place is from the start on"
    );
}
