//! The settings `Accounts_Allow…Change`: what users may change about their own account, with the
//! errors of `validateUserEditing.ts` and `saveUserProfile.ts`.

use crate::support::admin::setting;
use crate::support::methods::call;
use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::config::Contract;
use doorsign::service::users::{self, NewUser};
use serde_json::{Value, json};

/// A setting, what it forbids ann to change, what she already has, and the text of the error.
fn locks() -> [(&'static str, Value, Value, &'static str); 5] {
    [
        (
            "Accounts_AllowRealNameChange",
            json!({"name": "Queen Ann"}),
            json!({"name": "ann"}),
            "Edit user real name is not allowed",
        ),
        (
            "Accounts_AllowUsernameChange",
            json!({"username": "queen"}),
            json!({"username": "ann"}),
            "Edit username is not allowed",
        ),
        (
            "Accounts_AllowEmailChange",
            json!({"email": "queen@example.org"}),
            json!({"email": "ann@example.org"}),
            "Edit user email is not allowed",
        ),
        (
            "Accounts_AllowPasswordChange",
            json!({"newPassword": "another password"}),
            json!({"newPassword": ""}),
            "Edit user password is not allowed",
        ),
        (
            "Accounts_AllowUserStatusMessageChange",
            json!({"statusText": "Reigning"}),
            json!({"statusText": "Lunch"}),
            "Edit user status is not allowed",
        ),
    ]
}

async fn update_own(client: &Client, data: &Value) -> Reply {
    client
        .post("users.updateOwnBasicInfo", json!({"data": data}))
        .await
}

/// Changes `target` through `users.update`, which calls a new password `password`.
async fn update(client: &Client, target: &Client, data: &Value) -> Reply {
    let mut data = data.clone();
    if let Some(password) = data.as_object_mut().unwrap().remove("newPassword") {
        data["password"] = password;
    }
    client
        .post("users.update", json!({"userId": target.id(), "data": data}))
        .await
}

fn refused(reply: &Reply, text: &str) {
    let expected = json!({
        "success": false,
        "error": format!("{text} [error-action-not-allowed]"),
        "errorType": "error-action-not-allowed",
        "details": {"method": "insertOrUpdateUser", "action": "Update_user"},
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (400, expected));
}

async fn server(contract: Contract) -> (TestServer, Client, Client) {
    let unlimited = |config: &mut doorsign::config::Config| config.rate_limit_calls = Some(0);
    let server = Setup::new()
        .contract(contract)
        .config(unlimited)
        .start()
        .await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    (server, admin, ann)
}

#[tokio::test]
async fn a_locked_field_is_refused_to_its_user_and_open_to_administrators() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, admin, ann) = server(contract).await;
        for (id, new, same, text) in locks() {
            let lunch = json!({"status": "away", "message": "Lunch"});
            ann.post("users.setStatus", lunch).await.expect(200);
            setting(&admin, id, false).await;
            refused(&update_own(&ann, &new).await, text);
            if id == "Accounts_AllowPasswordChange" {
                refused(&update(&admin, &admin, &new).await, text);
            } else {
                update(&ann, &ann, &same).await.expect(200);
                refused(&update(&ann, &ann, &new).await, text);
            }
            update_own(&ann, &same).await.expect(200);
            let me = ann.get("me").await.json();
            assert_eq!(
                (&me["username"], &me["name"]),
                (&json!("ann"), &json!("ann"))
            );
            assert_eq!(
                (&me["email"], &me["statusText"]),
                (&Value::Null, &json!("Lunch"))
            );
            assert_eq!(me["emails"][0]["address"], "ann@example.org");
            update(&admin, &ann, &new).await.expect(200);
            let back = if id == "Accounts_AllowPasswordChange" {
                json!({"newPassword": "ann's password"})
            } else {
                same
            };
            update(&admin, &ann, &back).await.expect(200);
            setting(&admin, id, true).await;
        }
        update_own(&ann, &json!({"name": "Queen Ann"}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_user_without_an_address_may_add_one_while_addresses_are_locked() {
    let (server, admin, _) = server(Contract::Documented).await;
    setting(&admin, "Accounts_AllowEmailChange", false).await;
    let new = NewUser {
        username: "bob".to_owned(),
        name: None,
        email: None,
        roles: vec!["user".to_owned()],
        password: "bob's password".to_owned(),
    };
    users::create(&server.app, new).await.unwrap();
    let bob = server.with_token("bob").await;
    let data = |address: &str| json!({"email": address, "currentPassword": "bob's password"});
    update_own(&bob, &data("bob@example.org")).await.expect(200);
    let refusal = "Edit user email is not allowed";
    refused(&update_own(&bob, &data("b@example.org")).await, refusal);
}

#[tokio::test]
async fn a_locked_profile_refuses_every_change_of_the_own_account() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, admin, ann) = server(contract).await;
        setting(&admin, "Accounts_AllowUserProfileChange", false).await;
        for data in [json!({"bio": "a bio"}), json!({"name": "ann"}), json!({})] {
            let reply = update_own(&ann, &data).await;
            reply.golden("users_update_own_locked");
            let text = "Edit user profile is not allowed";
            refused(&update(&ann, &ann, &data).await, text);
        }
        let saved = call(&ann, "saveUserProfile", json!([{"bio": "a bio"}, {}]));
        assert_eq!(saved.await["error"]["error"], "error-not-allowed");
        update_own(&admin, &json!({"bio": "a bio"}))
            .await
            .golden("users_update_own_locked");
        update(&admin, &admin, &json!({"bio": "a bio"}))
            .await
            .expect(200);
        update(&admin, &ann, &json!({"bio": "a bio"}))
            .await
            .expect(200);
        let busy = json!({"status": "busy", "message": "Lunch"});
        ann.post("users.setStatus", busy).await.expect(200);
    }
}

#[tokio::test]
async fn blank_names_and_addresses_are_refused_and_empty_ones_keep_the_current_value() {
    let (_server, admin, ann) = server(Contract::Documented).await;
    for (field, text) in [
        (
            "name",
            "Could not save user identity [error-could-not-save-identity]",
        ),
        (
            "username",
            "    is not a valid username [error-input-is-not-a-valid-field]",
        ),
        ("email", "Invalid email [error-invalid-email]"),
    ] {
        let (blank, empty) = (json!({field: "   "}), json!({field: ""}));
        for reply in [
            update_own(&ann, &blank).await,
            update(&admin, &ann, &blank).await,
        ] {
            assert_eq!(reply.expect(400).json()["error"], text);
        }
        update_own(&ann, &empty).await.expect(200);
        update(&admin, &ann, &empty).await.expect(200);
    }
    let me = ann.get("me").await.json();
    assert_eq!(
        (&me["username"], &me["name"]),
        (&json!("ann"), &json!("ann"))
    );
}

#[tokio::test]
async fn an_update_names_its_user_and_has_no_channels() {
    let (_server, admin, ann) = server(Contract::Documented).await;
    for (user, data, text) in [
        (
            String::new(),
            json!({"name": "Ann"}),
            "must NOT have fewer than 1 characters",
        ),
        (
            ann.id(),
            json!({"joinDefaultChannels": true}),
            "must NOT have additional properties",
        ),
    ] {
        let body = json!({"userId": user, "data": data});
        admin.refused_params("users.update", body, text).await;
    }
}
