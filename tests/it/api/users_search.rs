//! Lists of users by account status, usernames that could be taken, and avatars.

use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use std::time::Duration;

const AVAILABLE: &str = "users.checkUsernameAvailability";
const SUGGEST: &str = "users.getUsernameSuggestion";

/// The usernames on the page, without the offset and the total.
async fn listed(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("users.listByStatus?{query}")).await;
    let page = page.expect(200).json();
    let users = page["users"].as_array().unwrap();
    assert_eq!(
        (&page["count"], &page["success"]),
        (&json!(users.len()), &json!(true))
    );
    let name = |user: &Value| user["username"].as_str().unwrap().to_owned();
    users.iter().map(name).collect()
}

/// An administrator, `ann`, who has logged in, `bob`, who is deactivated, and `robot`, a bot.
async fn people(contract: Contract) -> (TestServer, Client, Client) {
    let server = Setup::new().contract(contract).start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let bob = server.user("bob").await;
    server.user_with_roles("robot", &["bot"]).await;
    server.clock.advance(Duration::from_secs(1));
    server.anon().logged_in("ann", "ann's password").await;
    let off = json!({"userId": bob.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", off).await.expect(200);
    (server, admin, ann)
}

#[tokio::test]
async fn users_are_listed_by_activity_login_type_and_role() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, admin, ann) = people(contract).await;
        for (query, names) in [
            ("", "admin ann bob robot"),
            ("status=active", "admin ann robot"),
            ("status=deactivated", "bob"),
            ("hasLoggedIn=true", "ann"),
            ("hasLoggedIn=false&type=user", "admin bob"),
            ("hasLoggedIn=", "admin ann bob robot"),
            ("type=bot", "robot"),
            ("type=app", ""),
            ("type=alien", ""),
            ("roles[]=bot&roles[]=admin", "admin robot"),
            ("roles=bot&roles=user", "ann bob robot"),
            ("roles[]=all&roles[]=bot", "admin ann bob robot"),
            ("roles=", "admin ann bob robot"),
            ("searchTerm=O", "bob robot"),
            ("searchTerm=%20", "admin ann bob robot"),
            ("status=deactivated&inactiveReason[]=idle_too_long", "bob"),
            ("inactiveReason[]=pending_approval", ""),
            ("count=1&offset=1", "ann"),
            (
                "count=2&sort=%7B%22lastLogin%22:-1,%22username%22:-1%7D",
                "ann robot",
            ),
            ("count=1&sort=%7B%22status%22:1%7D", "bob"),
        ] {
            assert_eq!(listed(&ann, query).await.join(" "), names, "{query}");
        }
        let by_address = "searchTerm=BOB%40example";
        assert_eq!(listed(&admin, by_address).await, ["bob"]);
        assert_eq!(listed(&ann, by_address).await, [""; 0]);
        ann.get("users.listByStatus?status=deactivated")
            .await
            .golden("users_by_status");
        admin
            .get("users.listByStatus?hasLoggedIn=true")
            .await
            .golden("users_by_status_whole");
    }
}

#[tokio::test]
async fn invalid_filters_of_users_are_refused_with_the_text_of_ajv() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let values = "must be equal to one of the allowed values";
    for (query, text) in [
        ("status=away", values),
        ("status=", values),
        ("inactiveReason[]=old", values),
        ("hasLoggedIn=yes", "must be boolean"),
        ("roles=bot", "must be array"),
        ("searchTerm=a&searchTerm=b", "must be string"),
        ("fields=%7B%7D", "must NOT have additional properties"),
    ] {
        let error = ann
            .get(&format!("users.listByStatus?{query}"))
            .await
            .expect(400)
            .error_of_rocket_chat();
        let expected =
            json!({"success": false, "errorType": "error-invalid-params", "error": text});
        assert_eq!(error, expected, "{query}");
    }
    let without_roles = server.user_with_roles("nobody", &[]).await;
    without_roles
        .get("users.listByStatus")
        .await
        .golden("route_forbidden");
}

#[tokio::test]
async fn a_username_is_available_unless_another_user_has_it() {
    for contract in [Contract::Documented, Contract::Server] {
        let (_server, _, ann) = people(contract).await;
        for (name, expected) in [("ann", true), ("ANN", true), ("BOB", false), ("dan", true)] {
            let answer = ann
                .get(&format!("{AVAILABLE}?username={name}"))
                .await
                .expect(200);
            assert_eq!(
                answer.json(),
                json!({"result": expected, "success": true}),
                "{name}"
            );
        }
        for (query, golden) in [
            ("username=", "username_without_text"),
            ("username=d%20a%20n", "username_not_valid"),
            ("username=..", "username_folder"),
            ("username=All", "username_reserved"),
            ("", "username_without_parameter"),
        ] {
            ann.get(&format!("{AVAILABLE}?{query}"))
                .await
                .golden(golden);
        }
    }
}

#[tokio::test]
async fn a_suggested_username_is_free_and_made_from_the_users_name() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let suggested = async || ann.get(SUGGEST).await.expect(200).json()["result"].clone();
    let rename = async |name: &str| {
        let body = json!({"userId": ann.id(), "data": {"name": name}});
        admin.post("users.update", body).await.expect(200);
    };
    rename("Zoë Groß").await;
    assert_eq!(suggested().await, "zoe.gross");
    server.user("zoe.gross").await;
    assert_eq!(suggested().await, "zgross");
    rename("Ann").await;
    assert_eq!(suggested().await, "ann-0");
    server.user("Ann-0").await;
    assert_eq!(suggested().await, "ann-1");
    rename("Admin").await;
    assert_eq!(
        suggested().await,
        "admin-0",
        "administrators and reserved names are passed over"
    );
    rename("李").await;
    assert_eq!(suggested().await, "user-0");
}

#[tokio::test]
async fn an_avatar_is_a_redirect_to_the_image_of_the_user() {
    for contract in [Contract::Documented, Contract::Server] {
        let setup = Setup::new().contract(contract);
        let setup =
            setup.config(|config| config.site_url = Some("https://office.example.org".into()));
        let server = setup.start().await;
        let ann = server.user("ann").await;
        for query in [
            "username=ANN".to_owned(),
            "user=ann".into(),
            format!("userId={}", ann.id()),
        ] {
            let reply = ann
                .get(&format!("users.getAvatar?{query}"))
                .await
                .expect(307);
            let url = "https://office.example.org/avatar/ann";
            assert_eq!(
                (reply.header("location"), reply.json()),
                (Some(url), json!(url))
            );
        }
        ann.get("users.getAvatar?username=nobody")
            .await
            .golden("users_delete_unknown");
        ann.get("users.getAvatar")
            .await
            .golden("users_avatar_without_user");
        let none = ann.get("users.getAvatarSuggestion").await.expect(200);
        assert_eq!(none.json(), json!({"suggestions": {}, "success": true}));
    }
}
