//! Events on streams: each change is published once, in order, in a fixed format, to its
//! subscribers. Source: compatibility 9.4 and 9.6.
//! `subscriptions` covers refusals, `status_events` the visible status of users.

use crate::support::admin::{grant, setting};
use crate::support::frames::{LOGGED, changed, logged, updated};
use crate::support::listener::{assert_nothing_else, listener};
use crate::support::{Live, TestServer};
use serde_json::{Value, json};

const NOW: i64 = 1_767_225_600_000;

/// The frame about a deleted status.
fn deleted(id: &str, name: &str, kind: &str) -> Value {
    let at = json!({"$date": NOW});
    let data = json!({"_id": id, "name": name, "statusType": kind, "_updatedAt": at});
    logged("deleteCustomUserStatus", json!([{"userStatusData": data}]))
}

#[tokio::test]
async fn custom_status_changes_are_published_once_and_in_order() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let events = ["updateCustomUserStatus", "deleteCustomUserStatus"];
    // Two subscriptions on one connection still give one frame.
    let again = ["updateCustomUserStatus", "deleteCustomUserStatus"];
    let mut live = listener(&server, &[events, again].concat()).await;
    let id = admin.create("lunch").await.created_id();
    let update = json!({"_id": id, "name": "dinner", "statusType": "away"});
    let done = admin.post("custom-user-status.update", update).await;
    done.expect(200);
    let delete = json!({"customUserStatusId": id});
    let done = admin.post("custom-user-status.delete", delete).await;
    done.expect(200);
    let mut by_method = admin.live().await;
    let (set, delete) = ("insertOrUpdateUserStatus", "deleteCustomUserStatus");
    let tea = json!([{"name": "tea", "statusType": "online"}]);
    let second = by_method.result(set, tea).await;
    let second = second.as_str().unwrap();
    let coffee = json!([{"_id": second, "name": "coffee", "statusType": "busy"}]);
    by_method.result(set, coffee).await;
    by_method.result(delete, json!([second])).await;
    for frame in [
        updated(&id, "lunch", "busy"),
        updated(&id, "dinner", "away"),
        deleted(&id, "dinner", "away"),
        updated(second, "tea", "online"),
        updated(second, "coffee", "busy"),
        deleted(second, "coffee", "busy"),
    ] {
        live.expect(frame).await;
    }
    // A refused change publishes nothing.
    admin.create("taken").await.expect(200);
    admin.create("taken").await.expect(400);
    live.receive().await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn an_event_is_published_until_its_last_subscription_ends() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut live = listener(&server, &["updateCustomUserStatus"]).await;
    let first = live
        .subscribe(LOGGED, json!(["deleteCustomUserStatus"]))
        .await;
    let second = live
        .subscribe(LOGGED, json!(["deleteCustomUserStatus"]))
        .await;
    let delete = async |name: &str, live: &mut Live| {
        let id = admin.create(name).await.created_id();
        live.expect(updated(&id, name, "busy")).await;
        let body = json!({"customUserStatusId": id});
        admin
            .post("custom-user-status.delete", body)
            .await
            .expect(200);
        id
    };
    live.unsubscribe(&first).await;
    let id = delete("a", &mut live).await;
    live.expect(deleted(&id, "a", "busy")).await;
    live.unsubscribe(&second).await;
    delete("b", &mut live).await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn permission_changes_are_published() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut live = listener(&server, &["permissions-changed", "updateCustomUserStatus"]).await;
    let expected = |roles: &[&str]| {
        let record =
            json!({"_id": "manage-user-status", "roles": roles, "_updatedAt": {"$date": NOW}});
        logged("permissions-changed", json!(["updated", record]))
    };
    grant(&admin, &["admin", "user"]).await;
    live.expect(expected(&["admin", "user"])).await;
    let role = json!({"permissionId": "manage-user-status", "role": "bot"});
    admin
        .post("permissions.addRole", role.clone())
        .await
        .expect(200);
    live.expect(expected(&["admin", "user", "bot"])).await;
    admin.post("permissions.removeRole", role).await.expect(200);
    live.expect(expected(&["admin", "user"])).await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn custom_roles_are_published() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = ann.live().await;
    live.subscribe("stream-roles", json!(["roles"])).await;
    let made = admin.post("roles.create", json!({"name": "Night"})).await;
    let id = made.expect(200).json()["role"]["_id"].clone();
    let expected = |kind: &str, name: &str| {
        let role = json!({
            "type": kind, "_id": id, "name": name, "description": "", "scope": "Users", "protected": false,
            "mandatory2fa": false, "_updatedAt": {"$date": NOW},
        });
        json!({
            "msg": "changed", "collection": "stream-roles", "id": "id",
            "fields": {"eventName": "roles", "args": [role]},
        })
    };
    live.expect(expected("changed", "Night")).await;
    admin
        .post("roles.update", json!({"roleId": id, "name": "Day"}))
        .await
        .expect(200);
    live.expect(expected("changed", "Day")).await;
    admin
        .post("roles.delete", json!({"roleId": id}))
        .await
        .expect(200);
    live.expect(expected("removed", "Day")).await;
}

