//! A first start that is killed at any time.

use crate::support::data_folder::served;
use crate::support::process::{Home, PASSWORD, Process, ended};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// The number of killed first starts. `KILLS=1000` for a long run.
fn kills() -> u64 {
    let kills = std::env::var("KILLS").ok();
    kills.map_or(24, |kills| kills.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_killed_at_any_time_is_completed_by_the_next_one() {
    let kills = kills();
    for kill in 0..kills {
        let home = Home::new();
        let given = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
        let first = Process::start(home.command(&[], &given));
        // Any time from the exec to the first request.
        tokio::time::sleep(Duration::from_micros(60_000 * kill / kills)).await;
        first.kill().await;
        let (next, admin) = served(&home).await;
        admin.create("caught up").await.expect(200);
        next.end().await;
        let left = fs::read_dir(home.data()).unwrap();
        let left: BTreeSet<_> = left.map(|file| file.unwrap().file_name()).collect();
        let expected = [
            "doorsign.db",
            "doorsign.db-marker",
            "doorsign.lock",
            "token-secret",
        ];
        assert_eq!(left, expected.map(Into::into).into(), "{kill}");
    }
}

#[tokio::test]
async fn a_killed_first_start_of_an_earlier_version_is_completed_too() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    // The state of a new file during `PRAGMA journal_mode = WAL`, before its journal is removed:
    // one page, and a journal that undoes it.
    let file = home.data().join("doorsign.db");
    let new = rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::default()).unwrap();
    new.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    drop(new);
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    journal.extend([0; 4 + 4 + 4]); // No records; nonce; initial size in pages.
    journal.extend([0, 0, 2, 0, 0, 0, 16, 0]); // Sectors of 512 bytes, pages of 4096.
    journal.resize(512, 0);
    fs::write(home.data().join("doorsign.db-journal"), journal).unwrap();
    let (server, admin) = served(&home).await;
    admin.create("caught up").await.expect(200);
    server.end().await;
}

#[tokio::test]
async fn an_empty_file_alone_is_a_new_database() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    fs::write(home.data().join("doorsign.db"), "").unwrap();
    let listed = home.run(&["user", "list"]).await.refused(1);
    assert!(listed.contains("no doorsign.db"), "{listed}");
    assert!(home.serve(&[], &[]).await.shown_password().is_some());
}

/// `ulimit -f` limits the size of each file, and the shell does not ignore the signal for it.
#[tokio::test]
async fn a_file_size_limit_refuses_writes_and_kills_neither_server_nor_command() {
    let home = Home::new();
    let (server, _) = served(&home).await;
    let token = home.token("admin", "test").await;
    server.end().await;
    let limited = |blocks: &str, command: &[&str]| {
        let mut shell = home.command_of("sh");
        let run = r#"ulimit -f "$0"; exec "$@""#;
        shell.args(["-c", run, blocks, env!("CARGO_BIN_EXE_doorsign")]);
        shell.args(command);
        shell
    };
    let server = Process::served(limited("512", &["serve", "--log", "error"])).await;
    let admin = server.with_headers(&token);
    let refused = crate::support::full::first_refusal(&admin).await;
    refused.expect(503);
    admin.get("me").await.expect(200);
    assert_eq!(server.end().await.code, Some(0));
    let refused = ended(limited("1", &["user", "add", "ann"]), "").await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
}
