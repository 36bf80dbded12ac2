//! Roles of users and single grants of roles. The last administrator is in `users_end`.

use crate::support::{Client, Reply, TestServer};
use serde_json::{Value, json};

const ADD: &str = "roles.addUserToRole";
const REMOVE: &str = "roles.removeUserFromRole";

fn pair(username: &str, role: &str) -> Value {
    json!({"username": username, "roleId": role})
}

async fn grant(client: &Client, route: &str, permission: &str, role: &str) -> Reply {
    client
        .post(route, json!({"permissionId": permission, "role": role}))
        .await
}

#[tokio::test]
async fn a_role_and_its_removal_take_effect_with_the_next_request() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    ann.create("before").await.golden("create_not_allowed");
    admin
        .post(ADD, pair("ANN", "admin"))
        .await
        .golden("roles_add");
    ann.create("meanwhile").await.expect(200);
    admin
        .post(ADD, pair("ann", "admin"))
        .await
        .golden("roles_add_again");
    let scoped = json!({"username": "ann", "roleId": "admin", "scope": "x", "roomId": "y"});
    admin.post(REMOVE, scoped).await.golden("roles_add");
    ann.create("after").await.golden("create_not_allowed");
    admin
        .post(REMOVE, pair("ann", "admin"))
        .await
        .golden("roles_remove_again");
    admin
        .post(ADD, json!({"username": "ann", "roleName": "bot"}))
        .await
        .expect(200);
    let me = ann.get("me").await.json();
    assert_eq!(me["roles"], json!(["bot", "user"]));
    let named = json!({"username": "ann", "roleName": "bot"});
    admin.post(REMOVE, named).await.expect(200);
    assert_eq!(ann.get("me").await.json()["roles"], json!(["user"]));
}

#[tokio::test]
async fn invalid_role_changes_are_refused_with_specific_errors() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let keeper = server.user_with_roles("keeper", &["bot"]).await;
    ann.post(ADD, pair("ann", "admin"))
        .await
        .golden("roles_add_not_allowed");
    ann.post(REMOVE, pair("admin", "admin"))
        .await
        .golden("route_forbidden");
    ann.get("roles.getUsersInRole?role=admin")
        .await
        .golden("route_forbidden");
    grant(&admin, "permissions.addRole", "access-permissions", "bot")
        .await
        .expect(200);
    keeper.post(ADD, pair("ann", "bot")).await.expect(200);
    keeper
        .post(ADD, pair("ann", "admin"))
        .await
        .golden("roles_add_admin_not_allowed");
    keeper
        .post(REMOVE, pair("admin", "admin"))
        .await
        .golden("roles_remove_admin_not_allowed");
    for (route, body, golden) in [
        (ADD, pair("nobody", "bot"), "users_delete_unknown"),
        (ADD, pair("ann", "boss"), "roles_add_unknown_role"),
        (ADD, json!({"username": "ann"}), "roles_without_role"),
        (
            REMOVE,
            json!({"username": "ann", "roleId": ""}),
            "roles_without_role",
        ),
        (REMOVE, pair("nobody", "bot"), "roles_remove_unknown_user"),
        (REMOVE, pair("ann", "boss"), "roles_remove_unknown_role"),
        (REMOVE, pair("ann", "guest"), "roles_remove_again"),
    ] {
        admin.post(route, body).await.golden(golden);
    }
    for (body, text) in [
        (
            json!({"roleId": "bot"}),
            "must have required property 'username'",
        ),
        (
            json!({"username": "ann", "roleId": "bot", "x": 1}),
            "must NOT have additional properties",
        ),
        (json!({"username": [], "roleId": "bot"}), "must be string"),
    ] {
        for route in [ADD, REMOVE] {
            let error = admin.post(route, body.clone()).await.expect(400).json();
            assert_eq!(
                (&error["error"], &error["errorType"]),
                (&json!(text), &json!("invalid-params"))
            );
        }
    }
}

