//! Presence by real connections: which ones count, when they end, and where changes are published.
//! The unit tests of `connections` cover deadlines, `policies` covers bots and heartbeats, `model`
//! covers random sequences.

use crate::support::connections::{
    AWAY, OFFLINE, ONLINE, count, seen, sees, server_with_grace, wait_for_count, watcher,
};
use crate::support::dev::{ask, dev_server, seeded};
use crate::support::presence::set;
use crate::support::{Client, Live, Setup, TestServer};
use serde_json::{Value, json};

/// Checks that `watcher` receives nothing about this user up to an event that is published now.
async fn assert_no_status_of(watcher: &mut Live, admin: &Client, user: &str) {
    let name = format!("marker {:?}", std::time::Instant::now());
    admin.create(&name).await.expect(200);
    loop {
        let (event, args) = watcher.next_event().await;
        assert!(event != "user-status" || args[0][0] != user, "{args}");
        if args[0]["userStatusData"]["name"] == name {
            return;
        }
    }
}

#[tokio::test]
async fn a_live_login_makes_a_user_online_and_a_rest_login_does_not() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let by_rest = server.anon().logged_in("ann", "ann's password").await;
    by_rest.get("me").await.expect(200);
    assert_eq!(seen(&ann).await, ["offline", "online", "offline"]);
    let anonymous = server.live().await;
    assert_eq!(
        seen(&ann).await[2],
        "offline",
        "the connection is anonymous"
    );
    let mut live = ann.live().await;
    assert_eq!(seen(&ann).await, ["online", "online", "online"]);
    assert_eq!(count(&admin).await, 1);
    set(&ann, json!({"status": "busy"})).await;
    assert_eq!(seen(&ann).await, ["busy", "busy", "online"]);
    assert_eq!(live.result("UserPresence:away", json!([])).await, true);
    assert_eq!(seen(&ann).await, ["busy", "busy", "away"]);
    set(&ann, json!({"status": "online"})).await;
    assert_eq!(seen(&ann).await, ["away", "online", "away"]);
    drop(anonymous);
}

#[tokio::test]
async fn users_do_not_see_the_connection_status_of_others() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let _live = ann.live().await;
    for (route, shown) in [
        ("users.getStatus", "status"),
        ("users.getPresence", "presence"),
    ] {
        let answer = bob.get(&format!("{route}?userId={}", ann.id())).await;
        let answer = answer.expect(200).json();
        assert_eq!(answer[shown], "online");
        assert_eq!(answer.get("connectionStatus"), None);
    }
}

#[tokio::test]
async fn one_online_connection_of_two_is_enough() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let on_phone = server.with_token("ann").await;
    let mut phone = on_phone.live().await;
    let mut laptop = ann.live().await;
    let mut watcher = watcher(&bob).await;
    let away = async |live: &mut Live| live.result("UserPresence:away", json!([])).await;
    let online = async |live: &mut Live| live.result("UserPresence:online", json!([])).await;
    assert_eq!(away(&mut phone).await, true);
    assert_eq!(away(&mut phone).await, false, "no change");
    assert_eq!(seen(&ann).await[2], "online");
    assert_eq!(away(&mut laptop).await, true);
    assert_eq!(seen(&ann).await[2], "away");
    sees(&mut watcher, &ann.id(), AWAY).await;
    assert_eq!(online(&mut phone).await, true);
    sees(&mut watcher, &ann.id(), ONLINE).await;
    phone.result("logout", json!([])).await;
    sees(&mut watcher, &ann.id(), AWAY).await;
}

#[tokio::test]
async fn a_disconnected_user_keeps_their_status_during_the_grace() {
    let server = server_with_grace(3600).await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut live = ann.live().await;
    live.result("UserPresence:away", json!([])).await;
    drop(live);
    wait_for_count(&admin, 0).await;
    assert_eq!(seen(&ann).await, ["away", "online", "away"]);
}

#[tokio::test]
async fn a_disconnected_user_is_offline_at_once_without_a_grace() {
    let server = server_with_grace(0).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let live = ann.live().await;
    let mut watcher = watcher(&bob).await;
    drop(live);
    sees(&mut watcher, &ann.id(), OFFLINE).await;
    assert_eq!(seen(&ann).await, ["offline", "online", "offline"]);
}

#[tokio::test]
async fn reconnecting_within_the_grace_publishes_nothing() {
    let server = server_with_grace(3600).await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut watcher = watcher(&admin).await;
    let live = ann.live().await;
    sees(&mut watcher, &ann.id(), ONLINE).await;
    drop(live);
    wait_for_count(&admin, 1).await;
    let _live = ann.live().await;
    wait_for_count(&admin, 2).await;
    assert_no_status_of(&mut watcher, &admin, &ann.id()).await;
}

