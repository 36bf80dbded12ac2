//! Setting and reading a status: the target user, and the order of refusals. The effect of a status
//! is in `presence_claims`, the list of users in `presence_list`, and expiry on a running server in
//! `jobs/expiry`.

use crate::support::admin::setting;
use crate::support::presence::{GET, NOW, SET, SOON, own_status, set};
use crate::support::{Reply, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::json;

#[tokio::test]
async fn a_status_is_set_and_visible_and_only_its_user_sees_the_connection() {
    let server = Setup::new().unconnected_offline().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let anns = format!("{GET}?userId={}", ann.id());
    ann.get(GET).await.golden("status_untouched");
    bob.get(&anns).await.golden("status_untouched_of_another");
    let body = json!({"status": "busy", "message": "Lunch", "expiresAt": SOON});
    ann.post(SET, body).await.golden("status_set");
    ann.get(GET).await.golden("status");
    bob.get(&anns).await.golden("status_of_another");
    let status = bob.get(&anns).await.json();
    assert_eq!(status["_id"], json!(ann.id()));
    assert_eq!(status["statusExpiresAt"], json!(SOON));
    ann.get("users.getPresence").await.golden("presence");
    let presence = format!("users.getPresence?userId={}", ann.id());
    bob.get(&presence).await.golden("presence_of_another");
    for route in [GET, "users.getPresence", "users.presence"] {
        let refused = server.anon().get(route).await;
        refused.golden("create_unauthenticated");
    }
    let refused = server.anon().post(SET, json!({"status": "busy"})).await;
    refused.golden("create_unauthenticated");
}

#[tokio::test]
async fn a_status_set_over_rest_is_visible_by_default_except_under_contract_server() {
    for (contract, shown) in [
        (Contract::Documented, "busy"),
        (Contract::Server, "offline"),
    ] {
        let server = Setup::new().contract(contract).start().await;
        let (ann, bob) = (server.user("ann").await, server.user("bob").await);
        set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
        let seen = bob.get(&format!("{GET}?userId={}", ann.id())).await;
        assert_eq!(seen.expect(200).json()["status"], shown, "{contract}");
        let list = bob.get("users.presence").await.expect(200).json();
        let listed = list["users"].as_array().unwrap();
        let listed = listed.iter().any(|user| user["username"] == "ann");
        assert_eq!(listed, shown == "busy", "{contract}");
    }
}

#[tokio::test]
async fn users_set_their_own_status_and_administrators_that_of_others() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let of = |key: &str, value: &str| json!({"status": "busy", key: value});
    for body in [
        of("userId", &ann.id()),
        of("username", "ann"),
        of("user", "ann"),
        of("userId", ""),
    ] {
        ann.post(SET, body).await.golden("status_set");
    }
    for body in [
        of("userId", &bob.id()),
        of("username", "bob"),
        of("user", "bob"),
        of("username", "ANN"),
        of("userId", "nobody"),
    ] {
        ann.post(SET, body).await.golden("status_not_allowed");
    }
    assert_eq!(own_status(&bob).await, json!(["offline", null, null, null]));
    for (body, text) in [
        (json!({"userId": bob.id(), "message": "by id"}), "by id"),
        (json!({"username": "bob", "message": "by name"}), "by name"),
        (json!({"user": "BOB", "message": "by user"}), "by user"),
        (
            json!({"userId": bob.id(), "username": "ann", "message": "the id counts"}),
            "the id counts",
        ),
    ] {
        admin.post(SET, body).await.golden("status_set");
        assert_eq!(own_status(&bob).await[1], json!(text));
    }
    for body in [
        of("userId", "bob"),
        of("username", "nobody"),
        of("user", "bob@example.org"),
    ] {
        admin.post(SET, body).await.golden("status_unknown_user");
    }
}

#[tokio::test]
async fn a_status_is_read_by_user_id_or_username() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    for route in [GET, "users.getPresence"] {
        for (query, is_own) in [
            (String::new(), true),
            (format!("?userId={}", ann.id()), true),
            ("?username=ann".to_owned(), true),
            ("?user=ann".to_owned(), true),
            (format!("?userId={}", bob.id()), false),
            ("?username=bob".to_owned(), false),
            ("?user=bob".to_owned(), false),
        ] {
            let seen = ann.get(&format!("{route}{query}")).await.expect(200).json();
            assert_eq!(seen["connectionStatus"].is_string(), is_own, "{query}");
            if route == GET {
                let expected = if is_own { ann.id() } else { bob.id() };
                assert_eq!(seen["_id"], json!(expected), "{query}");
            }
        }
        for query in ["userId=nobody", "username=nobody", "user=nobody"] {
            let refused = ann.get(&format!("{route}?{query}")).await;
            refused.golden("status_unknown_user");
        }
        let refused = ann.get(&format!("{route}?name=ann")).await;
        refused.golden("presence_unknown_parameter");
    }
}

