//! What the API reports about users with live connections.

use super::presence::own_status;
use crate::support::{Client, Live, Setup, TestServer, in_time};
use serde_json::Value;

pub const OFFLINE: u64 = 0;
pub const ONLINE: u64 = 1;
pub const AWAY: u64 = 2;

/// A server that shows disconnected users as offline after this many seconds.
pub async fn server_with_grace(seconds: u32) -> TestServer {
    let setup = Setup::new().config(|config| config.offline_grace_seconds = seconds);
    setup.start().await
}

/// A user's own status: the visible one, the chosen one and that of the connections. All routes
/// must agree.
pub async fn seen(client: &Client) -> [String; 3] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (me, status, presence) = (
        client.get("me").await.expect(200).json(),
        client.get("users.getStatus").await.expect(200).json(),
        client.get("users.getPresence").await.expect(200).json(),
    );
    let shown = text(&me["status"]);
    assert_eq!(own_status(client).await[0], shown);
    let list = client.get("users.presence").await.expect(200).json();
    let mut rows = list["users"].as_array().unwrap().iter();
    let listed = rows.find(|row| row["_id"] == client.id());
    let expected = (shown != "offline").then(|| me["status"].clone());
    assert_eq!(listed.map(|row| row["status"].clone()), expected);
    assert_eq!(
        (&status["status"], &presence["presence"]),
        (&me["status"], &me["status"])
    );
    let connection = text(&me["statusConnection"]);
    for answer in [&status, &presence] {
        assert_eq!(answer["connectionStatus"], connection);
    }
    [shown, text(&me["statusDefault"]), connection]
}

pub async fn count(admin: &Client) -> u64 {
    let answer = admin.get("presence.getConnections").await.expect(200);
    answer.json()["current"].as_u64().unwrap()
}

/// Waits until this many are connected. A disconnect is noticed a moment later.
pub async fn wait_for_count(admin: &Client, expected: u64) {
    let waiting = async { while count(admin).await != expected {} };
    in_time("the number of connections", waiting).await;
}

/// A connection of `client` that is subscribed to visible statuses and custom statuses.
pub async fn watcher(client: &Client) -> Live {
    let mut live = client.live().await;
    live.listen("user-status").await;
    live.listen("updateCustomUserStatus").await;
    live
}

/// Waits until `watcher` receives this status number of the user. Earlier changes may still arrive
/// before it.
pub async fn sees(watcher: &mut Live, user: &str, code: u64) {
    loop {
        let (event, args) = watcher.next_event().await;
        if event == "user-status" && args[0][0] == user && args[0][2] == code {
            return;
        }
    }
}
