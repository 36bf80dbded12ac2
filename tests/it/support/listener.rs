//! A connection that listens to streams, and checks of a connection.

use super::frames::{LOGGED, updated};
use crate::support::{Client, Live, Setup, TestServer};
use serde_json::json;

/// A connection of a new user who has subscribed to these events of `stream-notify-logged`.
pub async fn listener(server: &TestServer, events: &[&str]) -> Live {
    let mut live = server.user("eve").await.live().await;
    for event in events {
        live.subscribe(LOGGED, json!([event, {"useCollection": false, "args": []}]))
            .await;
    }
    live
}

/// Passes when no other message has arrived: the message sent now is the next one.
pub async fn assert_nothing_else(live: &mut Live, admin: &Client, marker: &str) {
    let id = admin.create(marker).await.created_id();
    live.expect(updated(&id, marker, "busy")).await;
}

/// Passes if the server handles requests and live connections.
pub async fn assert_serving(server: &TestServer) {
    let name = format!("{:?}", std::time::Instant::now());
    server.admin().await.create(&name).await.expect(200);
    server.live().await.is_open().await;
}

/// Passes if all frames are answered and the connection still works.
pub async fn assert_unaffected(live: &mut Live) {
    live.send_frame(json!({"msg": "ping", "id": "the end"}))
        .await;
    live.next_where(|frame| *frame == json!({"msg": "pong", "id": "the end"}))
        .await;
    live.forget();
}

/// With Rocket.Chat's rule and without a grace: a user who leaves is offline at once.
pub fn setup() -> Setup {
    let setup = Setup::new().unconnected_offline();
    setup.config(|config| config.offline_grace_seconds = 0)
}
