//! Commands while another process writes to the database.

use crate::support::process::{Home, Process};
use rusqlite::{Connection, OpenFlags};

#[tokio::test]
async fn a_command_waits_for_the_lock_of_another_process_and_says_so() {
    let home = Home::with_data().await;
    let file = home.data().join("doorsign.db");
    let other = Connection::open_with_flags(file, OpenFlags::default()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let command = Process::start(home.command(&["user", "add", "bob"], &[]));
    let note =
        "doorsign: another process is writing to the database; waiting for up to 30 seconds\n";
    command.logged(|log| log == note).await;
    other.execute_batch("COMMIT").unwrap();
    let ended = command.wait().await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), note));
    assert!(ended.stdout.starts_with("Added bob "), "{}", ended.stdout);
}

#[tokio::test]
async fn a_server_does_not_keep_its_clients_waiting_for_the_lock_of_another_process() {
    let home = Home::with_data().await;
    let headers = home.token("admin", "t").await;
    let server = home.serve(&[], &[]).await;
    let admin = server.with_headers(&headers);
    let file = home.data().join("doorsign.db");
    let other = Connection::open_with_flags(file, OpenFlags::default()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = admin.create("locked").await.expect(503);
    assert!(refused.header("retry-after").is_some());
    admin.get("me").await.expect(200);
    other.execute_batch("COMMIT").unwrap();
    admin.create("free").await.expect(200);
}
