//! Subscriptions: which are refused, and the frames that start one. Source: compatibility 9.4.
//! `streams` covers the events that follow.

use crate::support::admin::setting;
use crate::support::{TestServer, golden_lines};
use serde_json::{Value, json};

#[tokio::test]
async fn every_refused_subscription_gets_a_meteor_error() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let (mut anon, mut live) = (server.live().await, ann.live().await);
    let (own, foreign) = (
        format!("{}/userData", ann.id()),
        format!("{}/userData", bob.id()),
    );
    let longer = format!("{}x/userData", ann.id());
    let mut lines = Vec::new();
    #[rustfmt::skip] // A table.
    let table = [
        (true, "stream-notify-logged", json!(["user-status"]), "events for logged-in users"),
        (true, "stream-roles", json!(["roles"]), "roles"),
        (true, "stream-user-presence", json!(["", {"added": [ann.id()]}]), "presence"),
        (true, "stream-notify-user", json!([own]), "a user's own"),
        (true, "stream-notify-all", json!([]), "no event"),
        (true, "stream-notify-logged", json!([""]), "no event for logged-in users"),
        (true, "stream-livechat-room", json!(["x"]), "an unknown stream"),
        (true, "stream-force_logout", json!(["x"]), "ends of logins"),
        (true, "stream-room-messages", json!(["__my_messages__"]), "messages of the own rooms"),
        (false, "stream-room-messages", json!(["x"]), "messages of a room"),
        (false, "stream-notify-user", json!([foreign]), "another user's"),
        (false, "stream-notify-user", json!([longer]), "an id with the same beginning"),
        (false, "stream-notify-user", json!(["userData"]), "no user's"),
        (false, "stream-notify-user", json!([ann.id()]), "not an event of the user"),
        (false, "stream-notify-logged", json!([]), "no event"),
        (false, "stream-notify-logged", json!([""]), "an empty event"),
        (false, "stream-notify-logged", json!([null]), "null"),
        (false, "stream-notify-logged", json!([7]), "a number"),
        (false, "stream-notify-all", json!([""]), "an empty event for everyone"),
        (false, "stream-notify-user", json!([""]), "an empty event of the own user"),
        (false, "stream-roles", json!([""]), "an empty event of roles"),
    ];
    for (is_anonymous, name, params, what) in table {
        let live = if is_anonymous { &mut anon } else { &mut live };
        let error = live.refusal(name, params).await;
        let who = if is_anonymous { "anonymous" } else { "ann" };
        lines.push(format!("{who}, {what}: {error}"));
    }
    golden_lines("live_subscriptions_refused", &lines);
    anon.is_open().await;
    live.is_open().await;
}

#[tokio::test]
async fn a_subscription_begins_with_a_document_only_on_request() {
    let server = TestServer::start().await;
    // Prevents presence frames in between.
    setting(&server.admin().await, "Presence_broadcast_disabled", true).await;
    let ann = server.user("ann").await;
    let mut live = ann.live().await;
    let own = format!("{}/userData", ann.id());
    for (name, event) in [
        ("stream-notify-logged", "user-status"),
        ("stream-notify-logged", "something else"),
        ("stream-notify-all", "public-settings-changed"),
        ("stream-notify-user", &own),
        ("stream-roles", "roles"),
    ] {
        for (options, is_requested) in [
            (vec![], false),
            (vec![json!(false)], false),
            (vec![json!({"useCollection": false, "args": []})], false),
            (vec![json!({"useCollection": "yes"})], false),
            (vec![json!(true)], true),
            (vec![json!({"useCollection": true, "args": [null]})], true),
        ] {
            let params: Vec<Value> = [json!(event)].into_iter().chain(options).collect();
            let subscribe = json!({"msg": "sub", "id": "s", "name": name, "params": params});
            live.send_frame(subscribe.clone()).await;
            if is_requested {
                live.expect(json!({
                    "msg": "added", "collection": name, "id": "id", "fields": {"eventName": event},
                }))
                .await;
            }
            live.expect(json!({"msg": "ready", "subs": ["s"]})).await;
            live.unsubscribe("s").await;
        }
    }
}

#[tokio::test]
async fn publications_that_clients_require_become_ready() {
    let server = TestServer::start().await;
    let mut live = server.user("ann").await.live().await;
    for name in [
        "userData",
        "meteor.loginServiceConfiguration",
        "meteor_autoupdate_clientVersions",
    ] {
        live.subscribe(name, json!([])).await;
    }
}
