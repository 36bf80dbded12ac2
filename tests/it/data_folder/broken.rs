//! A damaged or replaced database: no change is acknowledged.

use crate::support::data_folder::served;
use crate::support::process::{Home, PASSWORD};
use crate::support::{Client, Reply, Setup, TestServer, in_time, look_again};
use serde_json::json;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

const PAGE: usize = 4096;

/// Overwrites the root page of a table or an index. Leaves the log in place.
fn damage(file: &Path, name: &str) {
    let flags = rusqlite::OpenFlags::default();
    let database = rusqlite::Connection::open_with_flags(file, flags).unwrap();
    let keep = rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    database.set_db_config(keep, true).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = database.query_row(sql, [name], |row| row.get(0)).unwrap();
    let at = u64::from(page - 1) * PAGE as u64;
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(&[0xa5; PAGE], at).unwrap();
}

fn is_broken(reply: &Reply) -> bool {
    reply.status == 503
        && reply.json()["errorType"] == "error-service-unavailable"
        && reply.header("retry-after") == Some("60")
}

/// A home with some data, without a server, and a token of the administrator.
async fn home_with_token() -> (Home, String) {
    let home = Home::with_data().await;
    let token = home.token("admin", "test").await;
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&token);
    admin.create("before").await.expect(200);
    server.end().await;
    (home, token)
}

#[tokio::test]
async fn no_change_is_acknowledged_once_sqlite_has_read_a_damaged_page() {
    for (read_first, page) in [
        (true, "custom_user_status"),
        (false, "custom_user_status"),
        (false, "custom_user_status_name"),
    ] {
        let (home, token) = home_with_token().await;
        damage(&home.data().join("doorsign.db"), page);
        let args = ["--ready-file", "ready"];
        let server = home.serve(&args, &[]).await;
        let admin = server.with_headers(&token);
        in_time("the ready file", async {
            while !home.path().join("ready").exists() {
                look_again().await;
            }
        })
        .await;
        if read_first {
            let read = admin.get("custom-user-status.list").await;
            assert!(is_broken(&read), "{read:?}");
        }
        for name in ["one", "two"] {
            let reply = admin.create(name).await;
            assert!(is_broken(&reply), "{page} {reply:?}");
        }
        let change = json!({"status": "busy"});
        assert!(is_broken(&admin.post("users.setStatus", change).await));
        in_time("the removal of the ready file", async {
            while home.path().join("ready").exists() {
                look_again().await;
            }
        })
        .await;
        let log = server.end().await.stderr;
        assert_eq!(
            log.matches("ERROR doorsign::store::sqlite::health").count(),
            1,
            "{log}"
        );
    }
}

#[tokio::test]
async fn the_log_of_a_damaged_database_is_left_untouched() {
    let (home, token) = home_with_token().await;
    let file = home.data().join("doorsign.db");
    damage(&file, "custom_user_status");
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&token);
    let change = json!({"status": "busy"});
    admin.post("users.setStatus", change).await.expect(200);
    let read = admin.get("custom-user-status.list").await;
    assert!(is_broken(&read), "{read:?}");
    let before = fs::read(&file).unwrap();
    let log = fs::read(home.data().join("doorsign.db-wal")).unwrap();
    let refused = admin.post("users.setStatus", json!({"status": "away"}));
    assert!(is_broken(&refused.await));
    server.end().await;
    assert!(before == fs::read(&file).unwrap());
    assert!(log == fs::read(home.data().join("doorsign.db-wal")).unwrap());
    let reason = home.run(&["serve"]).await.refused(1);
    assert!(reason.contains("doorsign.db is damaged ("), "{reason}");
}

#[tokio::test]
async fn a_start_after_an_unclean_stop_refuses_a_damaged_database() {
    let home = Home::new();
    let (server, admin) = served(&home).await;
    admin.create("one").await.expect(200);
    server.kill().await;
    damage(&home.data().join("doorsign.db"), "permission_role");
    // A service manager starts a failed server again, and an administrator may look at the users
    // meanwhile.
    for _ in 0..2 {
        home.run(&["user", "list"]).await;
        let reason = home.run(&["serve"]).await.refused(1);
        assert!(reason.contains("doorsign.db is damaged ("), "{reason}");
        assert!(reason.contains("restore a backup"), "{reason}");
    }
}

/// A server whose folder may be removed, and its administrator.
async fn running() -> (TestServer, Client) {
    let server = Setup::new().start().await;
    let admin = server.admin().await;
    admin.create("before").await.expect(200);
    (server, admin)
}

#[tokio::test]
async fn nothing_is_acknowledged_after_the_folder_is_removed_or_a_file_is_replaced() {
    let remove_all = |data: &Path| fs::remove_dir_all(data).unwrap();
    let move_away = |data: &Path| fs::rename(data, data.with_extension("moved")).unwrap();
    let remove_log = |data: &Path| fs::remove_file(data.join("doorsign.db-wal")).unwrap();
    let replace = |data: &Path| {
        fs::copy(data.join("doorsign.db"), data.join("copy")).unwrap();
        fs::rename(data.join("copy"), data.join("doorsign.db")).unwrap();
    };
    let losses: [&dyn Fn(&Path); 4] = [&remove_all, &move_away, &remove_log, &replace];
    for (which, lose) in losses.into_iter().enumerate() {
        let (server, admin) = running().await;
        lose(&server.data);
        for name in ["one", "two"] {
            let reply = admin.create(name).await;
            assert!(is_broken(&reply), "{which}: {reply:?}");
        }
        let reply = admin.get("custom-user-status.list").await;
        assert!(is_broken(&reply), "{which}: {reply:?}");
    }
}

#[tokio::test]
async fn a_removed_folder_is_noticed_without_a_write_and_logged_once() {
    let home = Home::new();
    let (server, admin) = served(&home).await;
    // Even what is in the server's memory is not answered with afterwards.
    admin.get("custom-user-status.list").await.expect(200);
    fs::remove_dir_all(home.data()).unwrap();
    in_time("the notice of the removal", async {
        while !is_broken(&admin.get("custom-user-status.list").await) {
            look_again().await;
        }
    })
    .await;
    let login = json!({"user": "admin", "password": PASSWORD});
    assert!(is_broken(&server.anon().post("login", login).await));
    let ended = server.end().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let notice = "ERROR doorsign::store::sqlite::health";
    assert_eq!(ended.stderr.matches(notice).count(), 1, "{ended:?}");
}
