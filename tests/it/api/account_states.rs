//! What `users.list` shows administrators of each account, and the two routes that change it.

use crate::support::invitations::{accept, link};
use crate::support::{Client, Setup, TestServer};
use serde_json::{Value, json};

/// The row of a user in `users.list`.
async fn row(client: &Client, username: &str) -> Value {
    let list = client.get("users.list").await.expect(200).json();
    let mut rows = list["users"].as_array().unwrap().iter();
    let row = rows.find(|row| row["username"] == username);
    row.unwrap().clone()
}

const FIELDS: [&str; 5] = [
    "invitedUntil",
    "blockedUntil",
    "lastSeenAt",
    "sessions",
    "presencePolicy",
];

#[tokio::test]
async fn an_invitation_is_shown_until_it_is_used() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let token = link(&admin, json!({"username": "ann"})).await;
    let invited = row(&admin, "ann").await;
    assert_eq!(invited["invitedUntil"], "2026-01-04T00:00:00.000Z");
    assert_eq!(invited["sessions"], 0);
    assert_eq!(invited.get("lastSeenAt"), None);
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    server.clock.advance(day);
    accept(&server.anon(), &token, "walrus-lantern-orbit")
        .await
        .expect(200);
    let joined = row(&admin, "ann").await;
    assert_eq!(joined.get("invitedUntil"), None);
    assert_eq!(joined["sessions"], 1);
    assert_eq!(joined["lastSeenAt"], "2026-01-02T00:00:00.000Z");
    assert_eq!(joined["presencePolicy"], "connection");
    let reset = json!({"userId": joined["_id"], "kind": "reset"});
    link(&admin, reset).await;
    assert_eq!(row(&admin, "ann").await.get("invitedUntil"), None);
}

#[tokio::test]
async fn a_block_is_shown_and_lifted() {
    let block = |config: &mut doorsign::config::Config| config.login_failures_per_user = 1;
    let server = Setup::new().config(block).start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.anon().login("ann", "wrong").await.expect(401);
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(401);
    let blocked = row(&admin, "ann").await;
    assert_eq!(blocked["blockedUntil"], "2026-01-01T00:05:00.000Z");
    let body = json!({"userId": ann.id()});
    ann.post("users.unblock", body.clone()).await.expect(403);
    server.clock.advance(std::time::Duration::from_secs(1));
    admin.post("users.unblock", body).await.expect(200);
    assert_eq!(row(&admin, "ann").await.get("blockedUntil"), None);
    server.anon().logged_in("ann", "ann's password").await;
    let trail = admin.get("audit.list?action=login.unblocked").await;
    let trail = trail.expect(200).json();
    assert_eq!(trail["records"][0]["author"]["username"], "admin");
}

#[tokio::test]
async fn a_presence_policy_is_set_over_the_api() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let body = |policy: &str| json!({"userId": ann.id(), "policy": policy});
    let always = admin.post("users.setPresencePolicy", body("always")).await;
    always.expect(200);
    let shown = row(&admin, "ann").await;
    assert_eq!(shown["presencePolicy"], "always");
    assert_eq!(shown["status"], "online");
    let refused = admin.post("users.setPresencePolicy", body("never")).await;
    refused.expect(400);
    let refused = ann.post("users.setPresencePolicy", body("always")).await;
    refused.expect(403);
}

#[tokio::test]
async fn others_see_none_of_it() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    for name in ["admin", "ann"] {
        let row = row(&ann, name).await;
        for field in FIELDS {
            assert_eq!(row.get(field), None, "{row}");
        }
    }
    let listed = admin.get("users.listByStatus").await.expect(200).json();
    assert_eq!(listed["users"][0]["presencePolicy"], "connection");
}

#[tokio::test]
async fn an_administrator_lists_the_sessions_of_one_user() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.user("bob").await;
    for name in ["ann", "bob", "ann"] {
        server
            .anon()
            .logged_in(name, &format!("{name}'s password"))
            .await;
    }
    let list = async |query: &str| {
        let list = admin.get(&format!("sessions/list.all{query}")).await;
        list.expect(200).json()["total"].clone()
    };
    assert_eq!(list("").await, 3);
    assert_eq!(list(&format!("?userId={}", ann.id())).await, 2);
    assert_eq!(list("?userId=unknown").await, 0);
    ann.get("sessions/list?userId=x").await.expect(400);
}
