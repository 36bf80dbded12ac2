//! Reading and changing the permission table, and when a change takes effect. Access to each route
//! is in `permission_matrix`.

use crate::support::admin::{UPDATE, grant};
use crate::support::{Client, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// The permission table: `[name, roles]` each.
async fn table(client: &Client) -> Vec<(String, Value)> {
    let all = client.get("permissions.listAll").await.expect(200).json();
    let rows = all["update"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["_id"].as_str().unwrap().to_owned(),
            row["roles"].clone(),
        )
    })
    .collect()
}

#[tokio::test]
async fn the_initial_roles_and_grants_are_rocket_chats() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    ann.get("roles.list").await.golden("roles");
    ann.get("permissions.listAll").await.golden("permissions");
}

#[tokio::test]
async fn a_grant_and_its_removal_take_effect_with_the_next_request() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    ann.create("a").await.golden("create_not_allowed");
    grant(&admin, &["user"]).await;
    ann.create("a").await.expect(200);
    admin.create("b").await.golden("create_not_allowed"); // The table decides, not the name of the role.
    grant(&admin, &["admin"]).await;
    ann.create("c").await.golden("create_not_allowed");
    grant(&admin, &[]).await;
    admin.create("d").await.golden("create_not_allowed");
}

#[tokio::test]
async fn an_update_returns_the_whole_table_with_its_change() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.clock.advance(Duration::from_secs(1));
    let body = json!({"permissions": [
        {"_id": "manage-user-status", "roles": ["user", "admin"]},
        {"_id": "view-statistics", "roles": []},
    ]});
    let updated = admin.post(UPDATE, body).await.expect(200).json();
    assert_eq!(updated["success"], json!(true));
    let listed = admin.get("permissions.listAll").await.json();
    assert_eq!(updated["permissions"], listed["update"]);
    let rows = updated["permissions"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["_id"] == id).unwrap();
    let expected = json!({
        "_id": "manage-user-status",
        "roles": ["user", "admin"],
        "_updatedAt": "2026-01-01T00:00:01.000Z",
    });
    assert_eq!(row("manage-user-status"), &expected);
    assert_eq!(row("view-statistics")["roles"], json!([]));
    let untouched = row("access-permissions");
    assert_eq!(untouched["_updatedAt"], "1970-01-01T00:00:00.001Z");
}

#[tokio::test]
async fn an_update_is_refused_as_a_whole() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let before = table(&admin).await;
    let good = json!({"_id": "manage-user-status", "roles": ["user"]});
    for (bad, refusal) in [
        (
            json!({"_id": "no-such-thing", "roles": ["user"]}),
            "permission",
        ),
        (json!({"_id": "", "roles": []}), "permission"),
        (
            json!({"_id": "view-statistics", "roles": ["admin", "no-such-role"]}),
            "role",
        ),
        (json!({"_id": "view-statistics", "roles": [""]}), "role"),
    ] {
        for permissions in [json!([good, bad]), json!([bad, good])] {
            let body = json!({"permissions": permissions});
            let reply = admin.post(UPDATE, body).await.expect(400);
            let expected = json!({
                "success": false,
                "error": format!("Invalid {refusal}"),
                "errorType": format!("error-invalid-{refusal}"),
            });
            assert_eq!(reply.json(), expected, "{bad}");
        }
    }
    assert_eq!(table(&admin).await, before);
}

