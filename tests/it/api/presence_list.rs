//! `users.presence`: all visible users, users by id, and users that changed recently.

use crate::support::admin::setting;
use crate::support::presence::{many, set};
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::app::Clock;
use doorsign::config::{Config, Unconnected};
use doorsign::domain::{By, Origin, UserId, UserKey, UserPatch, Username};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const LIST: &str = "users.presence";

/// A server that shows the declared status of users without a connection.
async fn server() -> TestServer {
    let declared = |config: &mut Config| config.unconnected = Some(Unconnected::Declared);
    Setup::new().config(declared).start().await
}

/// The usernames in the list, and whether it is the full list.
fn names(reply: Reply) -> (BTreeSet<String>, bool) {
    let list = reply.expect(200).json();
    let rows = list["users"].as_array().unwrap();
    let name = |row: &Value| row["username"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = rows.iter().map(name).collect();
    assert_eq!(names.len(), rows.len(), "no user is listed twice: {list}");
    (names, list["full"].as_bool().unwrap())
}

async fn listed(client: &Client, query: &str) -> (BTreeSet<String>, bool) {
    names(client.get(&format!("{LIST}{query}")).await)
}

fn some<const N: usize>(names: [&str; N]) -> (BTreeSet<String>, bool) {
    (names.map(str::to_owned).into(), false)
}

fn all<const N: usize>(names: [&str; N]) -> (BTreeSet<String>, bool) {
    (some(names).0, true)
}

#[tokio::test]
async fn all_users_that_are_not_offline_are_listed_with_every_set_field() {
    let server = server().await;
    let (ann, bob, cid) = (
        server.user("ann").await,
        server.user("bob").await,
        server.user("cid").await,
    );
    ann.get(LIST).await.golden("presence_list_empty");
    set(&bob, json!({"status": "offline", "message": "Not here"})).await;
    set(&ann, json!({"status": "online"})).await;
    cid.get(LIST).await.golden("presence_list_online");
    set(
        &ann,
        json!({"status": "busy", "message": "Lunch", "expiresAt": "2026-01-01T01:00:00Z"}),
    )
    .await;
    cid.get(LIST).await.golden("presence_list");
    let list = cid.get(LIST).await.json();
    assert_eq!(list["users"][0]["_id"], json!(ann.id()));
    assert_eq!(
        list["users"][0]["statusExpiresAt"],
        json!("2026-01-01T01:00:00.000Z")
    );
    set(&cid, json!({"status": "away"})).await;
    assert_eq!(
        listed(&cid, "").await,
        all(["ann", "cid"]),
        "the requesting user too"
    );
    server.clock.advance(Duration::from_secs(3600));
    let list = cid.get(LIST).await.json();
    // Sorted by id, which is random.
    let mut rows = list["users"].as_array().unwrap().iter();
    let of_ann = rows.find(|row| row["username"] == "ann").unwrap();
    assert_eq!(
        (&of_ann["status"], of_ann.get("statusText")),
        (&json!("online"), None),
        "an expired claim is not shown"
    );
}

#[tokio::test]
async fn users_without_a_connection_are_not_listed_unless_they_chose_to_be_online() {
    let server = Setup::new().unconnected_offline().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let bot = server.user_with_roles("bot", &["bot"]).await;
    set(&ann, json!({"status": "busy"})).await;
    set(&bot, json!({"status": "busy"})).await;
    assert_eq!(listed(&bob, "").await, all(["bot"]));
    set(&ann, json!({"status": "online"})).await;
    assert_eq!(listed(&bob, "").await, all(["ann", "bot"]));
}

#[tokio::test]
async fn ids_are_accepted_in_three_formats_and_select_users_of_any_status() {
    let server = server().await;
    let (ann, bob, cid) = (
        server.user("ann").await,
        server.user("bob").await,
        server.user("cid").await,
    );
    set(&bob, json!({"status": "busy"})).await;
    let (a, b) = (ann.id(), bob.id());
    for query in [
        format!("?ids={a},{b}"),
        format!("?ids={a}&ids={b}"),
        format!("?ids[]={a}&ids[]={b}"),
        format!("?ids%5B%5D={a}&ids={b},nobody,,{a}"),
        format!("?ids={a},{b}&from=2026-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(listed(&cid, &query).await, some(["ann", "bob"]), "{query}");
    }
    assert_eq!(listed(&ann, &format!("?ids={a}")).await, some(["ann"]));
    assert_eq!(listed(&ann, "?ids=nobody").await, some([]));
    assert_eq!(listed(&ann, "?ids=").await, all(["bob"]), "no id");
    let hostile = "?ids=%00,%22]%27,%F0%9F%8D%9C,ann";
    assert_eq!(listed(&ann, hostile).await, some([]));
    ann.get(&format!("{LIST}?ids={a}"))
        .await
        .golden("presence_by_id");
}

#[tokio::test]
async fn users_that_changed_in_the_last_ten_minutes_are_listed_except_the_requesting_one() {
    let server = server().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    set(&bob, json!({"status": "busy"})).await;
    server.clock.advance(Duration::from_secs(60));
    set(&ann, json!({"status": "offline", "message": "Gone"})).await;
    let cid = server.user("cid").await;
    set(&cid, json!({"status": "away"})).await;
    let since = async |time: &str| listed(&cid, &format!("?from=2026-01-01T{time}Z")).await;
    assert_eq!(since("00:00:00.000").await, some(["ann", "bob"]));
    assert_eq!(
        since("00:00:00.001").await,
        some(["ann"]),
        "any status, and not the requesting user"
    );
    assert_eq!(since("00:01:00.000").await, some(["ann"]));
    assert_eq!(since("00:01:00.001").await, some([]));
    assert_eq!(
        since("23:00:00.000").await,
        some([]),
        "a client whose clock is ahead"
    );
    server.clock.advance(Duration::from_secs(9 * 60));
    assert_eq!(
        since("00:00:00.001").await,
        some(["ann"]),
        "just under ten minutes"
    );
    let full = all(["bob", "cid"]);
    assert_eq!(since("00:00:00.000").await, full, "ten minutes");
    for query in [
        "?from=",
        "?from=yesterday",
        "?from=1767225900000",
        "?from=1970-01-01",
    ] {
        assert_eq!(listed(&cid, query).await, full, "{query}");
    }
}

#[tokio::test]
async fn other_parameters_and_lists_of_dates_are_refused() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for query in ["?name=ann", "?ids[0]=x", "?userId=x", "?from[]=x"] {
        let refused = ann.get(&format!("{LIST}{query}")).await;
        refused.golden("presence_unknown_parameter");
    }
    let twice = ann
        .get(&format!("{LIST}?from=2026-01-01&from=2026-01-02"))
        .await;
    twice.golden("presence_two_dates");
}

#[tokio::test]
async fn deactivated_users_are_not_listed() {
    let server = server().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    set(&ann, json!({"status": "busy"})).await;
    let (a, since) = (ann.id(), "?from=2026-01-01T00:00:00.000Z");
    let store = &server.app.store;
    let active = async |active| {
        let patch = UserPatch {
            active: Some(active),
            ..UserPatch::default()
        };
        let id = UserId::new(a.clone());
        let by = By {
            user: id.clone(),
            username: Username::stored("ann".to_owned()),
            at: server.app.clock.now(),
            origin: Origin::Server,
        };
        let changed = store.update_user(id, patch, by);
        changed.await.unwrap();
    };
    active(false).await;
    assert_eq!(listed(&bob, "").await, all([]));
    assert_eq!(listed(&bob, since).await, some([]));
    assert_eq!(listed(&bob, &format!("?ids={a}")).await, some([]));
    active(true).await;
    assert!(
        store
            .find_user(UserKey::Id(UserId::new(a.clone())))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        listed(&bob, "").await,
        all(["ann"]),
        "the status is still stored"
    );
}

#[tokio::test]
async fn the_list_is_empty_for_every_query_if_the_broadcast_is_disabled() {
    let server = server().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    set(&ann, json!({"status": "busy"})).await;
    setting(&admin, "Presence_broadcast_disabled", true).await;
    for query in [
        String::new(),
        format!("?ids={}", ann.id()),
        "?from=2026-01-01T00:00:00Z".to_owned(),
    ] {
        let list = admin.get(&format!("{LIST}{query}")).await;
        list.golden("presence_list_empty");
    }
    admin
        .get(&format!("{LIST}?name=x"))
        .await
        .golden("presence_unknown_parameter");
    setting(&admin, "Presence_broadcast_disabled", false).await;
    assert_eq!(listed(&admin, "").await, all(["ann"]));
}

#[tokio::test]
async fn a_thousand_users_are_listed_in_one_response() {
    let server = server().await;
    let ann = server.user("ann").await;
    let claims = many(1000, server.clock.now().as_millis() + 1000);
    server.database().execute_batch(&claims).unwrap();
    let (names, full) = listed(&ann, "").await;
    assert_eq!((names.len(), full), (1000, true));
    let ids: Vec<String> = (1..=300).map(|n| format!("user{n}")).collect();
    let (names, full) = listed(&ann, &format!("?ids={}", ids.join(","))).await;
    assert_eq!((names.len(), full), (300, false));
}

#[tokio::test]
async fn the_connections_of_an_invisible_user_are_not_listed_as_changes() {
    let server = server().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let cid = server.user("cid").await;
    set(&bob, json!({"status": "offline"})).await;
    server.clock.advance(Duration::from_secs(60));
    let _lives = [ann.live().await, bob.live().await];
    let changed = listed(&cid, "?from=2026-01-01T00:00:30.000Z").await;
    assert_eq!(changed, some(["ann"]));
    set(&bob, json!({"status": "offline", "message": "Gone"})).await;
    let changed = listed(&cid, "?from=2026-01-01T00:00:30.000Z").await;
    assert_eq!(changed, some(["ann", "bob"]), "a text shows");
}
