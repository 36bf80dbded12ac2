//! Events that live connections receive when commands change the data of a running server.
//! `streams` covers changes over REST and methods.

use crate::support::cli::{ANNS, add_ann};
use crate::support::frames::{LOGGED, logged};
use crate::support::process::{Home, Process};
use crate::support::{Client, Live};
use serde_json::json;

/// Starts a server with the user ann, and connects its administrator with subscriptions to
/// `events`.
async fn start_server(events: &[&str]) -> (Home, Process, Client, Live) {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    add_ann(&home).await;
    let admin = server.with_headers(&home.token("admin", "test").await);
    let mut live = admin.live().await;
    for event in events {
        live.subscribe(LOGGED, json!([event])).await;
    }
    (home, server, admin, live)
}

#[tokio::test]
async fn a_claim_is_published_with_its_source_and_so_is_its_end() {
    let (home, server, _admin, mut live) = start_server(&[]).await;
    let ann = server.anon().logged_in("ann", ANNS).await;
    let _by_ann = ann.live().await;
    let watch = json!(["", {"added": [ann.id()]}]);
    live.subscribe("stream-user-presence", watch).await;
    let set = [
        "claim",
        "set",
        "ann",
        "busy",
        "--source",
        "internal",
        "--text",
        "In a call",
    ];
    home.run(&set).await.succeeded();
    let claimed = live
        .next_where(|frame| frame["fields"]["args"][0][3] == "internal")
        .await;
    let expected = json!([["ann", 3, "In a call", "internal"]]);
    assert_eq!(claimed["fields"]["args"], expected);
    live.forget();
    let end = ["claim", "end", "ann", "--source", "internal"];
    home.run(&end).await.succeeded();
    let ended = live.receive().await;
    assert_eq!(ended["fields"]["args"], json!([["ann", 1, ""]]));
}

#[tokio::test]
async fn role_changes_and_user_deletions_are_published() {
    let events = ["roles-change", "Users:Deleted"];
    let (home, server, admin, mut live) = start_server(&events).await;
    let displayed = json!({"value": true});
    let set = admin.post("settings/UI_DisplayRoles", displayed).await;
    set.expect(200);
    let ann = server.anon().logged_in("ann", ANNS).await;
    let mut by_ann = ann.live().await;
    let args = ["user", "set-roles", "ann", "bot"];
    home.run(&args).await.succeeded();
    let user = json!({"_id": ann.id(), "username": "ann"});
    let mut frames = [live.receive().await, live.receive().await];
    frames.sort_by_key(|frame| frame["fields"]["args"][0]["type"].to_string());
    for (frame, (kind, role)) in frames.iter().zip([("added", "bot"), ("removed", "user")]) {
        let change = json!({"type": kind, "_id": role, "u": user});
        assert_eq!(*frame, logged("roles-change", json!([change])));
    }
    home.run(&["user", "delete", "ann"]).await.succeeded();
    let deleted = json!({"userId": ann.id(), "messageErasureType": "Delete"});
    live.expect(logged("Users:Deleted", json!([deleted]))).await;
    assert_eq!(by_ann.closed().await, 1008);
}

#[tokio::test]
async fn setting_a_password_and_deactivating_a_user_close_connections() {
    let (home, server, _admin, mut live) = start_server(&[]).await;
    let by_password = server.anon().logged_in("ann", ANNS).await;
    let by_token = server.with_headers(&home.token("ann", "t").await);
    let (mut one, mut two) = (by_password.live().await, by_token.live().await);
    home.run(&["user", "set-password", "ann"]).await.succeeded();
    assert_eq!(one.closed().await, 1008);
    two.is_open().await;
    home.run(&["user", "deactivate", "ann"]).await.succeeded();
    assert_eq!(two.closed().await, 1008);
    live.is_open().await;
}

#[tokio::test]
async fn revoking_a_token_closes_its_connections() {
    let (home, server, _admin, mut live) = start_server(&[]).await;
    let one = server.with_headers(&home.token("ann", "one").await);
    let two = server.with_headers(&home.token("ann", "two").await);
    let (mut one, mut two) = (one.live().await, two.live().await);
    let args = ["token", "revoke", "ann", "--name", "one"];
    home.run(&args).await.succeeded();
    assert_eq!(one.closed().await, 1008);
    two.is_open().await;
    live.is_open().await;
}
