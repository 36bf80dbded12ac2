//! Events about the visible status of users: for all subscribers, for watchers of single users, and
//! for the users themselves. Source: compatibility 9.5 to 9.8.

use crate::support::admin::setting;
use crate::support::frames::{LOGGED, PRESENCE, changed, logged, watched};
use crate::support::listener::{assert_nothing_else, listener, setup};
use crate::support::presence::set;
use crate::support::{Client, Live};
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_767_225_600_000;

/// A `user-status` frame about `of`: status code and text, then the fields of a claim.
fn user_status(of: &Client, name: &str, what: &[Value]) -> Value {
    let mut fields = vec![
        json!(of.id()),
        json!(name),
        what[0].clone(),
        what[1].clone(),
    ];
    fields.extend([json!(name), json!(["user"])]);
    fields.extend(what[2..].iter().cloned());
    logged("user-status", json!([fields]))
}

/// The `userData` frame that `of` receives about their own status.
fn user_data(of: &Client, diff: Value, unset: Value) -> Value {
    let data = json!({"type": "updated", "id": of.id(), "diff": diff, "unset": unset});
    changed(
        "stream-notify-user",
        &format!("{}/userData", of.id()),
        json!([data]),
    )
}

/// Drains `live`: sets a status text of `of` and reads until it has arrived `times` times.
async fn settle(live: &mut Live, of: &Client, times: usize) {
    set(of, json!({"message": "settled"})).await;
    for _ in 0..times {
        live.next_where(|frame| frame.to_string().contains("settled"))
            .await;
    }
    live.forget();
}

