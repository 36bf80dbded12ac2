//! Freshness of the list: `ETags`, 304 responses, and reading your own writes.

use crate::support::statuses::list;
use crate::support::{Client, Setup, TestServer};
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::Method;

const PATH: &str = "/api/v1/custom-user-status.list";

#[tokio::test]
async fn the_etag_changes_with_every_change_and_only_then() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let tag = async || {
        list(&ann, &[])
            .await
            .expect(200)
            .header("etag")
            .unwrap()
            .to_owned()
    };
    let mut tags = vec![tag().await];
    let id = admin.create("lunch").await.expect(200).created_id();
    tags.push(tag().await);
    let body = json!({"_id": id, "name": "lunch", "statusType": "away"});
    admin
        .post("custom-user-status.update", body)
        .await
        .expect(200);
    tags.push(tag().await);
    admin.create("brb").await.expect(200);
    tags.push(tag().await);
    let body = json!({"customUserStatusId": id});
    admin
        .post("custom-user-status.delete", body)
        .await
        .expect(200);
    tags.push(tag().await);
    // Neither a refused create nor the clock changes the ETag.
    admin.create("brb").await.expect(400);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(tag().await, tags[4]);
    let mut different = tags.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 5, "{tags:?}");
}

#[tokio::test]
async fn a_matching_etag_gets_304() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    admin.create("lunch").await.expect(200);
    let ask = async |method: Method, tag: &str| {
        ann.send(method, PATH, &[("if-none-match", tag)], "").await
    };
    let whole = list(&ann, &[]).await.expect(200);
    let tag = whole.header("etag").unwrap();
    assert!(
        tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2,
        "{tag}"
    );
    assert_eq!(whole.header("cache-control"), Some("private, no-cache"));
    for known in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
        for method in [Method::GET, Method::HEAD] {
            let reply = ask(method, known).await.expect(304);
            assert!(reply.body.is_empty());
            assert_eq!(reply.header("etag"), Some(tag));
            assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
        }
    }
    for unknown in ["\"other\"", "", tag.trim_matches('"')] {
        assert_eq!(ask(Method::GET, unknown).await.expect(200).body, whole.body);
    }
    admin.create("brb").await.expect(200);
    ask(Method::GET, tag).await.expect(200);
    let path = format!("{PATH}?name=brb");
    let other = ann
        .send(Method::GET, &path, &[("if-none-match", tag)], "")
        .await;
    other.expect(200);
    // Without a login, an ETag reveals nothing.
    let anon = server.anon();
    let reply = anon
        .send(Method::GET, PATH, &[("if-none-match", "*")], "")
        .await;
    reply.golden("create_unauthenticated");
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    admin.create("lunch").await.expect(200);
    let whole = list(&admin, &[]).await.expect(200);
    let head = admin.send(Method::HEAD, PATH, &[], "").await.expect(200);
    assert!(head.body.is_empty());
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    let refused = admin
        .send(Method::HEAD, &format!("{PATH}?x=1"), &[], "")
        .await;
    assert!(refused.expect(400).body.is_empty());
}

#[tokio::test]
async fn an_unchanged_list_keeps_its_etag_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::at(folder.path()).start().await;
    let admin = server.admin().await;
    admin.create("lunch").await.expect(200);
    let before = list(&admin, &[]).await.expect(200);
    let tag = before.header("etag").unwrap();
    let credentials = admin.credentials.clone();
    server.stop().await;

    let server = Setup::at(folder.path()).start().await;
    let admin = Client::new(server.address, credentials);
    let known = [("if-none-match", tag)];
    admin.send(Method::GET, PATH, &known, "").await.expect(304);
    assert_eq!(list(&admin, &[]).await.body, before.body);
}

#[tokio::test]
async fn a_created_status_is_in_the_next_list() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let all = (0..8).map(|writer| {
        let admin = admin.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                let name = format!("{writer}-{n}");
                admin.create(&name).await.expect(200);
                let seen = admin.names().await;
                assert!(seen.contains(&name), "{name} is missing in {seen:?}");
            }
        })
    });
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    let page: Value = list(&admin, &[]).await.json();
    assert_eq!(page["total"], json!(160));
}
