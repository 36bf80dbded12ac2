//! Users over REST: creating and reading them. Updates are in `users_update`, deletion and
//! deactivation in `users_end`.

use crate::support::TestServer;
use crate::support::accounts::{account, with};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_created_user_can_log_in_and_has_the_requested_fields() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let least = admin.post("users.create", account("ann")).await;
    least.golden("users_create");
    let ann = server.anon().logged_in("ann", "a password").await;
    assert_eq!(ann.get("me").await.json()["roles"], json!(["user"]));
    let further = json!({
        "roles": ["bot", "user"], "verified": true, "bio": " a bio ", "nickname": "Bobby", "requirePasswordChange": true,
        "joinDefaultChannels": false, "sendWelcomeEmail": false, "customFields": {"a": "b"}, "statusText": "not kept",
        "freeSwitchExtension": "1",
    });
    let most = with(account("bob"), &further);
    admin
        .post("users.create", most)
        .await
        .golden("users_create_most");
    let bob = server.anon().logged_in("bob", "a password").await;
    let me = bob.get("me").await.expect(200).json();
    assert_eq!(
        (
            &me["bio"],
            &me["nickname"],
            &me["email"],
            &me["requirePasswordChange"]
        ),
        (
            &json!("a bio"),
            &json!("Bobby"),
            &json!("bob@example.org"),
            &json!(true)
        )
    );
}

#[tokio::test]
async fn a_created_user_has_each_role_once_and_in_order() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let body = with(account("ann"), &json!({"roles": ["user", "bot", "user"]}));
    let made = admin.post("users.create", body).await.expect(200).json();
    assert_eq!(made["user"]["roles"], json!(["bot", "user"]));
    let ann = server.anon().logged_in("ann", "a password").await;
    assert_eq!(ann.get("me").await.json()["roles"], json!(["bot", "user"]));
}

#[tokio::test]
async fn a_user_created_inactive_or_with_a_random_password_cannot_log_in() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let off = with(account("off"), &json!({"active": false}));
    let made = admin.post("users.create", off).await.expect(200).json();
    assert_eq!(made["user"]["active"], false);
    let refused = server.anon().login("off", "a password").await;
    refused.golden("login_deactivated");
    let random = with(account("random"), &json!({"setRandomPassword": true}));
    let made = admin.post("users.create", random).await.expect(200).json();
    assert_eq!(made["user"]["requirePasswordChange"], true);
    let refused = server.anon().login("random", "a password").await;
    refused.golden("login_refused");
}

#[tokio::test]
async fn every_invalid_account_is_refused_with_a_specific_error() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let keeper = server.user_with_roles("keeper", &["bot"]).await;
    admin
        .post(
            "permissions.addRole",
            json!({"permissionId": "create-user", "role": "bot"}),
        )
        .await
        .expect(200);
    ann.post("users.create", account("new"))
        .await
        .golden("users_create_not_allowed");
    let admins = with(account("new"), &json!({"roles": ["admin"]}));
    keeper
        .post("users.create", admins)
        .await
        .golden("users_create_admin_not_allowed");
    let off = with(account("new"), &json!({"active": false}));
    keeper
        .post("users.create", off)
        .await
        .golden("users_active_not_allowed");
    for (further, golden) in [
        (json!({"username": "ANN"}), "users_create_username_taken"),
        (
            json!({"email": "Ann@example.org"}),
            "users_create_email_taken",
        ),
        (
            json!({"username": "a<b"}),
            "users_create_username_not_valid",
        ),
        (json!({"username": ""}), "users_create_without_username"),
        (json!({"name": " "}), "users_create_without_name"),
        (json!({"password": ""}), "users_create_without_password"),
        (
            json!({"password": "", "email": "nowhere"}),
            "users_create_without_password",
        ),
        (json!({"email": "nowhere"}), "users_create_email_not_valid"),
        (
            json!({"roles": ["user", "boss"]}),
            "users_create_role_unknown",
        ),
        (json!({"bio": "b".repeat(261)}), "users_create_bio_too_long"),
        (
            json!({"nickname": "n".repeat(121)}),
            "users_create_nickname_too_long",
        ),
    ] {
        let body = with(account("new"), &further);
        admin.post("users.create", body).await.golden(golden);
    }
    let page = admin.get("users.list").await.expect(200).json();
    assert_eq!(page["total"], 3, "no refused user was created: {page}");
}

