//! The board as displays read it, with their keys.

use crate::support::board::{BoardStream, row};
use crate::support::displays::{add, key, with_key};
use crate::support::hiding::{allow_hiding, disable, hide};
use crate::support::pictures::{picture, upload};
use crate::support::presence::set;
use crate::support::process::{Home, PASSWORD};
use crate::support::raw::Raw;
use crate::support::{Client, TestServer, in_time};
use image::ImageFormat;
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::Method;

async fn display(admin: &Client) -> (Value, String) {
    let created = add(
        admin,
        json!({"name": "Lobby", "order": "status", "interactive": true}),
    )
    .await;
    let key = key(&created).to_owned();
    (json!({"displayId": created["display"]["_id"]}), key)
}

async fn board(server: &TestServer, key: &str) -> Value {
    let reply = with_key(&server.anon(), Method::GET, "board", key, json!({})).await;
    reply.expect(200).json()
}

/// The next event's reason, which must be the end of the stream.
async fn end(stream: &mut BoardStream) -> Value {
    in_time("the end", stream.expect("end")).await["reason"].clone()
}

#[tokio::test]
async fn a_display_reads_the_board_with_its_own_settings() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let (_, key) = display(&admin).await;
    let board = board(&server, &key).await;
    assert_eq!(board["audience"], "display");
    let settings = json!({"name": "Lobby", "order": "status", "theme": "auto", "keepAwake": true, "interactive": true});
    assert_eq!(board["display"], settings);
    assert_eq!(row(&board, "ann")["statusText"], "Lunch");
    let of_ann = ann.get("board").await.expect(200).json();
    assert_eq!(of_ann["display"], Value::Null);
    let unknown = with_key(&server.anon(), Method::GET, "board", "unknown", json!({})).await;
    unknown.expect(401);
    let listed = admin.get("displays.list").await.expect(200).json();
    assert_eq!(
        listed["displays"][0]["lastSeenAt"],
        "2026-01-01T00:00:00.000Z"
    );
}

#[tokio::test]
async fn a_display_shows_users_who_hide_from_some_but_not_a_disabled_presence() {
    let server = TestServer::start().await;
    allow_hiding(&server.app).await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.user("bob").await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    hide(&ann, &["bob"]).await;
    let (_, key) = display(&admin).await;
    assert_eq!(
        row(&board(&server, &key).await, "ann")["statusText"],
        "Lunch"
    );
    disable(&admin, &ann, true).await;
    let hidden = row(&board(&server, &key).await, "ann");
    assert_eq!(
        (&hidden["status"], &hidden["statusText"]),
        (&json!("offline"), &Value::Null)
    );
}

#[tokio::test]
async fn a_stream_of_a_display_shows_changes_and_ends_within_a_second_of_the_revocation() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (id, key) = display(&admin).await;
    let mut stream = BoardStream::of_display(&server, &key).await;
    assert_eq!(stream.expect("board").await["display"]["name"], "Lobby");
    set(&ann, json!({"status": "away"})).await;
    assert_eq!(stream.expect("person").await["status"], "away");
    let red = picture(10, [255, 0, 0], ImageFormat::Png);
    upload(&ann, &[("image", &red)]).await.expect(200);
    assert!(stream.expect("person").await["avatarETag"].is_string());
    let began = std::time::Instant::now();
    admin.post("displays.revoke", id).await.expect(200);
    assert_eq!(end(&mut stream).await, "revoked");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "a busy machine is slower than a second"
    );
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_new_key_ends_the_streams_of_the_former_one_and_no_others() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let (id, key) = display(&admin).await;
    let other = add(&admin, json!({"name": "Hall"})).await;
    let mut stream = BoardStream::of_display(&server, &key).await;
    let mut hall = BoardStream::of_display(&server, crate::support::displays::key(&other)).await;
    stream.expect("board").await;
    hall.expect("board").await;
    admin.post("displays.rotate", id).await.expect(200);
    assert_eq!(end(&mut stream).await, "revoked");
    // It receives the whole board again, because its own settings may have changed.
    assert_eq!(hall.expect("board").await["display"]["name"], "Hall");
}

#[tokio::test]
async fn a_display_that_the_command_line_revokes_loses_its_stream() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let address = home.run(&["display", "add", "Lobby"]).await.succeeded();
    let key = address.trim_end().split_once('#').unwrap().1.to_owned();
    let admin = server.anon().logged_in("admin", PASSWORD).await;
    admin.get("displays.list").await.expect(200);
    let raw = Raw::connect(server.address()).await;
    let mut stream = BoardStream::of_display_over(raw, &key).await;
    stream.expect("board").await;
    home.run(&["display", "revoke", "Lobby"]).await.succeeded();
    assert_eq!(end(&mut stream).await, "revoked");
}
