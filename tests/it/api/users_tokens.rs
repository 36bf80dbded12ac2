//! Personal access tokens, and tokens that programs create for users.

use crate::support::{Client, Reply, Setup, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "a secret for programs";

async fn generate(client: &Client, name: &str) -> Reply {
    client
        .post(
            "users.generatePersonalAccessToken",
            json!({"tokenName": name}),
        )
        .await
}

fn holder_of(server: &TestServer, user: &Client, token: &Value) -> Client {
    let token = token.as_str().unwrap().to_owned();
    Client::new(server.address, Some((user.id(), token)))
}

#[tokio::test]
async fn a_personal_token_works_until_it_is_removed() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let made = generate(&ann, "laptop").await;
    made.golden("tokens_generate");
    let token = made.json()["token"].clone();
    let laptop = holder_of(&server, &ann, &token);
    laptop.get("me").await.expect(200);
    let named = json!({"tokenName": "phone", "bypassTwoFactor": true});
    ann.post("users.generatePersonalAccessToken", named)
        .await
        .expect(200);
    let list = ann
        .get("users.getPersonalAccessTokens")
        .await
        .expect(200)
        .json();
    let tail = token
        .as_str()
        .unwrap()
        .split_at(token.as_str().unwrap().len() - 6)
        .1;
    let at = "2026-01-01T00:00:00.000Z";
    let rows = list["tokens"].as_array().unwrap();
    let without_laptop = rows.iter().find(|row| row["name"] == "phone").unwrap();
    assert_eq!(without_laptop["bypassTwoFactor"], true);
    let with_laptop = rows.iter().find(|row| row["name"] == "laptop").unwrap();
    let expected =
        json!({"name": "laptop", "createdAt": at, "lastTokenPart": tail, "bypassTwoFactor": false});
    assert_eq!(with_laptop, &expected);
    assert!(!list.to_string().contains(token.as_str().unwrap()));
    let remove = json!({"tokenName": "laptop"});
    let removed = ann
        .post("users.removePersonalAccessToken", remove.clone())
        .await;
    assert_eq!(removed.text(), r#"{"success":true}"#);
    laptop.get("me").await.golden("create_unauthenticated");
    ann.post("users.removePersonalAccessToken", remove)
        .await
        .golden("tokens_remove_unknown");
}

#[tokio::test]
async fn an_expired_token_is_listed_no_more_and_has_no_successor() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let minute = Some(Duration::from_secs(60));
    server.with_named_token("ann", "short", minute).await;
    let list = async || {
        let list = ann.get("users.getPersonalAccessTokens").await;
        list.expect(200).text().to_owned()
    };
    assert!(list().await.contains("\"short\""));
    server.clock.advance(Duration::from_secs(61));
    assert!(!list().await.contains("\"short\""));
    let body = json!({"tokenName": "short"});
    let route = "users.regeneratePersonalAccessToken";
    ann.post(route, body).await.expect(400);
}

#[tokio::test]
async fn a_regenerated_token_replaces_the_old_one_at_once() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let body = json!({"tokenName": "laptop", "bypassTwoFactor": true});
    let old = ann
        .post("users.generatePersonalAccessToken", body)
        .await
        .expect(200)
        .json();
    let old = holder_of(&server, &ann, &old["token"]);
    old.get("me").await.expect(200);
    let again = json!({"tokenName": "laptop"});
    let new = ann
        .post("users.regeneratePersonalAccessToken", again)
        .await
        .expect(200)
        .json();
    let new = holder_of(&server, &ann, &new["token"]);
    old.get("me").await.golden("create_unauthenticated");
    new.get("me").await.expect(200);
    let list = ann.get("users.getPersonalAccessTokens").await.json();
    let mut rows = list["tokens"].as_array().unwrap().clone();
    rows.retain(|row| row["name"] == "laptop");
    assert_eq!((rows.len(), &rows[0]["bypassTwoFactor"]), (1, &json!(true)));
}

