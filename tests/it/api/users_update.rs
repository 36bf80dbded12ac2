//! Updates of users over REST: of other users with the permission, and of the own account. The last
//! administrator is in `users_end`.

use crate::support::flaky::FlakyServer;
use crate::support::{Client, Setup, TestServer};
use doorsign::domain::{RoleChange, UserId, UserPatch};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

async fn update(client: &Client, target: &Client, data: Value) -> crate::support::Reply {
    client
        .post("users.update", json!({"userId": target.id(), "data": data}))
        .await
}

async fn update_own(client: &Client, data: Value) -> crate::support::Reply {
    client
        .post("users.updateOwnBasicInfo", json!({"data": data}))
        .await
}

/// Grants the permission to the role `bot`.
async fn grant(admin: &Client, permission: &str) {
    let body = json!({"permissionId": permission, "role": "bot"});
    admin.post("permissions.addRole", body).await.expect(200);
}

#[tokio::test]
async fn the_next_request_of_a_user_sees_the_whole_update() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    ann.get("me").await.expect(200);
    let data = json!({
        "username": "anna", "name": "Anna", "email": "anna@example.org", "verified": true, "bio": "a bio", "nickname": "A",
        "roles": ["user", "bot"], "requirePasswordChange": true, "statusText": "for later", "status": "busy",
        "sendWelcomeEmail": true, "customFields": {},
    });
    let updated = admin
        .post(
            "users.update",
            json!({"userId": ann.id(), "data": data, "confirmRelinquish": true}),
        )
        .await;
    updated.golden("users_update");
    let me = ann.get("me").await.expect(200).json();
    for (field, value) in [
        ("username", json!("anna")),
        ("name", json!("Anna")),
        (
            "emails",
            json!([{"address": "anna@example.org", "verified": true}]),
        ),
        ("email", json!("anna@example.org")),
        ("bio", json!("a bio")),
        ("roles", json!(["bot", "user"])),
    ] {
        assert_eq!(me[field], value);
    }
    update(
        &admin,
        &ann,
        json!({"bio": "", "nickname": "", "email": "other@example.org"}),
    )
    .await
    .expect(200);
    let me = ann.get("me").await.json();
    assert_eq!((&me["bio"], &me["nickname"]), (&Value::Null, &Value::Null));
    assert_eq!(
        me["emails"][0]["verified"], false,
        "a new address is not verified"
    );
    update(
        &admin,
        &ann,
        json!({"email": "OTHER@example.org", "verified": true}),
    )
    .await
    .expect(200);
    update(&admin, &ann, json!({"email": "Other@example.org"}))
        .await
        .expect(200);
    assert_eq!(
        ann.get("me").await.json()["emails"][0]["verified"],
        true,
        "the same address"
    );
}

#[tokio::test]
async fn a_new_password_ends_logins_by_password_and_deactivation_ends_all() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    by_password.get("me").await.expect(200);
    update(&admin, &ann, json!({"password": "a new one"}))
        .await
        .expect(200);
    by_password.get("me").await.golden("create_unauthenticated");
    ann.get("me").await.expect(200);
    server.anon().login("ann", "a new one").await.expect(200);
    update(&admin, &ann, json!({"setRandomPassword": true}))
        .await
        .expect(200);
    server
        .anon()
        .login("ann", "a new one")
        .await
        .golden("login_refused");
    update(&admin, &ann, json!({"active": false}))
        .await
        .expect(200);
    ann.get("me").await.golden("create_unauthenticated");
}