#[tokio::test]
async fn a_logout_makes_the_user_offline_at_once_and_the_socket_anonymous() {
    let server = server_with_grace(3600).await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut watcher = watcher(&admin).await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let mut live = by_password.live().await;
    sees(&mut watcher, &ann.id(), ONLINE).await;
    live.result("logout", json!([])).await;
    assert_eq!(seen(&ann).await, ["offline", "online", "offline"]);
    assert_eq!(count(&admin).await, 1);
    sees(&mut watcher, &ann.id(), OFFLINE).await;
    let token = &ann.credentials.as_ref().unwrap().1;
    live.result("login", json!([{"resume": token}])).await;
    assert_eq!(seen(&ann).await[2], "online", "by the same socket");
    assert_eq!(count(&admin).await, 2);
}

#[tokio::test]
async fn a_logout_over_a_socket_is_answered_and_keeps_the_socket_open() {
    let server = TestServer::start().await;
    server.user("ann").await;
    for _ in 0..20 {
        let ann = server.anon().logged_in("ann", "ann's password").await;
        let mut live = ann.live().await;
        assert_eq!(live.result("logout", json!([])).await, json!(null));
        ann.get("me").await.refused(401);
        live.result("UserPresence:ping", json!([])).await;
    }
}

#[tokio::test]
async fn every_logged_in_connection_counts_once() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut lives = Vec::new();
    for expected in 1..=5 {
        let mut live = ann.live().await;
        let token = &ann.credentials.as_ref().unwrap().1;
        live.result("login", json!([{"resume": token}])).await;
        lives.push(live);
        assert_eq!(count(&admin).await, expected);
    }
    lives.pop();
    wait_for_count(&admin, 4).await;
    drop(lives);
    wait_for_count(&admin, 0).await;
}

#[tokio::test]
async fn a_login_as_another_user_takes_over_the_socket() {
    let server = server_with_grace(0).await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let mut live = ann.live().await;
    let token = &bob.credentials.as_ref().unwrap().1;
    live.result("login", json!([{"resume": token}])).await;
    assert_eq!(seen(&ann).await[2], "offline");
    assert_eq!(seen(&bob).await[2], "online");
    assert_eq!(count(&admin).await, 1);
}

#[tokio::test]
async fn a_restart_begins_without_connected_users() {
    let folder = tempfile::tempdir().unwrap();
    let setup = || {
        let setup = Setup::at(folder.path()).unconnected_offline();
        setup.config(|config| config.offline_grace_seconds = 3600)
    };
    let server = setup().start().await;
    let ann = server.user("ann").await;
    set(&ann, json!({"status": "busy"})).await;
    let mut live = ann.live().await;
    assert_eq!(seen(&ann).await, ["busy", "busy", "online"]);
    let stopped = tokio::spawn(server.stop());
    assert_eq!(live.closed().await, 1001);
    stopped.await.unwrap();
    let server = setup().start().await;
    let (ann, admin) = (
        Client::new(server.address, ann.credentials),
        server.admin().await,
    );
    assert_eq!(seen(&ann).await, ["offline", "busy", "offline"]);
    assert_eq!(count(&admin).await, 0);
}

#[tokio::test]
async fn the_presence_list_since_a_time_includes_connection_changes() {
    let server = server_with_grace(0).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let since = async || {
        let reply = bob.get("users.presence?from=2026-01-01T00:00:00Z").await;
        let list = reply.expect(200).json();
        assert_eq!(list["full"], false);
        let rows = list["users"].as_array().unwrap().iter();
        let status = |row: &Value| (row["_id"].clone(), row["status"].clone());
        rows.map(status).collect::<Vec<_>>()
    };
    assert_eq!(since().await, []);
    let live = ann.live().await;
    assert_eq!(since().await, [(json!(ann.id()), json!("online"))]);
    let mut watcher = watcher(&bob).await;
    drop(live);
    sees(&mut watcher, &ann.id(), OFFLINE).await;
    assert_eq!(since().await, [(json!(ann.id()), json!("offline"))]);
}

#[tokio::test]
async fn a_dev_mode_reset_closes_all_connections_and_clears_their_presence() {
    let server = dev_server().await;
    let (ann, admin) = (seeded(&server, "ann"), seeded(&server, "admin"));
    let mut live = ann.live().await;
    assert_eq!(seen(&ann).await[2], "online");
    ask(&server, "reset", json!({})).await.expect(200);
    assert_eq!(live.closed().await, 1013);
    wait_for_count(&admin, 0).await;
    assert_eq!(seen(&ann).await[2], "offline", "without a grace");
    let _live = ann.live().await;
    assert_eq!(
        (seen(&ann).await[2].as_str(), count(&admin).await),
        ("online", 1)
    );
}
