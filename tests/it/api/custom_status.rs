//! `custom-user-status.create`, `.update` and `.delete`: the published examples and the rules.
//! `custom_status_bodies` covers how bodies are parsed under each contract.

use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = "custom-user-status.create";
const UPDATE: &str = "custom-user-status.update";
const DELETE: &str = "custom-user-status.delete";
const BOTH: [Contract; 2] = [Contract::Documented, Contract::Server];

/// Creates a status as `client` and returns its ID.
async fn created(client: &Client, name: &str) -> String {
    client.create(name).await.expect(200).created_id()
}

#[tokio::test]
async fn create_returns_the_published_examples() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let caught_up = json!({"name": "caught up", "statusType": "busy"});
    for (golden, client, body) in [
        ("create", &admin, caught_up.clone()),
        ("create_without_name", &admin, json!({"statusType": "busy"})),
        ("create_name_in_use", &admin, caught_up.clone()),
        (
            "create_bad_type",
            &admin,
            json!({"name": "gone", "statusType": "Offline"}),
        ),
        ("create_unauthenticated", &server.anon(), caught_up.clone()),
        ("create_not_allowed", &ann, caught_up),
    ] {
        let reply = client.post(CREATE, body).await;
        reply.golden(golden);
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{golden}"
        );
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{golden}");
        assert_eq!(reply.header("pragma"), Some("no-cache"), "{golden}");
    }
}

#[tokio::test]
async fn missing_wrong_expired_and_foreign_credentials_get_the_same_response() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let (admin_id, admin_token) = admin.credentials.clone().unwrap();
    let (ann_id, ann_token) = ann.credentials.clone().unwrap();
    let day = Some(Duration::from_secs(86_400));
    let expired = server.with_named_token("admin", "short", day).await;
    expired.get("me").await.expect(200);
    server.clock.advance(Duration::from_secs(86_400));
    let with_credentials = |id: &String, token: &str| {
        Client::new(server.address, Some((id.clone(), token.to_owned())))
    };
    for (case, client) in [
        ("no credentials", server.anon()),
        ("garbage", with_credentials(&admin_id, "garbage")),
        ("an empty token", with_credentials(&admin_id, "")),
        ("an expired token", expired),
        (
            "another user's token",
            with_credentials(&admin_id, &ann_token),
        ),
        ("another user's id", with_credentials(&ann_id, &admin_token)),
        (
            "no such user",
            with_credentials(&"x".repeat(17), &admin_token),
        ),
    ] {
        for body in ["{\"name\":\"a\",\"statusType\":\"busy\"}", "{", "[]", ""] {
            println!("{case}: {body}");
            let reply = client.post_raw(CREATE, "application/json", body).await;
            reply.golden("create_unauthenticated");
            let reply = client.post_raw(CREATE, "text/plain", body).await;
            reply.golden("create_unauthenticated");
        }
    }
    for (name, value) in [("x-user-id", &admin_id), ("x-auth-token", &admin_token)] {
        let path = format!("/api/v1/{CREATE}");
        let anon = server.anon();
        let half = anon
            .send(warp::http::Method::POST, &path, &[(name, value)], "{}")
            .await;
        half.golden("create_unauthenticated");
    }
    assert!(admin.names().await.is_empty());
}

#[tokio::test]
async fn names_are_stored_as_given_and_compared_exactly() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut names = vec![
        "lunch",
        "Lunch",
        " Lunch",
        "Lunch ",
        "🍜 午餐",
        "a\u{0}b",
        "LUNCH",
    ];
    for name in &names {
        created(&admin, name).await;
    }
    names.sort_unstable();
    assert_eq!(admin.names().await, names);
}

#[tokio::test]
async fn names_have_up_to_120_characters_and_no_markup() {
    for contract in BOTH {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        created(&admin, &"𝒳".repeat(120)).await;
        let long = "𝒳".repeat(121);
        for name in [&long, "a<b", "a>b", "a&b", "a\"b", "it's"] {
            let refused = admin.create(name).await.expect(400);
            let expected = json!({
                "success": false,
                "error": format!("{name} is not a valid name [error-input-is-not-a-valid-field]"),
                "errorType": "error-input-is-not-a-valid-field",
                "details": {"method": "insertOrUpdateUserStatus", "input": name, "field": "Name"},
            });
            assert_eq!(refused.error_of_rocket_chat(), expected);
        }
    }
}

#[tokio::test]
async fn one_of_64_concurrent_creates_of_a_name_succeeds() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let all = (0..64).map(|_| {
        let admin = admin.clone();
        tokio::spawn(async move { admin.create("caught up").await })
    });
    let mut successes = 0;
    for reply in futures_util::future::join_all(all).await {
        let reply = reply.unwrap();
        if reply.status == 200 {
            reply.golden("create");
            successes += 1;
        } else {
            reply.golden("create_name_in_use");
        }
    }
    assert_eq!(successes, 1);
    assert_eq!(admin.names().await, ["caught up"]);
}

