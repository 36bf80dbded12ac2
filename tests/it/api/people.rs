//! The search for people.

use crate::support::store::user;
use crate::support::{Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use warp::http::Method;

const CONTRACTS: [Contract; 2] = [Contract::Documented, Contract::Server];

/// Encodes a text for a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The usernames in a list.
fn names(list: &Value) -> Vec<&str> {
    let users = list.as_array().unwrap().iter();
    users
        .map(|user| user["username"].as_str().unwrap())
        .collect()
}

async fn get(client: &Client, route: &str, params: &[(&str, &str)]) -> Value {
    let pairs = params
        .iter()
        .map(|(name, text)| format!("{name}={}", encoded(text)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let reply = client.get(&format!("{route}?{query}")).await;
    reply.expect(200).json()
}

/// Calls the method and returns its result.
async fn spotlight(client: &Client, call: &str, params: Value) -> Value {
    let message = json!({"msg": "method", "id": "1", "method": "spotlight", "params": params});
    let body = json!({"message": message.to_string()});
    let reply = client.post(&format!("{call}/spotlight"), body).await;
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    let message: Value = serde_json::from_str(&message).unwrap();
    message.get("result").unwrap_or(&message["error"]).clone()
}

/// An administrator, `ann`, a user, and `bot`, a bot, who may not search. `hannah` has a nickname
/// and a bio, and `gone` is deactivated.
async fn people(contract: Contract) -> (TestServer, [Client; 3]) {
    let server = Setup::new().contract(contract).start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let hannah = server.user("hannah").await;
    let data = json!({"data": {"name": "Hannah Ng", "nickname": "Palindrome", "bio": "Tea Expert, Übersee"}});
    hannah
        .post("users.updateOwnBasicInfo", data)
        .await
        .expect(200);
    let gone = server.user("gone").await;
    let off = json!({"userId": gone.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", off).await.expect(200);
    let bot = server.user_with_roles("bot", &["bot"]).await;
    (server, [admin, ann, bot])
}

#[tokio::test]
async fn people_are_found_by_username_name_nickname_and_bio() {
    for contract in CONTRACTS {
        let (_server, [_, ann, _]) = people(contract).await;
        for (text, expected) in [
            ("ann", &["ann", "hannah"][..]),
            ("@ANN", &["ann", "hannah"]),
            ("h ng", &["hannah"]),
            ("palin", &["hannah"]),
            ("tea", &["hannah"]),
            ("t, Übersee", &["hannah"]),
            ("gone", &[]),
            ("example.org", &[]),
            ("100%", &[]),
            ("_", &[]),
        ] {
            let found = get(&ann, "spotlight", &[("query", text)]).await;
            assert_eq!(names(&found["users"]), expected, "{text}");
            assert_eq!(found["rooms"], json!([]));
            let term = text.trim_start_matches('@');
            let selector = json!({"term": term, "exceptions": [], "conditions": {}}).to_string();
            let found = get(&ann, "users.autocomplete", &[("selector", &selector)]).await;
            assert_eq!(names(&found["items"]), expected, "{text}");
            let found = get(&ann, "directory", &[("type", "users"), ("text", term)]).await;
            assert_eq!(names(&found["result"]), expected, "{text}");
            assert_eq!(found["total"], expected.len());
            let found = spotlight(&ann, "method.call", json!([text])).await;
            assert_eq!(names(&found["users"]), expected, "{text}");
        }
    }
}

#[tokio::test]
async fn users_can_be_left_out_and_rooms_are_never_found() {
    let (_server, [_, ann, _]) = people(Contract::Server).await;
    for (params, expected) in [
        (
            &[("query", "ann"), ("usernames", "bob,Ann")][..],
            &["hannah"][..],
        ),
        (
            &[("query", "ann"), ("type", r#"{"users":true}"#)],
            &["ann", "hannah"],
        ),
        (&[("query", "ann"), ("type", r#"{"rooms":true}"#)], &[]),
        (&[("query", "ann"), ("rid", "GENERAL")], &[]),
        (&[("query", "#ann")], &[]),
        (&[("query", "")], &["admin", "ann", "bot", "hannah"]),
    ] {
        let found = get(&ann, "spotlight", params).await;
        assert_eq!(names(&found["users"]), expected, "{params:?}");
    }
    for (params, expected) in [
        (
            json!(["ann", ["ann"], {"users": true, "rooms": true}]),
            &["hannah"][..],
        ),
        (json!(["ann", [], {"users": false}]), &[]),
        (json!(["ann", null, null, "GENERAL"]), &[]),
    ] {
        let found = spotlight(&ann, "method.call", params).await;
        assert_eq!(names(&found["users"]), expected);
    }
    let refused = spotlight(&ann, "method.call", json!([{"$regex": ".*"}])).await;
    assert_eq!(refused["message"], "Match failed [400]");
    for kind in ["channels", "teams"] {
        let found = get(&ann, "directory", &[("type", kind)]).await;
        assert_eq!(found["result"], json!([]));
    }
}

#[tokio::test]
async fn only_few_users_are_suggested_and_the_exact_username_comes_first() {
    let server = TestServer::start().await;
    for n in 0..12 {
        server.user(&format!("a{n:02}.smith")).await;
    }
    let smith = server.user("smith").await;
    let found = get(&smith, "spotlight", &[("query", "Smith")]).await;
    let names_found = names(&found["users"]);
    assert_eq!(names_found.len(), 5);
    assert_eq!(names_found[..2], ["smith", "a00.smith"]);
    let selector = r#"{"term":"smith","exceptions":["smith","a01.smith"]}"#;
    let found = get(&smith, "users.autocomplete", &[("selector", selector)]).await;
    let suggested = names(&found["items"]);
    assert_eq!(suggested.len(), 10);
    assert_eq!(suggested[..2], ["a00.smith", "a02.smith"]);
    let page = [
        ("type", "users"),
        ("count", "2"),
        ("offset", "1"),
        ("sort", r#"{"username":-1}"#),
    ];
    let found = get(&smith, "directory", &page).await;
    assert_eq!(names(&found["result"]), ["admin", "a11.smith"]);
    assert_eq!((&found["count"], &found["offset"]), (&json!(2), &json!(1)));
    assert_eq!(found["total"], 14, "with the administrator");
}

#[tokio::test]
async fn the_search_reveals_no_more_than_the_list_of_users() {
    for contract in CONTRACTS {
        let (server, [admin, ann, bot]) = people(contract).await;
        for (client, whole) in [(&ann, false), (&admin, true)] {
            let found = get(
                client,
                "directory",
                &[("type", "users"), ("text", "hannah")],
            )
            .await;
            let row = &found["result"][0];
            assert_eq!(row["bio"], "Tea Expert, Übersee");
            for field in ["emails", "createdAt"] {
                assert_eq!(row.get(field).is_some(), whole, "{field}");
            }
            let listed = client.get("users.list?count=0").await.expect(200).json();
            let listed = listed["users"].as_array().unwrap();
            let same = listed
                .iter()
                .find(|user| user["_id"] == row["_id"])
                .unwrap();
            for (field, value) in row.as_object().unwrap() {
                assert_eq!(&same[field], value, "{field}");
            }
            let found = get(client, "spotlight", &[("query", "hannah")]).await;
            for field in ["status", "statusText", "name", "nickname"] {
                assert_eq!(found["users"][0][field], same[field], "{field}");
            }
        }
        // A bot may list users, but not search outside of rooms.
        let found = get(&bot, "spotlight", &[("query", "ann")]).await;
        assert_eq!(found["users"], json!([]));
        let found = get(
            &bot,
            "users.autocomplete",
            &[("selector", r#"{"term":"ann"}"#)],
        )
        .await;
        assert_eq!(found["items"], json!([]));
        bot.get("directory?type=users")
            .await
            .golden("directory_unclear");
        let found = spotlight(&server.anon(), "method.callAnon", json!(["ann"])).await;
        assert_eq!(found, json!({"users": [], "rooms": []}));
    }
}

#[tokio::test]
async fn a_status_that_is_hidden_elsewhere_is_hidden_in_the_search() {
    let (server, [_, ann, _]) = people(Contract::Documented).await;
    let hannah = server.with_token("hannah").await;
    let offline = json!({"status": "offline", "message": ""});
    hannah.post("users.setStatus", offline).await.expect(200);
    let found = get(&ann, "spotlight", &[("query", "hannah")]).await;
    assert_eq!(found["users"][0]["status"], "offline");
    let found = get(
        &ann,
        "users.autocomplete",
        &[("selector", r#"{"term":"hannah"}"#)],
    )
    .await;
    assert_eq!(found["items"][0]["status"], "offline");
}

#[tokio::test]
async fn invalid_searches_are_refused_with_a_reason() {
    for contract in CONTRACTS {
        let (_server, [_, ann, _]) = people(contract).await;
        for (route, text) in [
            ("spotlight", "must have required property 'query'"),
            ("spotlight?query=a&type=x", "must be JSON such as"),
            (
                "spotlight?query=a&x=1",
                "must NOT have additional properties",
            ),
            (
                "users.autocomplete",
                "must have required property 'selector'",
            ),
            ("users.autocomplete?selector=x", "Invalid selector"),
            ("directory?type=cats", "Please verify the parameters"),
            ("directory?query=x", "Please verify the parameters"),
            (
                "directory?type=users&sort=%7B%22x%22:1%7D",
                "Please verify the parameters",
            ),
            (
                "directory?sort=%7B%22name%22:1,%22createdAt%22:1%7D",
                "only one",
            ),
            ("directory?count=x", "must be number"),
        ] {
            let path = format!("/api/v1/{route}");
            let refused = ann.send(Method::GET, &path, &[], "").await.expect(400);
            let error = refused.json()["error"].to_string();
            assert!(error.contains(text), "{route}: {error}");
        }
    }
}

#[tokio::test]
async fn a_search_by_status_checks_the_first_500_users() {
    let server = TestServer::start().await;
    for n in 0..500 {
        let user = user(&format!("n{n:03}"));
        let created =
            server
                .app
                .store
                .create_user(user, String::new(), crate::support::beforehand());
        created.await.unwrap();
    }
    let admin = server.admin().await;
    // The administrator matches, too.
    for (name, is_found) in [("n498", true), ("n499", false)] {
        let busy = json!({"username": name, "status": "busy"});
        admin.post("users.setStatus", busy).await.expect(200);
        let selector = r#"{"term":"n","exceptions":[],"conditions":{"status":"busy"}}"#;
        let found = get(&admin, "users.autocomplete", &[("selector", selector)]).await;
        assert_eq!(names(&found["items"]).contains(&name), is_found);
    }
}
