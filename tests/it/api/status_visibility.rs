//! What a viewer sees of a user who hides from them, and what others see.

use crate::support::Client;
use crate::support::presence::set;
use crate::support::visibility::{deny, office, status};
use serde_json::{Value, json};
use std::time::Duration;

/// Everything that `client` can read about ann, except the times of requests.
async fn read(client: &Client, ann: &Client, since: &str) -> Vec<(String, Value)> {
    let id = ann.id();
    let selector = |conditions: &str| {
        let json = format!(r#"{{"term":"an","exceptions":[],"conditions":{conditions}}}"#);
        let encoded: String = json.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("users.autocomplete?selector={encoded}")
    };
    let routes = [
        "users.getStatus?username=ann".to_owned(),
        "users.getPresence?username=ann".to_owned(),
        "users.info?username=ann".to_owned(),
        "users.list".to_owned(),
        "users.list?sort=%7B%22status%22%3A1%7D".to_owned(),
        "users.listByStatus?searchTerm=ann".to_owned(),
        "users.presence".to_owned(),
        format!("users.presence?ids={id}"),
        format!("users.presence?from={since}"),
        "spotlight?query=ann".to_owned(),
        "directory?type=users".to_owned(),
        selector("{}"),
        selector(r#"{"status":"busy"}"#),
        selector(r#"{"status":{"$ne":"offline"}}"#),
        selector(r#"{"status":{"$in":["offline"]}}"#),
    ];
    let mut read = Vec::new();
    for route in routes {
        let body = client.get(&route).await.expect(200).json();
        read.push((route, body));
    }
    for (method, params) in [
        ("getUserStatusText", json!([id])),
        ("spotlight", json!(["ann"])),
    ] {
        let message = json!({"msg": "method", "id": "1", "method": method, "params": params});
        let body = json!({"message": message.to_string()});
        let reply = client.post(&format!("method.call/{method}"), body).await;
        read.push((method.to_owned(), reply.expect(200).json()));
    }
    read
}

#[tokio::test]
async fn a_hidden_user_looks_like_one_who_never_set_a_status_on_every_read() {
    let (server, [admin, ann, bob, cid]) = office().await;
    deny(&ann, &["bob", "admin"]).await.expect(200);
    server.clock.advance(Duration::from_secs(60));
    let since = "2026-01-01T00:00:30.000Z";
    let (for_bob, for_admin) = (
        read(&bob, &ann, since).await,
        read(&admin, &ann, since).await,
    );
    let for_cid = read(&cid, &ann, since).await;
    let busy = json!({"status": "busy", "message": "Dentist", "expiresAt": "2026-01-01T09:00:00Z"});
    set(&ann, busy).await;
    let text = json!({"userId": ann.id(), "data": {"statusText": "Dentist again"}});
    admin.post("users.update", text).await.expect(200);
    assert_eq!(read(&bob, &ann, since).await, for_bob);
    assert_eq!(read(&admin, &ann, since).await, for_admin);
    assert_eq!(status(&bob, "ann").await, "offline");
    let seen = read(&cid, &ann, since).await;
    let same = for_cid
        .iter()
        .zip(&seen)
        .filter(|(one, other)| one == other);
    let same: Vec<_> = same.map(|((route, _), _)| route.as_str()).collect();
    assert_eq!(
        same,
        ["directory?type=users"],
        "cid sees the change elsewhere"
    );
    let own = ann.get("me").await.json();
    assert_eq!(
        (&own["status"], &own["statusText"]),
        (&json!("busy"), &json!("Dentist again"))
    );
}

#[tokio::test]
async fn a_changed_rule_lists_the_user_once_among_recent_changes() {
    let (server, [_, ann, bob, cid]) = office().await;
    set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
    let listed = async |client: &Client, seconds: u32| {
        let route = format!("users.presence?from=2026-01-01T00:00:{seconds:02}.000Z");
        let list = client.get(&route).await.expect(200).json();
        assert_eq!(list["full"], false);
        let users = list["users"].as_array().unwrap().iter();
        let ann = users.filter(|user| user["username"] == "ann");
        ann.map(|user| user["status"].clone()).collect::<Vec<_>>()
    };
    server.clock.advance(Duration::from_secs(10));
    deny(&ann, &["bob"]).await.expect(200);
    assert_eq!(listed(&bob, 5).await, ["offline"]);
    assert_eq!(listed(&cid, 5).await, [""; 0]);
    server.clock.advance(Duration::from_secs(10));
    set(&ann, json!({"status": "away"})).await;
    assert_eq!(listed(&bob, 15).await, [""; 0]);
    assert_eq!(listed(&cid, 15).await, ["away"]);
    deny(&ann, &[]).await.expect(200);
    assert_eq!(listed(&bob, 15).await, ["away"]);
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(listed(&bob, 25).await, [""; 0]);
}