#[tokio::test]
async fn an_invalid_status_is_refused_and_changes_nothing() {
    let server = Setup::new().unconnected_offline().start().await;
    let ann = server.user("ann").await;
    set(&ann, json!({"status": "away", "message": "Lunch"})).await;
    let busy_until = |end: &str| json!({"status": "busy", "expiresAt": end});
    for (golden, body) in [
        ("status_no_match", json!({})),
        ("status_no_match", json!({"message": null})),
        (
            "status_no_match",
            json!({"status": "busy", "message": null}),
        ),
        (
            "status_no_match",
            json!({"expiresAt": SOON, "username": "ann"}),
        ),
        ("status_unknown_word", json!({"status": "Busy"})),
        ("status_unknown_word", json!({"status": "", "message": "x"})),
        (
            "status_unknown_word",
            json!({"status": null, "message": "x"}),
        ),
        ("status_unknown_word", json!({"status": "disabled"})),
        (
            "status_unknown_field",
            json!({"status": "busy", "statusText": "x"}),
        ),
        (
            "status_no_text",
            json!({"status": "busy", "message": ["x"]}),
        ),
        ("status_unreadable_end", busy_until("tomorrow")),
        ("status_unreadable_end", busy_until("2026-02-30T00:00:00Z")),
        ("status_past_end", busy_until(NOW)),
        ("status_past_end", busy_until("2025-12-31T23:59:59.999Z")),
        ("status_past_end", busy_until("1970-01-01")),
        (
            "status_past_end",
            json!({"status": "online", "expiresAt": NOW}),
        ),
    ] {
        println!("{body}");
        ann.post(SET, body).await.golden(golden);
    }
    assert_eq!(
        own_status(&ann).await,
        json!(["offline", "Lunch", "manual", null])
    );
}

#[tokio::test]
async fn settings_can_forbid_status_texts_and_invisibility() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    set(&ann, json!({"status": "offline"})).await;
    setting(&admin, "Accounts_AllowUserStatusMessageChange", false).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    let both = json!({"status": "offline", "message": "x", "expiresAt": NOW});
    for (golden, body) in [
        ("status_text_not_allowed", json!({"message": "x"})),
        ("status_text_not_allowed", both),
        (
            "status_past_end",
            json!({"status": "offline", "expiresAt": NOW}),
        ),
        ("status_invisible_not_allowed", json!({"status": "offline"})),
        ("status_invisible_not_allowed", json!({"message": ""})),
    ] {
        println!("{body}");
        ann.post(SET, body.clone()).await.golden(golden);
        let mut of_ann = body;
        of_ann["username"] = json!("ann");
        admin.post(SET, of_ann).await.golden(golden);
    }
    ann.post(SET, json!({"username": "nobody", "message": "x"}))
        .await
        .golden("status_not_allowed");
    set(&ann, json!({"status": "busy", "message": ""})).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", true).await;
    set(&ann, json!({"status": "offline"})).await;
    setting(&admin, "Accounts_AllowUserStatusMessageChange", true).await;
    set(&ann, json!({"message": "x"})).await;
    assert_eq!(own_status(&ann).await[1], json!("x"));
}

#[tokio::test]
async fn the_settings_also_apply_to_a_status_that_is_set_with_other_changes_of_a_user() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    setting(&admin, "Accounts_AllowUserStatusMessageChange", false).await;
    setting(&admin, "Accounts_AllowInvisibleStatusOption", false).await;
    for (data, code) in [
        (
            json!({"name": "A", "statusText": "x"}),
            "error-action-not-allowed",
        ),
        (
            json!({"name": "A", "statusType": "offline"}),
            "error-status-not-allowed",
        ),
    ] {
        let own = json!({"data": data});
        let refused = ann.post("users.updateOwnBasicInfo", own).await.expect(400);
        assert_eq!(refused.json()["errorType"], code, "{data}");
    }
    assert_eq!(ann.get("me").await.json()["name"], "ann");
    let of_ann = json!({"userId": ann.id(), "data": {"name": "A", "statusText": "x"}});
    admin.post("users.update", of_ann).await.expect(200);
    let me = ann.get("me").await.json();
    assert_eq!((&me["name"], &me["statusText"]), (&json!("A"), &json!("x")));
    let allowed = json!({"data": {"statusText": "x", "statusType": "busy"}});
    ann.post("users.updateOwnBasicInfo", allowed)
        .await
        .expect(200);
}

#[tokio::test]
async fn presence_responses_are_json_and_not_cacheable() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let set = ann.post(SET, json!({"status": "busy"})).await;
    let replies: [Reply; 4] = [
        set,
        ann.get(GET).await,
        ann.get("users.getPresence").await,
        ann.get("users.presence").await,
    ];
    for reply in replies {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
    }
}
