//! A server on a data folder, and rows of its database file.

use super::process::{Home, PASSWORD, Process};
use crate::support::Client;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// A server on `home` with [`PASSWORD`], and its administrator.
pub async fn served(home: &Home) -> (Process, Client) {
    let server = home
        .serve(&["--log", "info"], &[("DOORSIGN_ADMIN_PASSWORD", PASSWORD)])
        .await;
    let admin = server.anon().logged_in("admin", PASSWORD).await;
    (server, admin)
}

/// The number of rows that `sql` counts in the database file alone, without its log; 0 if it cannot
/// be read at the moment.
pub fn count_without_log(file: &Path, sql: &str) -> i64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{}?immutable=1", file.display());
    let file = Connection::open_with_flags(uri, flags).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap_or(0)
}

/// Waits until the database file alone has `count` custom statuses.
pub async fn statuses_without_log(home: &Home, count: i64) {
    let file = home.data().join("doorsign.db");
    crate::support::in_time("an idle log in the database", async {
        while count_without_log(&file, "SELECT count(*) FROM custom_user_status") != count {
            crate::support::look_again().await;
        }
    })
    .await;
}
