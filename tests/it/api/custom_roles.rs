//! Custom roles over REST. Who holds which role is in `roles`.

use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = "roles.create";
const UPDATE: &str = "roles.update";
const DELETE: &str = "roles.delete";
const ADD: &str = "roles.addUserToRole";
const REMOVE: &str = "roles.removeUserFromRole";

/// Creates a role of this name, and returns its id.
async fn role(admin: &Client, name: &str) -> String {
    let made = admin.post(CREATE, json!({"name": name})).await.expect(200);
    made.json()["role"]["_id"].as_str().unwrap().to_owned()
}

async fn granted(admin: &Client, permission: &str, role: &str) {
    let body = json!({"permissionId": permission, "role": role});
    admin.post("permissions.addRole", body).await.expect(200);
}

#[tokio::test]
async fn a_custom_role_gives_its_holders_the_granted_permissions() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = Setup::new().contract(contract).start().await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let body = json!({"name": "Night shift", "description": "At night", "scope": "Users", "mandatory2fa": false});
        admin.post(CREATE, body).await.golden("roles_create");
        let id = role(&admin, "Day shift").await;
        granted(&admin, "manage-user-status", &id).await;
        ann.create("before").await.expect(400);
        let by_name = json!({"username": "ann", "roleName": "Day shift"});
        let given = admin.post(ADD, by_name).await.expect(200).json();
        assert_eq!(given["role"]["_id"], json!(id));
        ann.create("meanwhile").await.expect(200);
        assert_eq!(ann.get("me").await.json()["roles"], json!([id, "user"]));
        let holders = admin
            .get("roles.getUsersInRole?role=Day%20shift")
            .await
            .expect(200);
        assert_eq!(holders.json()["total"], 1);
        let taken = json!({"username": "ann", "roleId": id});
        admin.post(REMOVE, taken).await.expect(200);
        ann.create("after").await.expect(400);
    }
}

#[tokio::test]
async fn a_custom_role_can_be_changed_and_deleted() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        let id = role(&admin, "Night shift").await;
        let body = json!({"roleId": id, "name": "Day shift", "description": "By day", "scope": "Subscriptions"});
        admin.post(UPDATE, body).await.golden("roles_update");
        let renamed = admin
            .post(UPDATE, json!({"roleId": id, "name": "Shift"}))
            .await
            .expect(200)
            .json();
        let (kept, scope) = (&renamed["role"]["description"], &renamed["role"]["scope"]);
        assert_eq!((kept, scope), (&json!("By day"), &json!("Users")));
        admin
            .post(DELETE, json!({"roleId": "Shift"}))
            .await
            .golden("roles_delete");
        admin
            .post(DELETE, json!({"roleId": id}))
            .await
            .golden("roles_unknown");
        let roles = admin.get("roles.list").await.expect(200).json();
        let roles = roles["roles"].as_array().unwrap();
        assert!(
            roles.iter().all(|role| role["protected"] == true),
            "{roles:?}"
        );
    }
}

#[tokio::test]
async fn a_role_in_use_stays_and_an_unused_one_goes_with_its_permissions() {
    let server = TestServer::start().await;
    let (admin, _) = (server.admin().await, server.user("ann").await);
    let id = role(&admin, "Night shift").await;
    granted(&admin, "access-permissions", &id).await;
    let pair = json!({"username": "ann", "roleId": id});
    admin.post(ADD, pair.clone()).await.expect(200);
    admin
        .post(DELETE, json!({"roleId": id}))
        .await
        .golden("roles_delete_in_use");
    admin.post(REMOVE, pair).await.expect(200);
    admin.post(DELETE, json!({"roleId": id})).await.expect(200);
    let all = admin.get("permissions.listAll").await.expect(200).json();
    let rows = all["update"].as_array().unwrap();
    let row = rows.iter().find(|row| row["_id"] == "access-permissions");
    assert_eq!(row.unwrap()["roles"], json!(["admin"]));
    let audit = admin.get("audit.list?count=2").await.expect(200).json();
    let actions: Vec<_> = audit["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["action"])
        .collect();
    assert_eq!(actions, ["role.deleted", "permission.changed"]);
}

#[tokio::test]
async fn clients_learn_of_changed_and_removed_roles() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let id = role(&admin, "Night shift").await;
    let other = role(&admin, "Day shift").await;
    let since = "2026-01-01T00:00:00.000Z";
    server.clock.advance(Duration::from_secs(1));
    admin.post(DELETE, json!({"roleId": id})).await.expect(200);
    admin
        .post(UPDATE, json!({"roleId": other, "name": "Shift"}))
        .await
        .expect(200);
    let changes = ann.get(&format!("roles.sync?updatedSince={since}")).await;
    changes.golden("roles_sync_custom");
    assert_eq!(changes.json()["roles"]["remove"][0]["_id"], json!(id));
    let later = "2026-01-01T00:00:01.000Z";
    ann.get(&format!("roles.sync?updatedSince={later}"))
        .await
        .golden("roles_sync_nothing");
}