#[tokio::test]
async fn each_part_of_an_update_needs_its_permission() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let keeper = server.user_with_roles("keeper", &["bot"]).await;
    update(&ann, &bob, json!({"name": "B"}))
        .await
        .golden("users_update_not_allowed");
    update(&keeper, &bob, json!({"name": "B"}))
        .await
        .golden("users_update_not_allowed");
    grant(&admin, "edit-other-user-info").await;
    update(&keeper, &bob, json!({"name": "B", "roles": ["user"]}))
        .await
        .expect(200);
    for (data, permission, golden) in [
        (
            json!({"roles": ["user", "guest"]}),
            "assign-roles",
            "users_update_roles_not_allowed",
        ),
        (
            json!({"roles": ["admin"]}),
            "assign-admin-role",
            "users_create_admin_not_allowed",
        ),
        (
            json!({"password": "a new password"}),
            "edit-other-user-password",
            "users_update_password_not_allowed",
        ),
        (
            json!({"active": true}),
            "edit-other-user-active-status",
            "users_active_not_allowed",
        ),
    ] {
        update(&keeper, &bob, data.clone()).await.golden(golden);
        grant(&admin, permission).await;
        update(&keeper, &bob, data).await.expect(200);
    }
    let strip = json!({"permissionId": "assign-admin-role", "role": "bot"});
    admin
        .post("permissions.removeRole", strip)
        .await
        .expect(200);
    let refused = update(&keeper, &bob, json!({"roles": ["user"]})).await;
    refused.golden("users_create_admin_not_allowed");
}

#[tokio::test]
async fn an_invalid_update_is_refused_with_a_specific_error_and_changes_nothing() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.user("bob").await;
    let before = ann.get("me").await.json();
    for (data, golden) in [
        (json!({"username": "BOB"}), "users_update_username_taken"),
        (
            json!({"email": "bob@example.org"}),
            "users_update_email_taken",
        ),
        (
            json!({"username": "a b"}),
            "users_update_username_not_valid",
        ),
        (json!({"email": "nowhere"}), "users_create_email_not_valid"),
        (json!({"roles": ["boss"]}), "users_create_role_unknown"),
        (json!({"bio": "b".repeat(261)}), "users_create_bio_too_long"),
    ] {
        let all = crate::support::accounts::with(json!({"name": "changed"}), &data);
        update(&admin, &ann, all).await.golden(golden);
    }
    let unknown = json!({"userId": "nobody", "data": {}});
    admin
        .post("users.update", unknown)
        .await
        .golden("users_update_unknown");
    update(&ann, &ann, json!({"verified": true}))
        .await
        .golden("users_update_verified_not_allowed");
    update(&ann, &ann, json!({"password": "new"}))
        .await
        .golden("users_update_password_not_allowed");
    assert_eq!(ann.get("me").await.json(), before);
}

#[tokio::test]
async fn own_changes_need_no_permission_but_sensitive_ones_the_current_password() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let other = server.anon().logged_in("ann", "ann's password").await;
    let data = json!({"name": "Ann A.", "username": "anna", "bio": "b", "nickname": "n", "statusText": "t", "statusType": "busy"});
    update_own(&ann, data).await.golden("users_update_own");
    for (data, current) in [
        (json!({"newPassword": "a new password"}), None),
        (json!({"newPassword": "a new password"}), Some("wrong")),
        (json!({"email": "new@example.org"}), None),
        (json!({"email": "new@example.org"}), Some("")),
    ] {
        let data = crate::support::accounts::with(data, &json!({"currentPassword": current}));
        update_own(&ann, data)
            .await
            .golden("users_update_own_wrong_password");
    }
    update_own(&ann, json!({"email": "ann@example.org"}))
        .await
        .expect(200); // The address is unchanged.
    let digest: String = Sha256::digest("ann's password")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let data = json!({"newPassword": "a new password", "email": "new@example.org", "currentPassword": digest});
    update_own(&ann, data).await.expect(200);
    ann.get("me").await.expect(200);
    other.get("me").await.golden("create_unauthenticated");
    server
        .anon()
        .login("new@example.org", "a new password")
        .await
        .expect(200);
    let plain = json!({"newPassword": "an even newer one", "currentPassword": "a new password"});
    update_own(&ann, plain).await.expect(200);
    server
        .anon()
        .login("anna", "an even newer one")
        .await
        .expect(200);
}

