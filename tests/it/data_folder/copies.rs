//! Copies of a database: made while a server runs, and restored over a newer one.

use crate::support::data_folder::{served, statuses_without_log};
use crate::support::process::{Home, PASSWORD};
use std::fs;
use std::path::Path;

fn copy(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[tokio::test]
async fn a_copy_of_the_file_of_a_new_server_contains_its_workspace() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let (server, admin) = served(&home).await;
    fs::create_dir(elsewhere.data()).unwrap();
    let files = ["doorsign.db", "token-secret"];
    copy(&home.data(), &elsewhere.data(), &files);
    let copied = elsewhere.serve(&[], &[]).await;
    assert_eq!(copied.shown_password(), None, "it has its administrator");
    copied.anon().logged_in("admin", PASSWORD).await;
    copied.end().await;

    // Later changes are in the file once the server is idle.
    admin.create("caught up").await.expect(200);
    statuses_without_log(&home, 1).await;
    copy(&home.data(), &elsewhere.data(), &files);
    drop(server);
    let copied = elsewhere.serve(&[], &[]).await;
    let admin = copied.anon().logged_in("admin", PASSWORD).await;
    assert_eq!(admin.names().await, ["caught up"]);
}

#[tokio::test]
async fn a_change_by_a_command_soon_reaches_the_file_of_an_idle_server() {
    let home = Home::new();
    let (_server, _) = served(&home).await;
    home.run(&["user", "add", "ann"]).await.succeeded();
    let file = home.data().join("doorsign.db");
    crate::support::in_time("the user in the file", async {
        while crate::support::data_folder::count_without_log(&file, "SELECT count(*) FROM user")
            != 2
        {
            crate::support::look_again().await;
        }
    })
    .await;
}

/// A home whose server was killed while its log held a change, and an older copy of its database.
async fn killed_with_older_copy() -> (Home, tempfile::TempDir) {
    let (home, older) = (Home::new(), tempfile::tempdir().unwrap());
    let (server, admin) = served(&home).await;
    admin.create("one").await.expect(200);
    statuses_without_log(&home, 1).await;
    copy(&home.data(), older.path(), &["doorsign.db"]);
    admin.create("two").await.expect(200);
    statuses_without_log(&home, 2).await;
    admin.create("three").await.expect(200);
    server.kill().await;
    (home, older)
}

#[tokio::test]
async fn an_older_copy_with_a_newer_log_is_refused_until_the_right_file_is_restored() {
    let (home, older) = killed_with_older_copy().await;
    let newest = tempfile::tempdir().unwrap();
    copy(&home.data(), newest.path(), &["doorsign.db"]);
    copy(older.path(), &home.data(), &["doorsign.db"]);
    let log = fs::read(home.data().join("doorsign.db-wal")).unwrap();
    for args in [["serve"].as_slice(), &["user", "list"]] {
        let reason = home.run(args).await.refused(1);
        assert!(reason.contains("doorsign.db-wal"), "{reason}");
        assert!(reason.contains("move "), "{reason}");
    }
    assert!(log == fs::read(home.data().join("doorsign.db-wal")).unwrap());

    // With the right file, nothing is lost.
    copy(newest.path(), &home.data(), &["doorsign.db"]);
    let (server, admin) = served(&home).await;
    assert_eq!(admin.names().await, ["one", "three", "two"]);
    server.end().await;
}

#[tokio::test]
async fn an_older_copy_without_a_log_is_a_restored_backup_and_survives_kills() {
    let (home, older) = killed_with_older_copy().await;
    copy(older.path(), &home.data(), &["doorsign.db"]);
    for name in ["doorsign.db-wal", "doorsign.db-shm"] {
        fs::remove_file(home.data().join(name)).unwrap();
    }
    for life in 0..3 {
        let (server, admin) = served(&home).await;
        let log = server.logged(|log| log.contains("listening")).await;
        let is_restored = log.contains("another database file was put in place");
        assert_eq!(is_restored, life == 0, "{log}");
        admin.create(&format!("life {life}")).await.expect(200);
        server.kill().await;
    }
    let (_server, admin) = served(&home).await;
    assert_eq!(
        admin.names().await,
        ["life 0", "life 1", "life 2", "one"],
        "the data of the copy and all later changes"
    );
}

#[tokio::test]
async fn the_log_of_a_restored_copy_is_never_read_with_the_file_that_the_copy_replaced() {
    let (home, older) = killed_with_older_copy().await;
    let replaced = tempfile::tempdir().unwrap();
    copy(&home.data(), replaced.path(), &["doorsign.db"]);
    copy(older.path(), &home.data(), &["doorsign.db"]);
    for name in ["doorsign.db-wal", "doorsign.db-shm"] {
        fs::remove_file(home.data().join(name)).unwrap();
    }
    // The second start finds the log of the first.
    for name in ["four", "five"] {
        let (server, admin) = served(&home).await;
        admin.create(name).await.expect(200);
        server.kill().await;
    }
    copy(replaced.path(), &home.data(), &["doorsign.db"]);
    let reason = home.run(&["serve"]).await.refused(1);
    assert!(reason.contains("doorsign.db-wal"), "{reason}");
}

#[tokio::test]
async fn a_folder_survives_kills_around_checkpoints() {
    let home = Home::new();
    let (first, _) = served(&home).await;
    let token = home.token("admin", "test").await;
    first.kill().await;
    let mut expected = 0;
    for _ in 0..4 {
        let server = home.serve(&["--log", "error"], &[]).await;
        let admin = server.with_headers(&token);
        for n in 0..3 {
            admin.create(&format!("{expected} {n}")).await.expect(200);
        }
        expected += 3;
        statuses_without_log(&home, expected).await;
        server.kill().await;
    }
    let server = home.serve(&["--log", "error"], &[]).await;
    let names = server.with_headers(&token).names().await;
    assert_eq!(i64::try_from(names.len()).unwrap(), expected);
}
