//! `custom-user-status.list`: pages, order and filters. `custom_status_fresh` covers the freshness
//! of lists.

use crate::support::statuses::list;
use crate::support::{Client, TestServer};
use serde_json::json;
use std::time::Duration;

/// The names on that page.
pub async fn names(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    list(client, parameters).await.expect(200).names()
}

/// Creates a status of this type.
async fn create(client: &Client, name: &str, status_type: &str) {
    let body = json!({"name": name, "statusType": status_type});
    let reply = client.post("custom-user-status.create", body).await;
    reply.expect(200);
}

#[tokio::test]
async fn the_list_is_an_envelope_around_a_page() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    list(&ann, &[]).await.golden("list_empty");
    create(&admin, "brb", "away").await;
    create(&admin, "a little late", "busy").await;
    let reply = list(&ann, &[]).await;
    reply.golden("list");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    list(&server.anon(), &[])
        .await
        .golden("create_unauthenticated");
}

#[tokio::test]
async fn pages_follow_the_rules_of_rocket_chat() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let all = (0..120).map(|n| {
        let admin = admin.clone();
        async move { admin.create(&format!("{n:03}")).await.expect(200) }
    });
    futures_util::future::join_all(all).await;
    // The query, the first name on the page, its length and the returned offset.
    for (query, first, count, offset) in [
        ("", "000", 50, 0),
        ("count=", "000", 50, 0),
        ("count=7", "000", 7, 0),
        ("count=100", "000", 100, 0),
        ("count=101", "000", 100, 0),
        ("count=1e2", "000", 100, 0),
        ("count=0", "000", 120, 0),
        ("count=0&offset=100", "100", 20, 100),
        ("offset=", "000", 50, 0),
        ("offset=3", "003", 50, 3),
        ("offset=100", "100", 20, 100),
        ("offset=119&count=50", "119", 1, 119),
        ("offset=120", "", 0, 120),
        ("offset=4000000000000", "", 0, 4_000_000_000_000_u64),
        ("name=11&count=3&offset=1", "110", 3, 1),
    ] {
        let page = admin
            .get(&format!("custom-user-status.list?{query}"))
            .await
            .expect(200)
            .json();
        let statuses = page["statuses"].as_array().unwrap();
        assert_eq!(statuses.len(), count, "{query}");
        let found = statuses.first().map_or("", |s| s["name"].as_str().unwrap());
        assert_eq!(found, first, "{query}");
        let total = if query.contains("name") { 11 } else { 120 };
        assert_eq!(
            (&page["count"], &page["offset"], &page["total"]),
            (&json!(count), &json!(offset), &json!(total)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn invalid_parameters_are_refused_with_the_messages_of_ajv() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let unknown = "must NOT have additional properties";
    for (query, text) in [
        ("count=abc", Some("must be number")),
        ("offset=abc", Some("must be number")),
        ("count=1&count=2", Some("must be number")),
        ("fields=%7B%7D", Some(unknown)),
        ("_=1", Some(unknown)),
        ("Name=a", Some(unknown)),
        ("name=a&name=b", Some("must be string")),
        ("offset=-1", None),
        ("count=-1", None),
    ] {
        let reply = ann
            .get(&format!("custom-user-status.list?{query}"))
            .await
            .expect(400);
        let body = reply.json();
        assert_eq!(body["success"], json!(false), "{query}");
        assert_eq!(body["errorType"], json!("error-invalid-params"), "{query}");
        if let Some(text) = text {
            assert_eq!(body["error"], json!(text), "{query}");
        }
    }
}

#[tokio::test]
async fn sorting_follows_the_parameter_and_the_name_by_default() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for (name, status_type) in [("b", "away"), ("a", "busy"), ("B", "busy"), ("é", "away")] {
        create(&admin, name, status_type).await;
        server.clock.advance(Duration::from_secs(1));
    }
    for (sort, expected) in [
        (None, ["B", "a", "b", "é"]),
        (Some(r#"{"name":1}"#), ["B", "a", "b", "é"]),
        (Some(r#"{"name":-1}"#), ["é", "b", "a", "B"]),
        (Some(r#"{"statusType":-1,"name":1}"#), ["B", "a", "b", "é"]),
        (Some(r#"{"statusType":1,"name":-1}"#), ["é", "b", "a", "B"]),
        (Some(r#"{"_updatedAt":1}"#), ["b", "a", "B", "é"]),
        (Some(r#"{"_id":-1}"#), ["é", "B", "a", "b"]),
        (Some("{}"), ["B", "a", "b", "é"]),
    ] {
        let parameters: Vec<_> = sort.iter().map(|sort| ("sort", *sort)).collect();
        assert_eq!(names(&admin, &parameters).await, expected, "{sort:?}");
    }
}

#[tokio::test]
async fn an_invalid_sort_is_repeated_in_the_error() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for raw in [
        "",
        "name",
        "{",
        "[]",
        r#"{"name":2}"#,
        r#"{"name":"1"}"#,
        r#"{"name":0}"#,
    ] {
        let reply = list(&ann, &[("sort", raw)]).await.expect(400);
        let expected = json!({
            "success": false,
            "error": format!("Invalid sort parameter provided: \"{raw}\" [error-invalid-sort]"),
            "errorType": "error-invalid-sort",
            "details": {"helperMethod": "parseJsonQuery"},
        });
        assert_eq!(reply.json(), expected, "{raw}");
    }
}

#[tokio::test]
async fn names_are_searched_by_substring_ignoring_case() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let all = [
        "Lunch",
        "brunch",
        "ÉCLAIR",
        "a.b*c(",
        "100%",
        "snake_case",
        "ΔΟΣΗ",
        "στο σπίτι τους",
        "\\d",
    ];
    for name in all {
        admin.create(name).await.expect(200);
    }
    for (part, found) in [
        ("unch", &["Lunch", "brunch"] as &[&str]),
        ("LUN", &["Lunch"]),
        ("éclair", &["ÉCLAIR"]),
        ("É", &["ÉCLAIR"]),
        (".b*", &["a.b*c("]),
        ("c(", &["a.b*c("]),
        (".*", &[]),
        ("%", &["100%"]),
        ("_", &["snake_case"]),
        ("\\d", &["\\d"]),
        ("δος", &["ΔΟΣΗ"]),
        ("ΔΟΣ", &["ΔΟΣΗ"]),
        ("ΤΟΥΣ", &["στο σπίτι τους"]),
        ("τουσ", &["στο σπίτι τους"]),
        ("nothing", &[]),
        (" ", &["στο σπίτι τους"]),
    ] {
        assert_eq!(names(&admin, &[("name", part)]).await, found, "{part}");
    }
    assert_eq!(names(&admin, &[("name", "")]).await.len(), all.len());
}

#[tokio::test]
async fn an_id_is_looked_up_exactly_and_a_mongo_query_is_ignored() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let id = admin.create("lunch").await.expect(200).created_id();
    admin.create("brb").await.expect(200);
    assert_eq!(names(&admin, &[("_id", &id)]).await, ["lunch"]);
    assert_eq!(
        names(&admin, &[("_id", &id), ("name", "BRB")]).await.len(),
        0
    );
    assert_eq!(names(&admin, &[("_id", &id[..23])]).await.len(), 0);
    assert_eq!(names(&admin, &[("_id", "")]).await.len(), 2);
    for query in [r#"{"name":"brb"}"#, "no JSON", ""] {
        assert_eq!(names(&admin, &[("query", query)]).await.len(), 2, "{query}");
    }
}

#[tokio::test]
async fn concurrent_requests_for_whole_lists_are_all_complete() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for n in 0..120 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    // Different queries, so that a cached response cannot serve several of them.
    let queries: Vec<_> = (0..8)
        .map(|n| {
            format!(
                "custom-user-status.list?count=0&name=S{}",
                &"TATUS"[..n % 5]
            )
        })
        .collect();
    let requests = queries.iter().map(|query| admin.get(query));
    for reply in futures_util::future::join_all(requests).await {
        assert_eq!(reply.expect(200).names().len(), 120);
    }
}