#[tokio::test]
async fn bodies_are_coerced_as_by_ajv_and_refused_with_its_messages() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let missing = |field: &str| format!("must have required property '{field}'");
    let (extra, object) = ("must NOT have additional properties", "must be object");
    for (route, body, text) in [
        ("users.update", json!({}), missing("userId")),
        ("users.update", json!({"userId": ann.id()}), missing("data")),
        (
            "users.update",
            json!({"userId": ann.id(), "data": []}),
            object.into(),
        ),
        (
            "users.update",
            json!({"userId": ann.id(), "data": null}),
            object.into(),
        ),
        (
            "users.update",
            json!({"userId": ann.id(), "data": {"x": 1}}),
            extra.into(),
        ),
        (
            "users.update",
            json!({"userId": ann.id(), "data": {}, "x": 1}),
            extra.into(),
        ),
        (
            "users.update",
            json!({"userId": ann.id(), "data": {"roles": {}}}),
            "must be array".into(),
        ),
        ("users.updateOwnBasicInfo", json!({}), missing("data")),
        (
            "users.updateOwnBasicInfo",
            json!({"data": {"roles": []}}),
            extra.into(),
        ),
        (
            "users.updateOwnBasicInfo",
            json!({"data": {"name": []}}),
            "must be string".into(),
        ),
    ] {
        ann.refused_params(route, body, &text).await;
    }
}

#[tokio::test]
async fn roles_that_a_user_has_may_be_repeated_in_any_order_without_the_permission() {
    let server = TestServer::start().await;
    let (admin, keeper) = (
        server.admin().await,
        server.user_with_roles("keeper", &["bot"]).await,
    );
    let ann = server.user_with_roles("ann", &["bot", "user"]).await;
    grant(&admin, "edit-other-user-info").await;
    for roles in [
        json!(["bot", "user"]),
        json!(["user", "bot"]),
        json!(["user", "bot", "user"]),
    ] {
        let data = json!({"roles": roles});
        update(&keeper, &ann, data).await.expect(200);
    }
    let more = json!({"roles": ["bot", "guest", "user"]});
    update(&keeper, &ann, more).await.expect(400);
}

#[tokio::test]
async fn a_random_password_must_be_changed() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let data = json!({"setRandomPassword": true});
    update(&admin, &ann, data).await.expect(200);
    let me = ann.get("me").await.expect(200).json();
    assert_eq!(me["requirePasswordChange"], true);
}

#[tokio::test]
async fn an_update_with_the_old_roles_does_not_restore_a_role_removed_meanwhile() {
    let server = FlakyServer::start().await;
    let admin = server.admin("token").await;
    let body = json!({"username": "ann", "name": "Ann", "email": "a@example.org", "password": "ann's password", "roles": ["bot", "user"]});
    admin.post("users.create", body).await.expect(200);
    let ann = admin.logged_in("ann", "ann's password").await;
    let patch = UserPatch {
        roles: Some(RoleChange::Remove("bot".to_owned())),
        ..UserPatch::default()
    };
    server.store.overtake(UserId::new(ann.id()), patch);
    let updated = update(&ann, &ann, json!({"name": "A", "roles": ["bot", "user"]})).await;
    assert_eq!(updated.expect(200).json()["user"]["roles"], json!(["user"]));
}

#[tokio::test]
async fn guesses_of_the_current_password_are_limited_like_logins() {
    let setup = Setup::new().config(|config| config.login_failures_per_user = 3);
    let server = setup.start().await;
    let ann = server.user("ann").await;
    let own = |current: &'static str| {
        let data = json!({"email": "new@example.org", "currentPassword": current});
        update_own(&ann, data)
    };
    for _ in 0..5 {
        own("").await.golden("users_update_own_wrong_password"); // Not counted as a guess.
    }
    for _ in 0..3 {
        own("wrong").await.golden("users_update_own_wrong_password");
    }
    update_own(&ann, json!({"username": "anna"}))
        .await
        .expect(200);
    for current in ["wrong", "ann's password"] {
        own(current).await.golden("users_update_own_blocked");
    }
    server.clock.advance(std::time::Duration::from_secs(300));
    own("ann's password").await.expect(200);
}

#[tokio::test]
async fn display_names_have_the_length_limit_of_nicknames() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let name = json!({"name": "n".repeat(121)});
    let new = json!({"username": "bob", "email": "bob@example.org", "password": "bob's password"});
    let new = crate::support::accounts::with(new, &name);
    for refused in [
        admin.post("users.create", new).await,
        update(&admin, &ann, name.clone()).await,
        update_own(&ann, name).await,
    ] {
        refused.golden("users_name_too_long");
    }
    update_own(&ann, json!({"name": "n".repeat(120)}))
        .await
        .expect(200);
}