#[tokio::test]
async fn users_in_a_role_are_listed_by_name_and_in_pages() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for name in ["cid", "Bob", "ann"] {
        server
            .user_with_roles(name, &["bot", "livechat-agent"])
            .await;
    }
    let names = |page: &Value| -> Vec<String> {
        let users = page["users"].as_array().unwrap().iter();
        users
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect()
    };
    let page = admin
        .get("roles.getUsersInRole?role=bot&count=2&offset=1")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (names(&page), &page["total"]),
        (vec!["Bob".to_owned(), "cid".to_owned()], &json!(3))
    );
    let sorted = "roles.getUsersInRole?role=bot&sort=%7B%22username%22:-1%7D&query=%7B%7D";
    let sorted = admin.get(sorted).await.expect(200).json();
    assert_eq!(names(&sorted), ["ann", "Bob", "cid"], "always by username");
    admin
        .get("roles.getUsersInRole?role=bot&count=1")
        .await
        .golden("roles_users");
    admin
        .get("roles.getUsersInRole?role=boss")
        .await
        .golden("roles_users_unknown_role");
    admin
        .get("roles.getUsersInRole?role=bot&roomId=x")
        .await
        .golden("roles_users_in_room");
    for query in ["", "?role="] {
        let refused = admin.get(&format!("roles.getUsersInRole{query}")).await;
        refused.golden("roles_users_without_role");
    }
    let ann = server.with_token("ann").await;
    let public = ann.get("roles.getUsersInPublicRoles").await;
    public.golden("roles_public");
    assert_eq!(names(&public.json()), ["admin", "ann", "Bob", "cid"]);
}

#[tokio::test]
async fn roles_can_be_filtered_by_update_time() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let all = ann
        .get("roles.sync?updatedSince=1970-01-01T00:00:00.000Z")
        .await;
    all.golden("roles_sync");
    for query in ["", "?updatedSince=", "?updatedSince=2026-01-01"] {
        ann.get(&format!("roles.sync{query}"))
            .await
            .golden("roles_sync_nothing");
    }
    ann.get("roles.sync?updatedSince=yesterday")
        .await
        .golden("roles_sync_bad_date");
}

#[tokio::test]
async fn a_single_grant_and_its_removal_take_effect_with_the_next_request() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (give, take) = ("permissions.addRole", "permissions.removeRole");
    grant(&ann, give, "manage-user-status", "user")
        .await
        .golden("route_forbidden");
    for _ in 0..2 {
        let done = grant(&admin, give, "manage-user-status", "user").await;
        assert_eq!(done.text(), r#"{"success":true}"#);
    }
    ann.create("meanwhile").await.expect(200);
    let table = admin.get("permissions.listAll").await.json();
    let rows = table["update"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["_id"] == "manage-user-status")
        .unwrap();
    assert_eq!(
        (&row["roles"], &row["_updatedAt"]),
        (
            &json!(["admin", "user"]),
            &json!("2026-01-01T00:00:00.000Z")
        )
    );
    for _ in 0..2 {
        grant(&admin, take, "manage-user-status", "user")
            .await
            .expect(200);
    }
    ann.create("after").await.golden("create_not_allowed");
    for route in [give, take] {
        grant(&admin, route, "fly", "user")
            .await
            .golden("permissions_unknown_permission");
        grant(&admin, route, "view-d-room", "boss")
            .await
            .golden("permissions_unknown_role");
        grant(&ann, route, "view-d-room", "user")
            .await
            .golden("route_forbidden");
        for (body, text) in [
            (
                json!({"role": "user"}),
                "must have required property 'permissionId'",
            ),
            (
                json!({"permissionId": "view-d-room"}),
                "must have required property 'role'",
            ),
            (
                json!({"permissionId": "a", "role": "b", "x": 1}),
                "must NOT have additional properties",
            ),
        ] {
            let error = admin.post(route, body).await.expect(400).json();
            assert_eq!(
                (&error["error"], &error["errorType"]),
                (&json!(text), &json!("invalid-params"))
            );
        }
    }
}
