//! ann hides from bob: bob sees her offline over REST, over live connections and in the stream of
//! events, and carol sees her as she is.

use crate::support::event_stream::EventStream;
use crate::support::frames::{LOGGED, PRESENCE};
use crate::support::presence::{seen, set};
use crate::support::{Client, Live, TestServer};
use doorsign::service::users;
use serde_json::{Value, json};

/// A server that allows hiding, and an administrator.
async fn server() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for setting in [
        "Accounts_StatusVisibility_Enabled",
        "Accounts_StatusVisibility_Admin_Enabled",
    ] {
        let route = format!("settings/{setting}");
        admin.post(&route, json!({"value": true})).await.expect(200);
    }
    (server, admin)
}

async fn hide(of: &Client, from: &[&str]) {
    let data = json!({"data": {"statusVisibilityDenied": from}});
    of.post("users.setPreferences", data).await.expect(200);
}

/// Someone who listens to everything about a person.
struct Watcher {
    client: Client,
    live: Live,
    stream: EventStream,
}

impl Watcher {
    async fn new(server: &TestServer, client: Client, person: &Client) -> Self {
        let mut live = client.live().await;
        live.subscribe(LOGGED, json!(["user-status", false])).await;
        live.subscribe(LOGGED, json!(["updateCustomUserStatus", false]))
            .await;
        live.subscribe(PRESENCE, json!(["", {"added": [person.id()]}]))
            .await;
        Self {
            stream: EventStream::open(server, &client).await,
            live,
            client,
        }
    }

    /// What arrives about a person until the custom status `marker`: codes and texts over the live
    /// connection, and status words and texts of the stream.
    async fn received(&mut self, of: &Client, marker: &str) -> [Vec<(Value, Value)>; 2] {
        let (mut frames, mut events) = (Vec::new(), Vec::new());
        loop {
            let (event, args) = self.live.next_event().await;
            if args[0]["userStatusData"]["name"] == marker {
                break;
            }
            if event == "user-status" && args[0][0] == of.id() {
                frames.push((args[0][2].clone(), args[0][3].clone()));
            } else if event == of.id() {
                frames.push((args[0][1].clone(), args[0][2].clone()));
            }
        }
        loop {
            let event = self.stream.next().await.unwrap();
            let data = &event.data["data"];
            if data["name"] == marker {
                return [frames, events];
            }
            if data["user"]["_id"] == of.id() {
                events.push((data["status"].clone(), data["statusText"].clone()));
            }
        }
    }
}

#[tokio::test]
async fn ann_hides_from_bob_who_sees_her_offline_while_everyone_else_sees_her() {
    let (server, admin) = server().await;
    let (ann, carol) = (server.user("ann").await, server.user("carol").await);
    // An administrator gets no exception, and sees the stored events, too.
    let bob = server.user_with_roles("bob", &["user", "admin"]).await;
    users::set_roles(&server.app, "carol", vec!["user".into(), "admin".into()])
        .await
        .unwrap();
    let lunch = json!({"status": "busy", "message": "Lunch"});
    set(&ann, lunch).await;
    let mut bob = Watcher::new(&server, bob, &ann).await;
    let mut carol = Watcher::new(&server, carol, &ann).await;
    assert_eq!(seen(&bob.client, &ann).await, "busy");
    // What was set before may still be on its way.
    admin.create("start").await.expect(200);
    bob.received(&ann, "start").await;
    carol.received(&ann, "start").await;
    hide(&ann, &["bob"]).await;
    assert_eq!(seen(&bob.client, &ann).await, "offline");
    assert_eq!(seen(&carol.client, &ann).await, "busy");
    set(&ann, json!({"status": "away", "message": "A secret"})).await;
    admin.create("first").await.expect(200);
    let gone = (json!(0), json!(""));
    let [frames, events] = bob.received(&ann, "first").await;
    assert_eq!(frames, [gone.clone(), gone], "once for each subscription");
    assert_eq!(events, [(json!("offline"), json!(""))]);
    let (away, secret) = (json!("away"), json!("A secret"));
    let [frames, events] = carol.received(&ann, "first").await;
    assert_eq!(
        frames,
        [(json!(2), secret.clone()), (json!(2), secret.clone())]
    );
    assert_eq!(
        events,
        [(away.clone(), secret.clone()), (away, secret)],
        "changed, and shown"
    );
    let list = async |by: &Client| by.get("users.presence").await.expect(200);
    assert!(!list(&bob.client).await.text().contains("ann"));
    assert!(list(&carol.client).await.text().contains("A secret"));
    // Lifted: bob sees the present state, and nothing of the past.
    hide(&ann, &[]).await;
    admin.create("second").await.expect(200);
    let [frames, events] = bob.received(&ann, "second").await;
    let now = (json!(2), json!("A secret"));
    assert_eq!(frames, [now.clone(), now]);
    assert_eq!(events, [(json!("away"), json!("A secret"))]);
    assert_eq!(carol.received(&ann, "second").await, [[], []]);
    let history = bob.client.get("events?since=0&timeout=0").await.expect(200);
    assert!(history.text().contains("Lunch") && !history.text().contains("A secret"));
}

#[tokio::test]
async fn a_person_whose_presence_an_administrator_disables_is_offline_for_everyone_else() {
    let (server, admin) = server().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let body =
        |disabled: bool| json!({"userId": ann.id(), "data": {"presenceDisabledByAdmin": disabled}});
    admin.post("users.update", body(true)).await.expect(200);
    for (viewer, expected) in [(&bob, "offline"), (&admin, "offline"), (&ann, "busy")] {
        assert_eq!(seen(viewer, &ann).await, expected);
    }
    let refused = ann.post("users.setStatus", json!({"status": "away"})).await;
    assert_eq!(
        refused.expect(400).json()["errorType"],
        "error-presence-disabled"
    );
    admin.post("users.update", body(false)).await.expect(200);
    assert_eq!(seen(&bob, &ann).await, "busy");
}

#[tokio::test]
async fn a_workspace_without_statuses_shows_everyone_offline_to_everyone_else() {
    let (server, admin) = server().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let switch = async |on: bool| {
        let set = admin.post("settings/Accounts_UserStatus_Enabled", json!({"value": on}));
        set.await.expect(200);
    };
    switch(false).await;
    for (viewer, expected) in [(&bob, "offline"), (&admin, "offline"), (&ann, "busy")] {
        assert_eq!(seen(viewer, &ann).await, expected);
    }
    let refused = ann.post("users.setStatus", json!({"status": "away"})).await;
    assert_eq!(
        refused.expect(400).json()["errorType"],
        "error-presence-disabled"
    );
    switch(true).await;
    assert_eq!(seen(&bob, &ann).await, "busy");
}