#[tokio::test]
async fn invalid_token_requests_are_refused_with_specific_errors() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let guest = server.user_with_roles("guest", &["guest"]).await;
    generate(&ann, "laptop").await.expect(200);
    generate(&bob, "laptop").await.expect(200);
    generate(&ann, "laptop")
        .await
        .golden("tokens_generate_taken");
    generate(&guest, "laptop")
        .await
        .golden("tokens_generate_not_allowed");
    let (laptop, phone) = (
        json!({"tokenName": "laptop"}),
        json!({"tokenName": "phone"}),
    );
    let regenerate = "users.regeneratePersonalAccessToken";
    let remove = "users.removePersonalAccessToken";
    ann.post(regenerate, phone.clone())
        .await
        .golden("tokens_regenerate_unknown");
    guest
        .post(regenerate, laptop.clone())
        .await
        .golden("tokens_regenerate_not_allowed");
    ann.post(remove, phone)
        .await
        .golden("tokens_remove_unknown");
    guest
        .post(remove, laptop)
        .await
        .golden("tokens_remove_not_allowed");
    guest
        .get("users.getPersonalAccessTokens")
        .await
        .golden("route_forbidden");
    let short = "must NOT have fewer than 1 characters";
    let (missing, extra) = (
        "must have required property 'tokenName'",
        "must NOT have additional properties",
    );
    for (route, body, text) in [
        ("users.generatePersonalAccessToken", json!({}), missing),
        (
            "users.generatePersonalAccessToken",
            json!({"tokenName": ""}),
            short,
        ),
        (
            "users.generatePersonalAccessToken",
            json!({"tokenName": "t", "x": 1}),
            extra,
        ),
        (
            "users.generatePersonalAccessToken",
            json!({"tokenName": "t", "bypassTwoFactor": []}),
            "must be boolean",
        ),
        (regenerate, json!({}), missing),
        (remove, json!({"tokenName": {}}), "must be string"),
    ] {
        ann.refused_params(route, body, text).await;
    }
}

#[tokio::test]
async fn a_program_with_the_secret_can_create_logins_for_users() {
    let setup = Setup::new().config(|config| {
        config.create_tokens_for_users_secret = Some(SECRET.into());
    });
    let server = setup.start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let body = |user: &Client, secret: &str| json!({"userId": user.id(), "secret": secret});
    let made = admin.post("users.createToken", body(&ann, SECRET)).await;
    made.golden("users_create_token");
    holder_of(&server, &ann, &made.json()["data"]["authToken"])
        .get("me")
        .await
        .expect(200);
    ann.post("users.createToken", body(&ann, SECRET))
        .await
        .expect(200);
    let listed = ann.get("users.getPersonalAccessTokens").await.json();
    assert_eq!(
        listed["tokens"].as_array().unwrap().len(),
        1,
        "a login token is not listed: {listed}"
    );
    for (client, body) in [
        (&bob, body(&ann, SECRET)),
        (&admin, body(&ann, "another")),
        (&admin, body(&ann, &SECRET[1..])),
        (&ann, body(&ann, "another")),
    ] {
        client
            .post("users.createToken", body)
            .await
            .golden("users_create_token_not_allowed");
    }
    let unknown = json!({"userId": "nobody", "secret": SECRET});
    admin
        .post("users.createToken", unknown)
        .await
        .golden("users_delete_unknown");
    admin
        .post(
            "users.setActiveStatus",
            json!({"userId": bob.id(), "activeStatus": false}),
        )
        .await
        .expect(200);
    admin
        .post("users.createToken", body(&bob, SECRET))
        .await
        .golden("users_create_token_not_allowed");
    for (body, text) in [
        (
            json!({"userId": "x"}),
            "must have required property 'secret'",
        ),
        (
            json!({"userId": "", "secret": "x"}),
            "must NOT have fewer than 1 characters",
        ),
        (
            json!({"userId": "x", "secret": ""}),
            "must NOT have fewer than 1 characters",
        ),
    ] {
        let error = admin
            .post("users.createToken", body)
            .await
            .expect(400)
            .json();
        assert_eq!(
            (&error["error"], &error["errorType"]),
            (&json!(text), &json!("invalid-params"))
        );
    }
}

#[tokio::test]
async fn create_token_is_refused_without_a_configured_secret() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for secret in ["x", " ", SECRET] {
        let body = json!({"userId": admin.id(), "secret": secret});
        admin
            .post("users.createToken", body)
            .await
            .golden("users_create_token_not_allowed");
    }
}

#[tokio::test]
async fn token_names_have_the_length_limit_of_nicknames() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let refused = generate(&ann, &"n".repeat(121)).await;
    refused.golden("tokens_name_too_long");
    generate(&ann, &"n".repeat(120)).await.expect(200);
}
