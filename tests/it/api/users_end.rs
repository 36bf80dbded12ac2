//! Deleted, deactivated and logged-out users, and the protection of the last administrator.

use crate::support::TestServer;
use crate::support::accounts::account;
use doorsign::service::users;
use serde_json::{Value, json};

#[tokio::test]
async fn deleting_a_user_removes_every_login_at_once() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    for client in [&ann, &by_password] {
        client.get("me").await.expect(200);
    }
    ann.post("users.delete", json!({"username": "ann"}))
        .await
        .golden("route_forbidden");
    admin
        .post("users.delete", json!({"userId": ann.id()}))
        .await
        .golden("users_delete");
    for client in [&ann, &by_password] {
        client.get("me").await.golden("create_unauthenticated");
    }
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .golden("login_refused");
    for body in [
        json!({"userId": ann.id()}),
        json!({"username": "ann"}),
        json!({"user": "ann"}),
    ] {
        admin
            .post("users.delete", body)
            .await
            .golden("users_delete_unknown");
    }
    let rows = "SELECT (SELECT count(*) FROM login WHERE user_id = ?1) + (SELECT count(*) FROM user_role WHERE user_id = ?1)";
    let left: i64 = server
        .database()
        .query_row(rows, [ann.id()], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    admin.post("users.create", account("ann")).await.expect(200);
}

#[tokio::test]
async fn a_deactivated_user_is_logged_out_at_once_and_can_be_activated_again() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    ann.get("me").await.expect(200);
    let body = |active: bool| json!({"userId": ann.id(), "activeStatus": active, "confirmRelinquish": true});
    ann.post("users.setActiveStatus", body(false))
        .await
        .golden("route_forbidden");
    admin
        .post("users.setActiveStatus", body(false))
        .await
        .golden("users_set_active");
    ann.get("me").await.golden("create_unauthenticated");
    admin
        .post("users.setActiveStatus", body(true))
        .await
        .expect(200);
    ann.get("me").await.golden("create_unauthenticated");
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
    let unknown = json!({"userId": "nobody", "activeStatus": true});
    admin
        .post("users.setActiveStatus", unknown)
        .await
        .golden("users_set_active_unknown");
}

#[tokio::test]
async fn logging_a_user_out_ends_all_their_logins() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let body = json!({"userId": ann.id()});
    bob.post("users.logout", body.clone())
        .await
        .golden("users_logout_not_allowed");
    ann.get("me").await.expect(200);
    let done = admin.post("users.logout", body).await.expect(200);
    let message = format!("User {} has been logged out!", ann.id());
    assert_eq!(done.json(), json!({"message": message, "success": true}));
    for client in [&ann, &by_password] {
        client.get("me").await.golden("create_unauthenticated");
    }
    admin
        .post("users.logout", json!({"userId": "nobody"}))
        .await
        .golden("users_logout_unknown");
    bob.post("users.logout", json!({})).await.expect(200);
    bob.get("me").await.golden("create_unauthenticated");
    admin.get("me").await.expect(200);
}

#[tokio::test]
async fn no_route_removes_the_last_administrator() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let admins_id = admin.id();
    server.user_with_roles("second", &["admin"]).await;
    users::set_active(&server.app, "second", false)
        .await
        .unwrap();
    let role = json!({"username": "admin", "roleId": "admin"});
    let data = |data: Value| json!({"userId": admins_id, "data": data});
    for (route, body, golden) in [
        (
            "users.delete",
            json!({"username": "admin"}),
            "users_delete_last_admin",
        ),
        (
            "users.setActiveStatus",
            json!({"userId": admins_id, "activeStatus": false}),
            "users_last_admin",
        ),
        (
            "users.update",
            data(json!({"active": false})),
            "users_last_admin",
        ),
        (
            "users.update",
            data(json!({"roles": ["user"]})),
            "users_last_admin",
        ),
        ("roles.removeUserFromRole", role, "roles_remove_last_admin"),
    ] {
        admin.post(route, body).await.golden(golden);
    }
    admin.create("still the administrator").await.expect(200);
    users::set_active(&server.app, "second", true)
        .await
        .unwrap();
    admin
        .post("users.delete", json!({"username": "admin"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn one_of_two_administrators_who_remove_each_other_at_once_remains() {
    let server = TestServer::start().await;
    let first = server.admin().await;
    for round in 0..10 {
        let name = format!("second{round}");
        let second = server.user_with_roles(&name, &["admin"]).await;
        let strip = |name: &str| json!({"username": name, "roleId": "admin"});
        let (one, other) = tokio::join!(
            first.post("roles.removeUserFromRole", strip(&name)),
            second.post("roles.removeUserFromRole", strip("admin")),
        );
        let left: i64 = server
            .database()
            .query_row(
                "SELECT count(*) FROM user_role WHERE role_id = 'admin'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(left, 1, "{} {}", one.text(), other.text());
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        users::set_roles(&server.app, "admin", vec!["admin".to_owned()])
            .await
            .unwrap();
        users::delete(&server.app, &name).await.unwrap();
    }
}
