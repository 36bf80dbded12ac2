//! What README.md says of status, claims and expiry, against what happens.

use crate::readme::says;
use crate::support::{Client, Setup, TestServer};
use doorsign::config::{Config, Unconnected};
use serde_json::{Value, json};
use std::time::Duration;

async fn set(client: &Client, body: Value) {
    client.post("users.setStatus", body).await.expect(200);
}

/// What `of` is shown as: status and text.
async fn shown(client: &Client, of: &str) -> (Value, Value) {
    let found = client.get(&format!("users.info?username={of}")).await;
    let user = found.expect(200).json()["user"].clone();
    (user["status"].clone(), user["statusText"].clone())
}

async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    Setup::new().config(change).start().await
}

#[tokio::test]
async fn people_without_a_connection_are_shown_as_it_says() {
    says(
        "are shown as `offline`, as on Rocket.Chat, unless the setting `unconnected` is `declared`",
    );
    says("A login over REST is no live connection and makes nobody online.");
    says("The text is shown in either case, and bots are always what they say.");
    says("Who has set `online` is shown so until the next claim;");
    says("bots, and everybody under `declared`, come back to it when that claim ends.");
    for (unconnected, person, after) in [
        (Unconnected::Offline, "offline", "offline"),
        (Unconnected::Declared, "busy", "online"),
    ] {
        let server = server(|config| config.unconnected = unconnected).await;
        let ann = server.user("ann").await;
        let bot = server.user_with_roles("bot", &["bot"]).await;
        server
            .anon()
            .login("ann", "ann's password")
            .await
            .expect(200);
        assert_eq!(shown(&bot, "ann").await, (json!("offline"), json!("")));
        for (client, name, status) in [(&ann, "ann", person), (&bot, "bot", "busy")] {
            set(client, json!({"status": "online", "message": ""})).await;
            assert_eq!(shown(&bot, name).await, (json!("online"), json!("")));
            let end = "2026-01-01T01:00:00Z";
            let busy = json!({"status": "busy", "message": "Here", "expiresAt": end});
            set(client, busy).await;
            assert_eq!(shown(&bot, name).await, (json!(status), json!("Here")));
        }
        server.clock.advance(Duration::from_secs(3600));
        assert_eq!(shown(&bot, "ann").await, (json!(after), json!("")));
        assert_eq!(shown(&bot, "bot").await, (json!("online"), json!("")));
    }
}

#[tokio::test]
async fn a_claim_that_has_expired_counts_for_nobody_from_that_moment_on() {
    says("A claim that has expired counts for nobody who looks from that moment on");
    says("`online` without a text is no claim but the end of the manual and the external one.");
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let lunch = json!({"status": "away", "message": "Lunch", "expiresAt": "2026-01-01T01:00:00Z"});
    set(&ann, lunch).await;
    server.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(shown(&ann, "ann").await.1, "Lunch");
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(shown(&ann, "ann").await.1, "");
    set(&ann, json!({"status": "away", "message": "Tea"})).await;
    let source = async || ann.get("users.getStatus").await.json()["statusSource"].clone();
    assert_eq!(source().await, "manual");
    set(&ann, json!({"status": "online", "message": ""})).await;
    assert_eq!(source().await, Value::Null);
}
