//! Live connections after a logout or a login as another user. Source: compatibility 9.2.

use crate::support::frames::added;
use crate::support::presence::{seen, set};
use crate::support::{Client, Live, Setup, TestServer};
use serde_json::{Value, json};

/// A connection of `ann` with subscriptions of every kind. Returns it, the IDs of the subscriptions
/// that end with the login, and the ID of the one that stays.
async fn listening(ann: &Client) -> (Live, Vec<String>, String) {
    let mut live = ann.live().await;
    let own = format!("{}/userData", ann.id());
    let mut ending = Vec::new();
    for (name, params) in [
        ("stream-notify-logged", json!(["user-status"])),
        ("stream-notify-logged", json!(["updateCustomUserStatus"])),
        ("stream-notify-user", json!([own])),
        (
            "stream-notify-user",
            json!([format!("{}/message", ann.id())]),
        ),
        ("stream-notify-logged", json!(["updateAvatar"])),
        ("stream-roles", json!(["roles"])),
        ("stream-user-presence", json!(["", {"added": [ann.id()]}])),
    ] {
        ending.push(live.subscribe(name, params).await);
    }
    let all = json!(["public-settings-changed"]);
    let staying = live.subscribe("stream-notify-all", all).await;
    (live, ending, staying)
}

/// Drains the connection: sets a status text of `ann` and reads until it has arrived `times` times.
async fn settle(live: &mut Live, ann: &Client, times: usize) {
    set(ann, json!({"message": "settled"})).await;
    for _ in 0..times {
        live.next_where(|frame| frame.to_string().contains("settled"))
            .await;
    }
    live.forget();
}

/// The frames that end these subscriptions, ordered by ID.
fn not_allowed(mut ids: Vec<String>) -> Vec<Value> {
    ids.sort();
    let error = json!({
        "isClientSafe": true, "error": "not-allowed", "message": "[not-allowed]", "errorType": "Meteor.Error",
    });
    let nosub = |id| json!({"msg": "nosub", "id": id, "error": error});
    ids.into_iter().map(nosub).collect()
}

/// The next `count` frames, ordered by ID.
async fn next(live: &mut Live, count: usize) -> Vec<Value> {
    let mut frames = Vec::new();
    for _ in 0..count {
        frames.push(live.receive().await);
    }
    frames.sort_by_key(|frame| frame["id"].as_str().unwrap().to_owned());
    frames
}

#[tokio::test]
async fn a_logout_ends_private_subscriptions_and_presence_at_once() {
    // A grace longer than the test: a logout must not wait for it.
    let setup = Setup::new()
        .unconnected_offline()
        .config(|config| config.offline_grace_seconds = 3600);
    let server = setup.start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (mut live, ending, staying) = listening(&ann).await;
    settle(&mut live, &ann, 3).await;
    assert_eq!(seen(&admin, &ann).await, "online");
    live.send_frame(json!({"msg": "method", "id": "out", "method": "logout", "params": []}))
        .await;
    live.expect(json!({"msg": "removed", "collection": "users", "id": ann.id()}))
        .await;
    let expected = not_allowed(ending);
    assert_eq!(next(&mut live, expected.len()).await, expected);
    live.expect(json!({"msg": "result", "id": "out"})).await;
    live.expect(json!({"msg": "updated", "methods": ["out"]}))
        .await;
    assert_eq!(seen(&admin, &ann).await, "offline");
    ann.get("me").await.expect(401);
    let refused = live
        .refusal("stream-notify-logged", json!(["user-status"]))
        .await;
    assert_eq!(refused["error"], "not-allowed");
    let named = admin.post("settings/Site_Name", json!({"value": "Office"}));
    named.await.expect(200);
    live.expect(json!({
        "msg": "changed", "collection": "stream-notify-all", "id": "id",
        "fields": {"eventName": "public-settings-changed", "args": ["updated", {"_id": "Site_Name", "value": "Office"}]},
    }))
    .await;
    live.unsubscribe(&staying).await;
    // Logging out twice changes nothing more.
    assert_eq!(live.call("logout", json!([])).await, json!({}));
    live.is_open().await;
}

#[tokio::test]
async fn a_login_as_another_user_replaces_the_first_user() {
    let server = Setup::new()
        .unconnected_offline()
        .config(|c| c.offline_grace_seconds = 0)
        .start()
        .await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let mut live = ann.live().await;
    let own = format!("{}/userData", ann.id());
    let own = live.subscribe("stream-notify-user", json!([own])).await;
    let logged = live
        .subscribe("stream-notify-logged", json!(["updateCustomUserStatus"]))
        .await;
    settle(&mut live, &ann, 1).await;
    let token = &bob.credentials.as_ref().unwrap().1;
    live.send_frame(
        json!({"msg": "method", "id": "in", "method": "login", "params": [{"resume": token}]}),
    )
    .await;
    live.expect(json!({"msg": "removed", "collection": "users", "id": ann.id()}))
        .await;
    assert_eq!(next(&mut live, 1).await, not_allowed(vec![own]));
    live.expect(added(&bob.id(), "bob")).await;
    assert_eq!(live.receive().await["result"]["id"], bob.id());
    live.expect(json!({"msg": "updated", "methods": ["in"]}))
        .await;
    assert_eq!(seen(&ann, &bob).await, "online");
    assert_eq!(seen(&bob, &ann).await, "offline");
    // Subscriptions for all logged-in users continue.
    server.admin().await.create("lunch").await.expect(200);
    assert_eq!(
        live.receive().await["fields"]["eventName"],
        "updateCustomUserStatus"
    );
    live.unsubscribe(&logged).await;
    let foreign = format!("{}/userData", ann.id());
    let refused = live.refusal("stream-notify-user", json!([foreign])).await;
    assert_eq!(refused["error"], "not-allowed");
}

#[tokio::test]
async fn a_second_login_as_the_same_user_keeps_the_subscriptions() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let mut live = ann.live().await;
    live.subscribe("stream-notify-logged", json!(["updateCustomUserStatus"]))
        .await;
    live.log_in(json!({"user": "ann", "password": "ann's password"}))
        .await;
    server.admin().await.create("lunch").await.expect(200);
    assert_eq!(
        live.receive().await["fields"]["eventName"],
        "updateCustomUserStatus"
    );
    live.failure("login", json!([{"resume": "worthless"}]))
        .await;
    assert_eq!(
        live.result("listCustomUserStatus", json!([])).await[0]["name"],
        "lunch"
    );
}
