//! Presence policies: connections, heartbeats or always online, and how bots and unconnected people
//! are shown.

use crate::support::connections::{AWAY, OFFLINE, ONLINE, seen, sees, wait_for_count, watcher};
use crate::support::presence::set;
use crate::support::{Setup, TestServer};
use doorsign::app::Unconnected;
use doorsign::domain::PresencePolicy;
use doorsign::service::users;
use serde_json::json;

async fn set_policy(server: &TestServer, username: &str, policy: PresencePolicy) {
    users::set_presence_policy(&server.app, username, policy)
        .await
        .unwrap();
}

#[tokio::test]
async fn under_the_heartbeat_policy_a_user_is_online_only_after_heartbeats() {
    let setup = Setup::new().config(|config| config.heartbeat_seconds = 3);
    let server = setup.start().await;
    let (bot, admin) = (
        server.user_with_roles("robot", &["bot"]).await,
        server.admin().await,
    );
    set_policy(&server, "robot", PresencePolicy::Heartbeat).await;
    let mut watcher = watcher(&admin).await;
    let mut live = bot.live().await;
    assert_eq!(seen(&bot).await, ["offline", "online", "offline"]);
    let beat = bot.post("presence.heartbeat", json!({})).await.expect(200);
    assert_eq!(beat.text(), r#"{"success":true}"#);
    sees(&mut watcher, &bot.id(), ONLINE).await;
    sees(&mut watcher, &bot.id(), OFFLINE).await;
    assert_eq!(
        live.result("UserPresence:ping", json!([])).await,
        json!(null)
    );
    sees(&mut watcher, &bot.id(), ONLINE).await;
    sees(&mut watcher, &bot.id(), OFFLINE).await;
    server
        .anon()
        .post("presence.heartbeat", json!({}))
        .await
        .refused(401);
}

#[tokio::test]
async fn a_policy_applies_at_once_and_other_policies_ignore_heartbeats() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let mut watcher = watcher(&admin).await;
    ann.post("presence.heartbeat", json!({})).await.expect(200);
    assert_eq!(seen(&ann).await[2], "offline");
    set_policy(&server, "ann", PresencePolicy::Always).await;
    sees(&mut watcher, &ann.id(), ONLINE).await;
    assert_eq!(seen(&ann).await, ["online", "online", "online"]);
    set_policy(&server, "ann", PresencePolicy::Connection).await;
    sees(&mut watcher, &ann.id(), OFFLINE).await;
    set_policy(&server, "ann", PresencePolicy::Heartbeat).await;
    sees(&mut watcher, &ann.id(), ONLINE).await;
}

#[tokio::test]
async fn a_bot_always_shows_its_status_and_a_person_only_while_connected() {
    let setup = Setup::new().unconnected_offline();
    let setup = setup.config(|config| config.offline_grace_seconds = 0);
    let server = setup.start().await;
    let (ann, bot) = (
        server.user("ann").await,
        server.user_with_roles("robot", &["bot"]).await,
    );
    for client in [&ann, &bot] {
        set(client, json!({"status": "busy", "message": "at work"})).await;
    }
    assert_eq!(seen(&ann).await, ["offline", "busy", "offline"]);
    assert_eq!(seen(&bot).await, ["busy", "busy", "offline"]);
    let lives = (ann.live().await, bot.live().await);
    assert_eq!(seen(&ann).await, ["busy", "busy", "online"]);
    assert_eq!(seen(&bot).await, ["busy", "busy", "online"]);
    drop(lives);
}

#[tokio::test]
async fn with_unconnected_declared_an_unconnected_person_shows_their_status() {
    let setup = Setup::new().config(|config| {
        config.unconnected = Some(Unconnected::Declared);
        config.offline_grace_seconds = 0;
    });
    let server = setup.start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    set(&ann, json!({"status": "busy"})).await;
    assert_eq!(seen(&ann).await, ["busy", "busy", "offline"]);
    let mut watcher = watcher(&admin).await;
    drop(ann.live().await);
    wait_for_count(&admin, 1).await;
    assert_eq!(seen(&ann).await, ["busy", "busy", "offline"]);
    set(&ann, json!({"status": "away"})).await;
    sees(&mut watcher, &ann.id(), AWAY).await;
}
