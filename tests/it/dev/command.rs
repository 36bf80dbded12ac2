//! `doorsign dev` as a process: its output, its address and its files.

use crate::support::Client;
use crate::support::process::{Home, Process, paste};

async fn dev(home: &Home, args: &[&str]) -> Process {
    let args = [&["dev"], args].concat();
    home.serve(&args, &[]).await
}

/// The rows of the printed table: user, password, id, token.
fn users(process: &Process) -> Vec<Vec<String>> {
    let lines = process.greeting.lines();
    let table = lines
        .skip_while(|line| !line.starts_with("user "))
        .skip(1)
        .take_while(|line| !line.is_empty());
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    table.map(words).collect()
}

#[tokio::test]
async fn the_printed_users_and_tokens_work_and_are_the_same_at_every_start() {
    let home = Home::new();
    let first = dev(&home, &[]).await;
    let printed = users(&first);
    let names: Vec<_> = printed.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["admin", "ann", "bob", "rocket.cat"]);
    assert_eq!(printed[0][1], "admin");
    first.end().await;
    let second = dev(&home, &[]).await;
    assert_eq!(users(&second), printed);
    for row in &printed {
        let credentials = (row[2].clone(), row[3].clone());
        let client = Client::new(second.address(), Some(credentials));
        let me = client.get("me").await.expect(200).json();
        assert_eq!(
            (&me["username"], &me["_id"]),
            (&row[0].as_str().into(), &row[2].as_str().into())
        );
        if row[1] != "-" {
            let login = second.anon().login(&row[0], &row[1]).await;
            login.expect(200);
        }
    }
}

#[tokio::test]
async fn the_printed_commands_create_a_status() {
    let home = Home::new();
    let process = dev(&home, &[]).await;
    let (_, lines) = process.greeting.split_once("terminal:\n").unwrap();
    let created = paste(lines, &[]).await.succeeded();
    assert!(created.contains(r#""name":"caught up""#), "{created}");
}

#[tokio::test]
async fn it_leaves_no_file_behind_and_removes_the_ready_file() {
    let home = Home::new();
    let log = home.path().join("audit.log");
    let environment = [("DOORSIGN_AUDIT_LOG", log.to_str().unwrap())];
    let args = ["dev", "--ready-file", "ready"];
    let process = home.serve(&args, &environment).await;
    process.anon().get("info").await.expect(200);
    let files = || -> Vec<_> {
        let files = std::fs::read_dir(home.path()).unwrap();
        files.map(|file| file.unwrap().file_name()).collect()
    };
    assert_eq!(files(), ["ready"]);
    let ready = std::fs::read_to_string(home.path().join("ready")).unwrap();
    assert_eq!(ready, process.url());
    assert_eq!(process.end().await.code, Some(0));
    assert!(files().is_empty(), "{:?}", files());
}

#[tokio::test]
async fn two_dev_servers_do_not_share_data() {
    let home = Home::new();
    let (one, other) = (dev(&home, &[]).await, dev(&home, &[]).await);
    let admin = users(&one)[0].clone();
    let at = |process: &Process| {
        let credentials = (admin[2].clone(), admin[3].clone());
        Client::new(process.address(), Some(credentials))
    };
    at(&one).create("here").await.expect(200);
    assert!(at(&other).names().await.is_empty());
}

#[tokio::test]
async fn it_refuses_to_listen_on_other_than_loopback_addresses() {
    let home = Home::new();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let reason = home.run(&["dev", "--listen", address]).await.refused(1);
        assert!(reason.contains("loopback only"), "{reason}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn it_uses_the_server_contract_by_default() {
    let home = Home::new();
    for (args, status) in [(&[][..], 200), (&["--contract", "documented"][..], 400)] {
        let process = dev(&home, args).await;
        let admin = users(&process)[0].clone();
        let admin = Client::new(
            process.address(),
            Some((admin[2].clone(), admin[3].clone())),
        );
        let body = serde_json::json!({"name": "without a type"});
        let reply = admin.post("custom-user-status.create", body).await;
        assert_eq!(reply.status, status, "{args:?}");
    }
}
