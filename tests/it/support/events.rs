//! Reads events, and causes one of each kind.

use super::event_stream::{EventStream, StreamEvent};
use super::presence::set;
use crate::support::Client;
use serde_json::{Value, json};

/// `GET /api/v1/events` with this query.
pub async fn read(client: &Client, query: &str) -> Value {
    let read = client.get(&format!("events{query}")).await.expect(200);
    let page = read.json();
    assert_eq!(page["success"], true);
    page
}

/// The position of the newest event.
pub async fn position(client: &Client) -> u64 {
    read(client, "").await["position"].as_u64().unwrap()
}

/// Causes every type of event once.
pub async fn let_everything_happen(admin: &Client, ann: &Client, bob: &Client) {
    let ok = async |route: &str, body: Value| drop(admin.post(route, body).await.expect(200));
    let created = admin.create("Lunch").await.expect(200).created_id();
    let changed = json!({"_id": created, "name": "Brunch", "statusType": "away"});
    ok("custom-user-status.update", changed).await;
    ok(
        "custom-user-status.delete",
        json!({"customUserStatusId": created}),
    )
    .await;
    let busy = json!({"status": "busy", "message": "A call", "expiresAt": "2026-01-01T01:00:00Z"});
    set(ann, busy).await;
    set(ann, json!({"status": "online"})).await;
    ok(
        "permissions.update",
        json!({"permissions": [{"_id": "manage-user-status", "roles": ["admin", "bot"]}]}),
    )
    .await;
    let role = json!({"username": "ann", "roleId": "bot"});
    ok("roles.addUserToRole", role.clone()).await;
    ok("roles.removeUserFromRole", role).await;
    let name = json!({"userId": ann.id(), "data": {"name": "Ann A.", "username": "anna"}});
    ok("users.update", name).await;
    ok("settings/Site_Name", json!({"value": "Doors"})).await;
    ok("settings/UI_Use_Real_Name", json!({"value": true})).await;
    ok("users.delete", json!({"userId": bob.id()})).await;
    ok("roles.create", json!({"name": "Night shift"})).await;
    let role = json!({"roleId": "Night shift", "name": "Day shift", "description": "By day"});
    ok("roles.update", role).await;
    ok("roles.delete", json!({"roleId": "Day shift"})).await;
    let cid = json!({"username": "cid", "name": "Cid", "email": "cid@example.org", "password": "a password"});
    ok("users.create", cid).await;
}

/// The name of the created status.
pub fn name(event: &StreamEvent) -> &str {
    assert_eq!(event.kind, "custom_user_status.created");
    event.data["data"]["name"].as_str().unwrap()
}

/// Passes when the next event is the creation of this status. Returns its position.
pub async fn expect_status(stream: &mut EventStream, expected: &str) -> u64 {
    let event = stream.next().await.unwrap();
    assert_eq!(name(&event), expected);
    event.id.unwrap()
}