#[tokio::test]
async fn bodies_are_coerced_as_by_ajv_and_refused_with_its_messages() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let without = |field: &str| {
        let mut body = account("new");
        body.as_object_mut().unwrap().remove(field);
        body
    };
    let missing = |field: &str| format!("must have required property '{field}'");
    let extra = "must NOT have additional properties".to_owned();
    for (route, body, text) in [
        ("users.create", json!({}), missing("email")),
        ("users.create", without("name"), missing("name")),
        ("users.create", without("password"), missing("password")),
        ("users.create", without("username"), missing("username")),
        (
            "users.create",
            with(account("new"), &json!({"x": 1})),
            extra.clone(),
        ),
        (
            "users.create",
            with(account("new"), &json!({"active": "x"})),
            "must be boolean".into(),
        ),
        (
            "users.create",
            with(account("new"), &json!({"roles": "user"})),
            "must be array".into(),
        ),
        (
            "users.create",
            with(account("new"), &json!({"roles": [{}]})),
            "must be string".into(),
        ),
        (
            "users.create",
            with(account("new"), &json!({"name": {}})),
            "must be string".into(),
        ),
        ("users.create", json!([]), "must be object".into()),
        ("users.delete", json!({}), missing("userId")),
        ("users.delete", json!({"id": "x"}), extra.clone()),
        ("users.logout", json!({"username": "x"}), extra.clone()),
        (
            "users.setActiveStatus",
            json!({"userId": "x"}),
            missing("activeStatus"),
        ),
        (
            "users.setActiveStatus",
            json!({"userId": "x", "activeStatus": 2}),
            "must be boolean".into(),
        ),
    ] {
        let reply = admin.post(route, body.clone()).await;
        let expected = json!({"success": false, "errorType": "invalid-params", "error": text});
        assert_eq!(
            (reply.status.as_u16(), reply.error_of_rocket_chat()),
            (400, expected),
            "{route} {body}"
        );
    }
    let coerced = with(
        account("7"),
        &json!({"name": 7, "active": "true", "verified": 1}),
    );
    let user = admin.post("users.create", coerced).await.expect(200).json();
    assert_eq!(user["user"]["name"], "7");
    assert_eq!(user["user"]["emails"][0]["verified"], true);
}

#[tokio::test]
async fn all_fields_of_a_user_are_visible_to_that_user_and_with_the_permission() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(200);
    ann.get("users.info?username=ann")
        .await
        .golden("users_info_whole");
    let by_id = admin.get(&format!("users.info?userId={}", ann.id())).await;
    by_id.golden("users_info_whole");
    admin
        .get("users.info?email=Ann%40example.org")
        .await
        .golden("users_info_whole");
    bob.get("users.info?username=ANN&includeUserRooms=true&fields=%7B%7D")
        .await
        .golden("users_info");
    for query in [
        "userId=nobody",
        "username=nobody",
        "importId=1",
        "freeSwitchExtension=1",
        "email=nobody%40x",
    ] {
        admin
            .get(&format!("users.info?{query}"))
            .await
            .golden("users_info_unknown");
    }
    bob.get("users.info?email=ann%40example.org")
        .await
        .golden("users_info_unknown");
    for query in ["", "?userId="] {
        bob.get(&format!("users.info{query}"))
            .await
            .golden("users_info_without_key");
    }
}

#[tokio::test]
async fn users_are_listed_in_pages_and_in_the_requested_order() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.clock.advance(Duration::from_secs(1));
    server.user_with_roles("Bob", &["bot"]).await;
    let names = async |query: &str| -> Vec<String> {
        let page = ann
            .get(&format!("users.list?{query}"))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&page["total"], &page["success"]),
            (&json!(3), &json!(true))
        );
        let users = page["users"].as_array().unwrap();
        assert_eq!(page["count"], users.len());
        users
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("").await, ["admin", "ann", "Bob"]);
    assert_eq!(names("count=1&offset=1").await, ["ann"]);
    assert_eq!(
        names("sort=%7B%22username%22:-1%7D").await,
        ["Bob", "ann", "admin"]
    );
    assert_eq!(
        names("sort=%7B%22createdAt%22:-1,%22username%22:-1%7D").await,
        ["Bob", "ann", "admin"]
    );
    assert_eq!(
        names("query=%7B%22username%22:%22x%22%7D&fields=%7B%22name%22:1%7D")
            .await
            .len(),
        3
    );
    let custom = "customFields=%7B%22team%22:%22sales%22%7D&includeCustomFields=true";
    assert_eq!(names(custom).await.len(), 3, "there are no custom fields");
    ann.get("users.list?includeCustomFields=maybe")
        .await
        .expect(400);
    ann.get("users.list?count=1&offset=1")
        .await
        .golden("users_list");
    admin
        .get("users.list?count=1&offset=1")
        .await
        .golden("users_list_whole");
    for (client, found) in [(&admin, 1), (&ann, 0)] {
        let page = client
            .get("users.list?email=ann%40example.org")
            .await
            .expect(200)
            .json();
        assert_eq!(page["total"], found);
    }
    ann.get("users.list?sort=x").await.refused(400);
    let without_roles = server.user_with_roles("nobody", &[]).await;
    without_roles
        .get("users.list")
        .await
        .golden("route_forbidden");
}