#[tokio::test]
async fn invalid_changes_of_custom_roles_are_refused_with_specific_errors() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let id = role(&admin, "Night shift").await;
    for (route, body) in [
        (CREATE, json!({"name": "Day shift"})),
        (UPDATE, json!({"roleId": id, "name": "Day shift"})),
    ] {
        ann.post(route, body)
            .await
            .golden("roles_create_not_allowed");
    }
    ann.post(DELETE, json!({"roleId": id}))
        .await
        .golden("route_forbidden");
    for (route, body, golden) in [
        (CREATE, json!({"name": "Night shift"}), "roles_create_taken"),
        (CREATE, json!({"name": "admin"}), "roles_create_taken"),
        (
            UPDATE,
            json!({"roleId": id, "name": "admin"}),
            "roles_create_taken",
        ),
        (
            UPDATE,
            json!({"roleId": "admin", "name": "boss"}),
            "roles_update_protected",
        ),
        (
            UPDATE,
            json!({"roleId": "nobody", "name": "boss"}),
            "roles_unknown",
        ),
        (DELETE, json!({"roleId": "user"}), "roles_delete_protected"),
    ] {
        admin.post(route, body).await.golden(golden);
    }
    for (route, body, hint) in [
        (CREATE, json!({}), "must have required property 'name'"),
        (
            CREATE,
            json!({"name": " "}),
            "the role name is missing: use 1–120 characters, without control and formatting characters",
        ),
        (
            CREATE,
            json!({"name": "x".repeat(121)}),
            "the role name is longer than 120 characters",
        ),
        (
            CREATE,
            json!({"name": "x", "description": "x".repeat(501)}),
            "the role description is longer than 500 characters",
        ),
        (CREATE, json!({"name": {}}), "must be string"),
        (
            CREATE,
            json!({"name": "x", "scope": "users"}),
            "scope must be Users or Subscriptions",
        ),
        (
            CREATE,
            json!({"name": "x", "mandatory2fa": true}),
            "mandatory2fa must be false: there is no second factor here",
        ),
        (
            CREATE,
            json!({"name": "x", "roleId": id}),
            "must NOT have additional properties",
        ),
        (
            UPDATE,
            json!({"name": "x"}),
            "must have required property 'roleId'",
        ),
        (
            UPDATE,
            json!({"roleId": id}),
            "must have required property 'name'",
        ),
        (
            DELETE,
            json!({"roleId": ""}),
            "must NOT have fewer than 1 characters",
        ),
        (
            DELETE,
            json!({"role": id}),
            "must NOT have additional properties",
        ),
    ] {
        let refused = admin.post(route, body.clone()).await.expect(400).json();
        let text = "The role properties are invalid. [error-invalid-role-properties]";
        let expected: Value = json!({
            "success": false, "error": text, "errorType": "error-invalid-role-properties", "details": {"hint": hint},
        });
        assert_eq!(refused, expected, "{route} {body}");
    }
}

#[tokio::test]
async fn a_role_that_leads_to_admin_is_given_only_by_those_who_may_assign_admin() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let (creators, harmless) = (
        role(&admin, "creators").await,
        role(&admin, "readers").await,
    );
    granted(&admin, "create-user", &creators).await;
    let ann = server.user_with_roles("ann", &[&creators]).await;
    let create = async |name: &str, role: &str| {
        let body = json!({
            "username": name, "name": name, "email": format!("{name}@example.org"),
            "password": "a password of theirs", "roles": [role],
        });
        ann.post("users.create", body).await
    };
    create("bob", &harmless).await.expect(200);
    for (n, permission) in ["access-permissions", "assign-admin-role"]
        .iter()
        .enumerate()
    {
        let leading = role(&admin, permission).await;
        granted(&admin, permission, &leading).await;
        create(&format!("eve{n}"), &leading).await.expect(400);
    }
}
