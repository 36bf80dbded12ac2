//! How a server stops: signals let open requests finish within a deadline, and kill -9 loses no
//! acknowledged write.

use crate::support::process::{Home, Process};
use crate::support::raw::{Raw, create, length};
use crate::support::{Client, TestServer};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

const BODY: &str = r#"{"name":"caught up","statusType":"busy"}"#;

/// Sends a create request up to the first bytes of its body. The server has asked for the rest.
async fn half_sent(address: SocketAddr, by: &Client) -> Raw {
    let mut raw = Raw::connect(address).await;
    let headers = length(BODY) + "Expect: 100-continue\r\n";
    raw.send(create(by, &headers, &BODY[..10])).await;
    raw.reply().await.unwrap().expect(100);
    raw
}

/// Starts a server process. Returns it and its administrator.
async fn start_server(home: &Home, args: &[&str]) -> (Process, Client) {
    let server = home.serve(args, &[]).await;
    let admin = server.with_headers(&home.token("admin", server.url()).await);
    (server, admin)
}

#[tokio::test]
async fn each_stop_signal_ends_an_idle_server_with_code_0_and_a_closed_database() {
    let home = Home::new();
    for signal in ["TERM", "INT", "QUIT"] {
        let (server, admin) = start_server(&home, &[]).await;
        admin.create(signal).await.expect(200);
        server.signal(signal).await;
        let ended = server.wait().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.stderr.contains("WARN"), "{ended:?}");
        for left in ["doorsign.db-wal", "doorsign.db-shm", "doorsign.sock"] {
            assert!(!home.data().join(left).exists(), "{left}");
        }
    }
}

#[tokio::test]
async fn a_request_in_progress_is_answered_after_a_stop_signal() {
    let home = Home::new();
    let (server, admin) = start_server(&home, &[]).await;
    let mut open = half_sent(server.address(), &admin).await;
    server.signal("TERM").await;
    server.logged(|log| log.contains("stopping")).await;
    open.send(&BODY[10..]).await;
    open.reply().await.unwrap().expect(200);
    open.ends().await;
    assert_eq!(server.wait().await.code, Some(0));
    let (_server, admin) = start_server(&home, &[]).await;
    assert_eq!(admin.names().await, ["caught up"]);
}

#[tokio::test]
async fn a_half_sent_request_is_closed_ten_seconds_after_the_stop() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut open = half_sent(server.address, &admin).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop().await;
    let took = began.elapsed().as_secs_f64();
    assert!((10.0..11.0).contains(&took), "{took} s");
    tokio::time::resume();
    open.ends().await;
}

#[tokio::test]
async fn a_connection_without_a_request_does_not_delay_the_stop() {
    let server = TestServer::start().await;
    let mut silent = Raw::connect(server.address).await;
    // Accepted after the silent connection, and kept alive.
    let admin = server.admin().await;
    admin.get("me").await.expect(200);
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    tokio::time::resume();
    silent.ends().await;
}

#[tokio::test]
async fn a_second_signal_ends_the_server_at_once_with_the_signals_exit_code() {
    let home = Home::new();
    for (first, second, code) in [
        ("TERM", "TERM", 143),
        ("TERM", "INT", 130),
        ("INT", "INT", 130),
        ("QUIT", "QUIT", 131),
    ] {
        let (server, admin) = start_server(&home, &[]).await;
        let _open = half_sent(server.address(), &admin).await;
        server.signal(first).await;
        server.logged(|log| log.contains("stopping")).await;
        server.signal(second).await;
        assert_eq!(server.wait().await.code, Some(code), "{first} {second}");
    }
}

#[tokio::test]
async fn sighup_reloads_the_log_filter_and_names_settings_that_need_a_restart() {
    let home = Home::new();
    let settings = |text: &str| std::fs::write(home.path().join("doorsign.toml"), text).unwrap();
    settings("log = \"warn\"");
    let server = home.serve(&[], &[]).await;
    server.anon().get("info").await.expect(200);
    settings("log = \"info\"\nlogin_days = 7\nreaders = 3");
    server.signal("HUP").await;
    let log = server.logged(|log| log.contains("restart")).await;
    assert!(log.contains("login_days, readers"), "{log}");
    assert!(!log.contains("/api/v1/info"), "{log}");
    server.anon().get("info").await.expect(200);
    server.logged(|log| log.contains("/api/v1/info")).await;

    // Invalid settings change nothing.
    settings("log = \"doorsign=loud\"");
    server.signal("HUP").await;
    server
        .logged(|log| log.contains("cannot reload the settings"))
        .await;
    server.anon().get("me").await.expect(401);
    server.logged(|log| log.contains("/api/v1/me")).await;
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn unused_signals_are_logged_and_do_not_stop_the_server() {
    let home = Home::new();
    let (server, admin) = start_server(&home, &[]).await;
    for signal in ["USR1", "USR2"] {
        server.signal(signal).await;
        let expected = format!("ignored SIG{signal}");
        server.logged(|log| log.contains(&expected)).await;
    }
    admin.create("still here").await.expect(200);
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn the_ready_file_holds_the_address_while_the_server_runs() {
    let home = Home::new();
    let path = home.path().join("ready");
    let server = home.serve(&["--ready-file", "ready"], &[]).await;
    // The server responds only after it has written the file.
    server.anon().get("info").await.expect(200);
    let url = std::fs::read_to_string(&path).unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(url, server.url());
    assert_ne!(server.address().port(), 0);
    server.end().await;
    assert!(!path.exists());
    let reason = home.run(&["--ready-file", "gone/ready"]).await;
    assert_eq!(reason.code, Some(1));
    let expected = "doorsign: cannot write the ready file gone/ready: ";
    assert!(reason.stderr.starts_with(expected), "{}", reason.stderr);
}

#[tokio::test]
async fn acknowledged_statuses_are_listed_after_kill_9_and_a_restart() {
    let home = Home::new();
    let (server, admin) = start_server(&home, &["--ready-file", "ready"]).await;
    admin.create("caught up").await.expect(200);
    server.kill().await;
    // The files of the killed server, such as its socket and ready file, do not block the start.
    let (server, admin) = start_server(&home, &["--ready-file", "ready"]).await;
    assert_eq!(admin.names().await, ["caught up"]);
    let url = std::fs::read_to_string(home.path().join("ready")).unwrap();
    assert_eq!(url, server.url());
}

#[tokio::test]
async fn an_unread_log_does_not_delay_the_stop() {
    let home = Home::with_data().await;
    let (unread, mut log) = std::io::pipe().unwrap();
    let mut command = home.command(&[], &[]);
    command.stderr(log.try_clone().unwrap());
    // Keeps the pipe full until its reader is dropped.
    std::thread::spawn(move || log.write_all(&[b'x'; 1024 * 1024]));
    let server = Process::served(command).await;
    assert_eq!(server.end().await.code, Some(0));
    drop(unread);
}