#[tokio::test]
async fn update_changes_name_and_type() {
    for contract in BOTH {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        let id = created(&admin, "lunch").await;
        created(&admin, "taken").await;
        server.clock.advance(Duration::from_millis(1));
        let update = |name: &str, status_type: &str| {
            admin.post(
                UPDATE,
                json!({"_id": id, "name": name, "statusType": status_type}),
            )
        };
        let changed = update("late lunch", "away").await.expect(200);
        let expected = json!({
            "customUserStatus": {
                "_id": id,
                "name": "late lunch",
                "statusType": "away",
                "_updatedAt": "2026-01-01T00:00:00.001Z",
            },
            "success": true,
        });
        assert_eq!(changed.json(), expected);
        update("late lunch", "busy").await.expect(200);
        update("taken", "busy").await.golden("create_name_in_use");
        update("Late lunch", "busy").await.expect(200);
        assert_eq!(admin.names().await, ["Late lunch", "taken"]);
        created(&admin, "late lunch").await; // The old name is free again.
    }
}

#[tokio::test]
async fn update_without_a_type_clears_it_in_the_server_contract_only() {
    for (contract, expected) in [(Contract::Server, ""), (Contract::Documented, "busy")] {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        let id = created(&admin, "lunch").await;
        admin
            .post(UPDATE, json!({"_id": id, "name": "lunch"}))
            .await;
        let page = admin.get("custom-user-status.list").await.json();
        assert_eq!(page["statuses"][0]["statusType"], expected, "{contract:?}");
    }
}

#[tokio::test]
async fn update_reports_an_unknown_id_before_a_missing_permission() {
    for contract in BOTH {
        let server = Setup::new().contract(contract).start().await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let id = created(&admin, "lunch").await;
        let body = |id: &str| json!({"_id": id, "name": "a<b", "statusType": "nothing"});
        for client in [&admin, &ann] {
            for unknown in ["65462e97a2f73c7460e18f84", "", "no\"id"] {
                let reply = client.post(UPDATE, body(unknown)).await.expect(400);
                let text = format!("No custom user status found with the id of \"{unknown}\".");
                assert_eq!(reply.json(), json!({"success": false, "error": text}));
            }
        }
        let refused = ann.post(UPDATE, body(&id)).await;
        refused.golden("create_not_allowed");
        assert_eq!(admin.names().await, ["lunch"]);
    }
}

#[tokio::test]
async fn delete_checks_the_id_then_the_permission_then_the_status() {
    for contract in BOTH {
        let server = Setup::new().contract(contract).start().await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let id = created(&admin, "lunch").await;
        for body in [
            json!({}),
            json!({"customUserStatusId": null}),
            json!({"customUserStatusId": ""}),
            json!({"_id": id}),
        ] {
            for client in [&admin, &ann] {
                client
                    .post(DELETE, body.clone())
                    .await
                    .golden("delete_without_id");
            }
        }
        let broken = [
            ("application/json", "{\"customUserStatusId\":"),
            ("text/plain", "x"),
            ("application/json", "[]"),
        ];
        for (content_type, body) in broken {
            admin
                .post_raw(DELETE, content_type, body)
                .await
                .golden("delete_without_id");
        }
        for existing in [id.as_str(), "65462e97a2f73c7460e18f84"] {
            let body = json!({"customUserStatusId": existing});
            ann.post(DELETE, body).await.golden("create_not_allowed");
        }
        let body = json!({"customUserStatusId": id});
        let gone = admin.post(DELETE, body.clone()).await;
        assert_eq!(
            (gone.status.as_u16(), gone.text()),
            (200, r#"{"success":true}"#)
        );
        assert!(admin.names().await.is_empty());
        admin.post(DELETE, body).await.golden("delete_unknown");
        created(&admin, "lunch").await; // The name is free again.
    }
}

#[tokio::test]
async fn delete_refuses_unknown_fields_in_the_server_contract_only() {
    for (contract, status) in [(Contract::Documented, 200), (Contract::Server, 400)] {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        let id = created(&admin, "lunch").await;
        let body = json!({"customUserStatusId": id, "x": 1});
        let reply = admin.post(DELETE, body).await.expect(status);
        if status == 400 {
            let expected = json!({
                "success": false,
                "errorType": "invalid-params",
                "error": "must NOT have additional properties",
            });
            assert_eq!(reply.error_of_rocket_chat(), expected);
        }
    }
}

#[tokio::test]
async fn ids_are_24_hex_digits_and_ascend() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(created(&admin, &n.to_string()).await);
        server.clock.advance(Duration::from_secs(1));
    }
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(
        ids.iter()
            .all(|id| id.len() == 24 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))),
        "{ids:?}"
    );
    let page: Value = admin.get("custom-user-status.list").await.json();
    assert_eq!(
        page["statuses"][0]["_updatedAt"],
        "2026-01-01T00:00:00.000Z"
    );
}