#[tokio::test]
async fn each_status_change_is_published_once() {
    let server = setup().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut by_ann = ann.live().await;
    let mut live = listener(&server, &["user-status", "updateCustomUserStatus"]).await;
    live.subscribe(LOGGED, json!(["user-status"])).await;
    settle(&mut live, &ann, 1).await;
    // The test waits for each change, because changes in quick succession may be merged.
    let busy = [json!(3), json!("Lunch"), json!("manual")];
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    live.expect(user_status(&ann, "ann", &busy)).await;
    // Setting the same status again is not a change.
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    by_ann.call("setUserStatus", json!(["away", "Tea"])).await;
    let away = [json!(2), json!("Tea"), json!("manual")];
    live.expect(user_status(&ann, "ann", &away)).await;
    by_ann
        .call("UserPresence:setDefaultStatus", json!(["online"]))
        .await;
    live.expect(user_status(&ann, "ann", &[json!(1), json!("")]))
        .await;
    let end = json!("2026-01-01T00:01:00.000Z");
    set(
        &ann,
        json!({"status": "busy", "message": "Call", "expiresAt": end}),
    )
    .await;
    let call = [
        json!(3),
        json!("Call"),
        json!("manual"),
        json!({"$date": NOW + 60_000}),
    ];
    live.expect(user_status(&ann, "ann", &call)).await;
    server.clock.advance(Duration::from_secs(60));
    live.expect(user_status(&ann, "ann", &[json!(1), json!("")]))
        .await;
    let body = json!({"userId": ann.id(), "status": "busy", "message": "by the administrator"});
    set(&admin, body).await;
    live.expect(user_status(
        &ann,
        "ann",
        &[json!(3), json!("by the administrator"), json!("manual")],
    ))
    .await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn status_changes_by_connections_are_published() {
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let mut live = listener(&server, &[]).await;
    live.subscribe(PRESENCE, json!(["", {"added": [ann.id()]}]))
        .await;
    let mut one = ann.live().await;
    live.expect(watched(&ann, "ann", &[json!(1), json!("")]))
        .await;
    one.result("UserPresence:away", json!([])).await;
    live.expect(watched(&ann, "ann", &[json!(2), json!("")]))
        .await;
    let mut two = ann.live().await;
    live.expect(watched(&ann, "ann", &[json!(1), json!("")]))
        .await;
    drop(one);
    two.result("UserPresence:away", json!([])).await;
    live.expect(watched(&ann, "ann", &[json!(2), json!("")]))
        .await;
    two.result("UserPresence:online", json!([])).await;
    live.expect(watched(&ann, "ann", &[json!(1), json!("")]))
        .await;
    drop(two);
    live.expect(watched(&ann, "ann", &[json!(0), json!("")]))
        .await;
    let mut three = ann.live().await;
    live.expect(watched(&ann, "ann", &[json!(1), json!("")]))
        .await;
    three.call("logout", json!([])).await;
    live.expect(watched(&ann, "ann", &[json!(0), json!("")]))
        .await;
}

#[tokio::test]
async fn an_unconnected_user_is_published_as_offline_with_their_text() {
    let server = setup().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = listener(&server, &["user-status", "updateCustomUserStatus"]).await;
    settle(&mut live, &ann, 1).await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    live.expect(user_status(
        &ann,
        "ann",
        &[json!(0), json!("Lunch"), json!("manual")],
    ))
    .await;
    let by_ann = ann.live().await;
    live.expect(user_status(
        &ann,
        "ann",
        &[json!(3), json!("Lunch"), json!("manual")],
    ))
    .await;
    drop(by_ann);
    live.expect(user_status(
        &ann,
        "ann",
        &[json!(0), json!("Lunch"), json!("manual")],
    ))
    .await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn users_receive_changes_of_their_own_status_and_record() {
    let server = setup().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = ann.live().await;
    let stream = json!([format!("{}/userData", ann.id())]);
    live.subscribe("stream-notify-user", stream.clone()).await;
    live.subscribe("stream-notify-user", stream).await;
    live.subscribe(LOGGED, json!(["updateCustomUserStatus"]))
        .await;
    settle(&mut live, &ann, 1).await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    live.expect(user_data(
        &ann,
        json!({"status": "busy", "statusText": "Lunch"}),
        json!({}),
    ))
    .await;
    set(&ann, json!({"status": "away", "message": ""})).await;
    live.expect(user_data(
        &ann,
        json!({"status": "away"}),
        json!({"statusText": 1}),
    ))
    .await;
    // Changes of other users are not published here.
    set(&admin, json!({"message": "unseen"})).await;
    let data = json!({"name": "Ann A.", "nickname": "A"});
    let body = json!({"userId": ann.id(), "data": data});
    admin.post("users.update", body).await.expect(200);
    let emails = json!([{"address": "ann@example.org", "verified": false}]);
    let published = json!({"username": "ann", "name": "Ann A.", "emails": emails});
    live.expect(json!({
        "msg": "changed", "collection": "users", "id": ann.id(), "fields": published,
    }))
    .await;
    let mut record = published;
    for (key, value) in [
        ("active", json!(true)),
        ("roles", json!(["user"])),
        ("nickname", json!("A")),
    ] {
        record[key] = value;
    }
    live.expect(user_data(&ann, record, json!({}))).await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn disabling_the_presence_broadcast_stops_only_presence_events() {
    let server = setup().start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = listener(&server, &["user-status", "updateCustomUserStatus"]).await;
    live.subscribe(PRESENCE, json!(["", {"added": [ann.id()]}]))
        .await;
    settle(&mut live, &ann, 2).await;
    setting(&admin, "Presence_broadcast_disabled", true).await;
    set(&ann, json!({"message": "unheard"})).await;
    assert_nothing_else(&mut live, &admin, "while it is off").await;
    setting(&admin, "Presence_broadcast_disabled", false).await;
    set(&ann, json!({"message": "heard"})).await;
    let what = [json!(0), json!("heard"), json!("manual")];
    live.expect(user_status(&ann, "ann", &what)).await;
    live.expect(watched(&ann, "ann", &what)).await;
    assert_nothing_else(&mut live, &admin, "end").await;
}