#[tokio::test]
async fn an_unreadable_update_is_refused_with_ajvs_message() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let before = table(&admin).await;
    let (extra, array) = ("must NOT have additional properties", "must be array");
    let no_permissions = "must have required property 'permissions'";
    let twice = "must NOT have duplicate items (items ## 1 and 0 are identical)";
    let one = |row: Value| json!({"permissions": [row]}).to_string();
    let id = "view-statistics";
    for (body, text) in [
        ("{}".to_owned(), no_permissions),
        (String::new(), no_permissions),
        ("{".to_owned(), no_permissions),
        ("[]".to_owned(), "must be object"),
        (r#"{"permissions":""}"#.to_owned(), array),
        (r#"{"permissions":{}}"#.to_owned(), array),
        (r#"{"permissions":[],"x":1}"#.to_owned(), extra),
        (one(json!([])), "must be object"),
        (
            one(json!({"roles": []})),
            "must have required property '_id'",
        ),
        (
            one(json!({"_id": id})),
            "must have required property 'roles'",
        ),
        (one(json!({"_id": id, "roles": [], "x": 1})), extra),
        (one(json!({"_id": {}, "roles": []})), "must be string"),
        (one(json!({"_id": id, "roles": ""})), array),
        (one(json!({"_id": id, "roles": [{}]})), "must be string"),
        (one(json!({"_id": id, "roles": ["user", "user"]})), twice),
    ] {
        let reply = admin
            .post_raw(UPDATE, "application/json", body.clone())
            .await;
        let expected = json!({"success": false, "errorType": "invalid-params", "error": text});
        assert_eq!(
            (reply.status.as_u16(), reply.error_of_rocket_chat()),
            (400, expected),
            "{body}"
        );
    }
    assert_eq!(table(&admin).await, before);
}

#[tokio::test]
async fn a_missing_permission_is_reported_before_the_body_is_read() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for body in ["", "{", "[]", r#"{"permissions":""}"#] {
        let reply = ann.post_raw(UPDATE, "application/json", body).await;
        reply.golden("route_forbidden");
        let reply = server.anon().post_raw(UPDATE, "text/plain", body).await;
        reply.golden("create_unauthenticated");
    }
}

#[tokio::test]
async fn the_table_can_be_filtered_by_update_time() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    server.clock.advance(Duration::from_secs(1));
    grant(&admin, &["admin"]).await;
    for (since, expected) in [
        (
            "2026-01-01T00:00:00.999Z",
            &["manage-user-status"] as &[&str],
        ),
        ("2026-01-01T00:00:00Z", &["manage-user-status"]),
        ("2026-01-01T01:00:00.999%2B01:00", &["manage-user-status"]),
        ("2026-01-01", &["manage-user-status"]),
        ("2026-01-01T00:00:01.000Z", &[]),
        ("2026-01-02", &[]),
    ] {
        let path = format!("permissions.listAll?updatedSince={since}");
        let changes = admin.get(&path).await.expect(200).json();
        let rows = changes["update"].as_array().unwrap().iter();
        let ids: Vec<_> = rows.map(|row| row["_id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{since}");
        assert_eq!(
            (&changes["remove"], &changes["success"]),
            (&json!([]), &json!(true))
        );
    }
    let all = admin
        .get("permissions.listAll?updatedSince=1970-01-01T00:00:00.000Z")
        .await
        .json();
    let count = all["update"].as_array().unwrap().len();
    assert!(count > 10, "a new client gets all permissions, not {count}");
    for since in ["yesterday", "2026-13-01"] {
        let path = format!("permissions.listAll?updatedSince={since}");
        admin.get(&path).await.golden("permissions_bad_date");
    }
    let unknown = admin
        .get("permissions.listAll?x=1")
        .await
        .expect(400)
        .json();
    assert_eq!(unknown["errorType"], "error-invalid-params");
}

#[tokio::test]
async fn the_last_active_user_who_can_change_permissions_keeps_the_permission() {
    const ACCESS: &str = "access-permissions";
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let set = async |roles: &[&str]| {
        let one = json!({"_id": ACCESS, "roles": roles});
        let other = json!({"_id": "view-statistics", "roles": []});
        let body = json!({"permissions": [other, one]});
        admin.post(UPDATE, body).await
    };
    let one = |role: &str| json!({"permissionId": ACCESS, "role": role});
    let before = table(&admin).await;
    set(&[]).await.golden("permissions_last_manager");
    set(&["bot"]).await.golden("permissions_last_manager");
    let remove = "permissions.removeRole";
    admin
        .post(remove, one("admin"))
        .await
        .golden("permissions_last_manager");
    assert_eq!(table(&admin).await, before, "all or nothing");

    let keeper = server.user_with_roles("keeper", &["bot"]).await;
    admin
        .post("permissions.addRole", one("bot"))
        .await
        .expect(200);
    admin.post(remove, one("admin")).await.expect(200);
    admin
        .get("roles.getUsersInRole?role=bot")
        .await
        .golden("route_forbidden");
    let taken = json!({"username": "keeper", "roleId": "bot"});
    let off = json!({"userId": keeper.id(), "activeStatus": false});
    let gone = json!({"userId": keeper.id()});
    let fewer = json!({"userId": keeper.id(), "data": {"roles": ["user"]}});
    for (client, route, body) in [
        (&keeper, "roles.removeUserFromRole", taken),
        (&admin, "users.setActiveStatus", off),
        (&admin, "users.delete", gone),
        (&admin, "users.update", fewer),
    ] {
        let refused = client.post(route, body).await;
        refused.golden("permissions_last_manager");
    }
    keeper
        .post("permissions.addRole", one("admin"))
        .await
        .expect(200);
    let gone = json!({"userId": keeper.id()});
    admin.post("users.delete", gone).await.expect(200);
}
