//! Who is shown as connected, by real connections: who counts, when they go, and where that is told. Deadlines are unit tests' of
//! `connections`; by what bots and others count is in `policies`, random lives are in `model`.

use crate::support::connections::{
    AWAY, OFFLINE, ONLINE, count, seen, sees, server_with_grace, wait_for_count, watcher,
};
use crate::support::dev::{ask, dev_server, seeded};
use crate::support::presence::set;
use crate::support::{Client, Live, Setup, TestServer};
use serde_json::{Value, json};

/// Passes when `watcher` is told nothing about the user with this id before what happens now.
async fn nothing_of(watcher: &mut Live, admin: &Client, user: &str) {
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
async fn a_login_by_rest_makes_nobody_online_and_one_by_a_live_connection_does() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let by_rest = server.anon().logged_in("ann", "ann's password").await;
    by_rest.get("me").await.expect(200);
    assert_eq!(seen(&ann).await, ["offline", "online", "offline"]);
    let nobody = server.live().await;
    assert_eq!(seen(&ann).await[2], "offline", "it is nobody's yet");
    let mut live = ann.live().await;
    assert_eq!(seen(&ann).await, ["online", "online", "online"]);
    assert_eq!(count(&admin).await, 1);
    set(&ann, json!({"status": "busy"})).await;
    assert_eq!(seen(&ann).await, ["busy", "busy", "online"]);
    assert_eq!(live.result("UserPresence:away", json!([])).await, true);
    assert_eq!(seen(&ann).await, ["busy", "busy", "away"]);
    set(&ann, json!({"status": "online"})).await;
    assert_eq!(seen(&ann).await, ["away", "online", "away"]);
    drop(nobody);
}

#[tokio::test]
async fn only_oneself_is_told_of_ones_connections() {
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
async fn of_two_connections_one_that_is_online_is_enough() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let on_phone = server.with_token("ann").await;
    let mut phone = on_phone.live().await;
    let mut laptop = ann.live().await;
    let mut watcher = watcher(&bob).await;
    let away = async |live: &mut Live| live.result("UserPresence:away", json!([])).await;
    let online = async |live: &mut Live| live.result("UserPresence:online", json!([])).await;
    assert_eq!(away(&mut phone).await, true);
    assert_eq!(away(&mut phone).await, false, "it is already");
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
async fn who_is_cut_is_shown_as_before_while_the_grace_lasts() {
    let server = server_with_grace(3600).await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut live = ann.live().await;
    live.result("UserPresence:away", json!([])).await;
    drop(live);
    wait_for_count(&admin, 0).await;
    assert_eq!(seen(&ann).await, ["away", "online", "away"]);
}

#[tokio::test]
async fn who_is_cut_is_shown_as_offline_at_once_without_a_grace() {
    let server = server_with_grace(0).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let live = ann.live().await;
    let mut watcher = watcher(&bob).await;
    drop(live);
    sees(&mut watcher, &ann.id(), OFFLINE).await;
    assert_eq!(seen(&ann).await, ["offline", "online", "offline"]);
}

#[tokio::test]
async fn who_is_back_within_the_grace_flaps_before_nobody() {
    let server = server_with_grace(3600).await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut watcher = watcher(&admin).await;
    let live = ann.live().await;
    sees(&mut watcher, &ann.id(), ONLINE).await;
    drop(live);
    wait_for_count(&admin, 1).await;
    let _live = ann.live().await;
    wait_for_count(&admin, 2).await;
    nothing_of(&mut watcher, &admin, &ann.id()).await;
}

#[tokio::test]
async fn who_logs_out_is_offline_at_once_and_the_socket_is_nobodys() {
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
async fn who_logs_out_by_a_socket_gets_an_answer_and_keeps_it() {
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
async fn every_connection_that_somebody_logged_in_by_counts_once() {
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
async fn whoever_logs_in_by_a_socket_takes_it_over() {
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
async fn a_new_start_begins_with_nobody_connected() {
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
async fn who_asks_what_has_changed_since_hears_of_connections_too() {
    let server = server_with_grace(0).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let since = async || {
        let asked = bob.get("users.presence?from=2026-01-01T00:00:00Z").await;
        let told = asked.expect(200).json();
        assert_eq!(told["full"], false);
        let rows = told["users"].as_array().unwrap().iter();
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
async fn a_reset_of_dev_mode_cuts_everybody_and_forgets_who_was_connected() {
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