#[tokio::test]
async fn role_changes_are_published_only_if_roles_are_displayed() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let mut live = listener(&server, &["roles-change", "updateCustomUserStatus"]).await;
    let role = json!({"username": "ann", "roleId": "bot"});
    let change = async || {
        for route in ["roles.addUserToRole", "roles.removeUserFromRole"] {
            admin.post(route, role.clone()).await.expect(200);
        }
    };
    let expected = |kind: &str| {
        let user = json!({"_id": ann.id(), "username": "ann"});
        logged(
            "roles-change",
            json!([{"type": kind, "_id": "bot", "u": user}]),
        )
    };
    setting(&admin, "UI_DisplayRoles", false).await;
    change().await;
    assert_nothing_else(&mut live, &admin, "hidden").await;
    setting(&admin, "UI_DisplayRoles", true).await;
    change().await;
    live.expect(expected("added")).await;
    live.expect(expected("removed")).await;
    let body = json!({"userId": ann.id(), "data": {"roles": ["bot", "user"]}});
    admin.post("users.update", body).await.expect(200);
    live.expect(expected("added")).await;
    assert_nothing_else(&mut live, &admin, "shown").await;
}

#[tokio::test]
async fn name_changes_and_user_deletions_are_published() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let events = [
        "Users:NameChanged",
        "Users:Deleted",
        "updateCustomUserStatus",
    ];
    let mut live = listener(&server, &events).await;
    let update = async |data: Value| {
        let body = json!({"userId": ann.id(), "data": data});
        admin.post("users.update", body).await.expect(200);
    };
    let expected = |name: &str, username: &str| {
        let names = json!({"_id": ann.id(), "name": name, "username": username});
        logged("Users:NameChanged", json!([names]))
    };
    update(json!({"name": "Ann A."})).await;
    live.expect(expected("Ann A.", "ann")).await;
    update(json!({"username": "anna"})).await;
    live.expect(expected("Ann A.", "anna")).await;
    // Other changes, and a name that stays the same, publish nothing.
    update(json!({"bio": "a bio"})).await;
    update(json!({"name": "Ann A."})).await;
    let target = json!({"userId": ann.id()});
    admin.post("users.delete", target).await.expect(200);
    let deleted = json!({"userId": ann.id(), "messageErasureType": "Delete"});
    live.expect(logged("Users:Deleted", json!([deleted]))).await;
    assert_nothing_else(&mut live, &admin, "end").await;
}

#[tokio::test]
async fn public_setting_changes_are_published_to_anonymous_clients() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut live = server.live().await;
    live.subscribe(
        "stream-notify-all",
        json!(["public-settings-changed", true]),
    )
    .await;
    live.expect(json!({
        "msg": "added", "collection": "stream-notify-all", "id": "id",
        "fields": {"eventName": "public-settings-changed"},
    }))
    .await;
    let expected = |id: &str, value: Value| {
        let args = json!(["updated", {"_id": id, "value": value}]);
        changed("stream-notify-all", "public-settings-changed", args)
    };
    setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    let name = json!({"value": "Office"});
    admin.post("settings/Site_Name", name).await.expect(200);
    live.expect(expected(
        "Accounts_AllowInvisibleStatusOption",
        json!(false),
    ))
    .await;
    live.expect(expected("Site_Name", json!("Office"))).await;
}

#[tokio::test]
async fn every_subscriber_receives_the_same_events() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut subscribers = Vec::new();
    for n in 0..20 {
        let mut live = server.user(&format!("user{n}")).await.live().await;
        live.subscribe(LOGGED, json!(["updateCustomUserStatus"]))
            .await;
        subscribers.push(live);
    }
    let mut expected = Vec::new();
    for n in 0..20 {
        let name = format!("status {n}");
        let id = admin.create(&name).await.created_id();
        expected.push(updated(&id, &name, "busy"));
    }
    for live in &mut subscribers {
        for frame in &expected {
            live.expect(frame.clone()).await;
        }
    }
}
