//! How a server ends: by signals, finishing what is open within its deadline, and by kill -9, losing nothing that it acknowledged.

use crate::process::{Home, Process};
use crate::raw::in_time;
use crate::support::{Client, TestServer};
use serde_json::json;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

const CREATE: &str = "custom-user-status.create";
const BODY: &str = r#"{"name":"caught up","statusType":"busy"}"#;

/// A create whose headers have arrived and whose body has begun to: the server has asked for the rest.
async fn half_sent(address: SocketAddr, by: &Client) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (id, token) = by.credentials.as_ref().unwrap();
    let (length, half) = (BODY.len(), &BODY[..10]);
    let head = format!(
        "POST /api/v1/{CREATE} HTTP/1.1\r\nHost: doorsign\r\nX-User-Id: {id}\r\nX-Auth-Token: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n{half}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    // A connection that is cut may end with a reset.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn names(client: &Client) -> Vec<String> {
    let list = client.get("custom-user-status.list").await.expect(200);
    let list = list.json();
    let statuses = list["statuses"].as_array().unwrap().iter();
    statuses
        .map(|status| status["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A server of its own, and its administrator.
async fn served(home: &Home, args: &[&str]) -> (Process, Client) {
    let server = home.serve(args, &[]).await;
    let name = format!("token of {}", server.url);
    let headers = home
        .run(&["token", "create", "admin", "--name", &name])
        .await
        .succeeded();
    let admin = server.with_headers(&headers);
    (server, admin)
}

#[tokio::test]
async fn either_signal_ends_an_idle_server_with_0_and_a_closed_database() {
    let home = Home::new();
    for signal in ["TERM", "INT"] {
        let (server, admin) = served(&home, &[]).await;
        admin
            .post(CREATE, json!({"name": signal, "statusType": "busy"}))
            .await
            .expect(200);
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
async fn an_open_request_is_answered_although_a_signal_came_before_its_end() {
    let home = Home::new();
    let (server, admin) = served(&home, &[]).await;
    let mut open = half_sent(server.address(), &admin).await;
    server.signal("TERM").await;
    server.logged(|log| log.contains("stopping")).await;
    open.write_all(&BODY.as_bytes()[10..]).await.unwrap();
    let answer = rest(open).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(server.wait().await.code, Some(0));
    let (_server, admin) = served(&home, &[]).await;
    assert_eq!(names(&admin).await, ["caught up"]);
}

#[tokio::test]
async fn a_request_that_stays_half_sent_is_cut_ten_seconds_after_the_stop() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let open = half_sent(server.address, &admin).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop().await;
    let took = began.elapsed().as_secs_f64();
    assert!((10.0..11.0).contains(&took), "{took} s");
    assert_eq!(rest(open).await, "");
}

#[tokio::test]
async fn a_connection_without_a_request_does_not_hold_up_the_stop() {
    let server = TestServer::start().await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    // Accepted after the silent one, and kept for further requests.
    let admin = server.admin().await;
    admin.get("me").await.expect(200);
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(rest(silent).await, "");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_tells_which() {
    let home = Home::new();
    for (first, second, code) in [
        ("TERM", "TERM", 143),
        ("TERM", "INT", 130),
        ("INT", "INT", 130),
    ] {
        let (server, admin) = served(&home, &[]).await;
        let _open = half_sent(server.address(), &admin).await;
        server.signal(first).await;
        server.logged(|log| log.contains("stopping")).await;
        server.signal(second).await;
        assert_eq!(server.wait().await.code, Some(code), "{first} {second}");
    }
}

#[tokio::test]
async fn the_ready_file_holds_the_address_while_the_server_answers() {
    let home = Home::new();
    let path = home.path().join("ready");
    let server = home.serve(&["--ready-file", "ready"], &[]).await;
    // An answer comes only after the file was written.
    server.anon().get("info").await.expect(200);
    let url = std::fs::read_to_string(&path).unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(url, server.url);
    assert_ne!(server.address().port(), 0);
    server.end().await;
    assert!(!path.exists());
    let reason = home.run(&["--ready-file", "gone/ready"]).await;
    assert_eq!(reason.code, Some(1));
    let expected = "doorsign: cannot write the ready file gone/ready: ";
    assert!(reason.stderr.starts_with(expected), "{}", reason.stderr);
}

#[tokio::test]
async fn what_was_acknowledged_is_listed_after_kill_9_and_another_start() {
    let home = Home::new();
    let (server, admin) = served(&home, &["--ready-file", "ready"]).await;
    let body = json!({"name": "caught up", "statusType": "busy"});
    admin.post(CREATE, body).await.expect(200);
    server.kill().await;
    // What the dead one left behind, its socket and ready file among it, is in nobody's way.
    let (server, admin) = served(&home, &["--ready-file", "ready"]).await;
    assert_eq!(names(&admin).await, ["caught up"]);
    let url = std::fs::read_to_string(home.path().join("ready")).unwrap();
    assert_eq!(url, server.url);
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_hold_up_the_stop() {
    let home = Home::with_data().await;
    let (unread, mut log) = std::io::pipe().unwrap();
    let mut command = home.command(&[], &[]);
    command.stderr(log.try_clone().unwrap());
    // Keeps the log full for as long as it can be read.
    std::thread::spawn(move || log.write_all(&[b'x'; 1024 * 1024]));
    let mut server = command.spawn().unwrap();
    let mut greeting = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(CREATE) {
        line.clear();
        assert!(greeting.read_line(&mut line).await.unwrap() > 0);
    }
    let id = server.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-s", "TERM", &id]).status();
    assert!(sent.await.unwrap().success());
    let ended = in_time(server.wait()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    drop(unread);
}
