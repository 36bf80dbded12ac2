//! Events as JSON, by position: what readers get, when they wait, and when they must reload.
//! `stream` tests the same as a stream.

use crate::support::admin::setting;
use crate::support::events::{let_everything_happen, position, read};
use crate::support::presence::set;
use crate::support::{Client, Reply, Setup, TestServer, in_time};
use serde_json::{Value, json};

/// What there is after `since`, without waiting.
async fn after(client: &Client, since: u64) -> Value {
    read(client, &format!("?since={since}&timeout=0")).await
}

fn events(page: &Value) -> &Vec<Value> {
    page["events"].as_array().unwrap()
}

fn kinds(page: &Value) -> Vec<&str> {
    events(page)
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_request_without_a_position_returns_the_current_one_at_once() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    admin.create("before").await.expect(200);
    let first = read(&ann, "").await;
    let newest = server.app.store.committed().borrow().as_u64();
    let expected = json!({"events": [], "position": newest, "reload": false, "success": true});
    assert_eq!(first, expected);
    for empty in ["?since=", "?timeout=60"] {
        assert_eq!(read(&ann, empty).await, expected, "{empty}");
    }
    admin.create("after").await.expect(200);
    let page = after(&ann, newest).await;
    assert_eq!(page["position"], newest + 1);
    assert_eq!(events(&page)[0]["data"]["name"], "after");
    assert_eq!(events(&page)[0]["id"], newest + 1);
}

#[tokio::test]
async fn a_waiting_request_ends_with_an_event_and_others_at_once() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let since = position(&ann).await;
    let nothing = after(&ann, since).await;
    assert_eq!(
        (events(&nothing).len(), &nothing["position"]),
        (0, &json!(since))
    );
    let query = format!("?since={since}&timeout=3600");
    let waiting = tokio::spawn({
        let ann = ann.clone();
        async move { read(&ann, &query).await }
    });
    // A listener exists as soon as the request waits.
    let listens = async {
        while !server.app.live.has_listeners() {
            tokio::task::yield_now().await;
        }
    };
    in_time("a listener", listens).await;
    assert!(!waiting.is_finished());
    admin.create("awaited").await.expect(200);
    let page = waiting.await.unwrap();
    assert_eq!(kinds(&page), ["custom_user_status.created"]);
    assert_eq!(page["position"], since + 1);
}

#[tokio::test]
async fn hidden_events_move_the_position_and_show_nothing() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let since = position(&ann).await;
    let (id, email) = (bob.id(), json!({"email": "other@example.org"}));
    admin
        .post("users.update", json!({"userId": id, "data": email}))
        .await
        .expect(200);
    admin
        .post("users.logout", json!({"userId": id}))
        .await
        .expect(200);
    let page = after(&ann, since).await;
    assert_eq!(events(&page).len(), 0, "{page}");
    assert_eq!(page["position"], since + 2);
    admin.create("public").await.expect(200);
    let page = after(&ann, since).await;
    assert_eq!(kinds(&page), ["custom_user_status.created"]);
    assert_eq!(page["position"], since + 3);
}

#[tokio::test]
async fn pages_of_64_events_contain_all_events_in_order() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let since = position(&ann).await;
    for n in 0..150 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    let (mut at, mut sizes, mut names) = (since, Vec::new(), Vec::new());
    loop {
        let page = after(&ann, at).await;
        if events(&page).is_empty() {
            break;
        }
        sizes.push(events(&page).len());
        names.extend(events(&page).iter().map(|e| e["data"]["name"].clone()));
        at = page["position"].as_u64().unwrap();
    }
    assert_eq!(sizes, [64, 64, 22]);
    let expected: Vec<_> = (0..150).map(|n| json!(format!("status {n}"))).collect();
    assert_eq!((names, at), (expected, since + 150));
}

#[tokio::test]
async fn deleted_and_future_positions_are_asked_to_reload() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    for n in 0..10 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    let newest = position(&ann).await;
    let reload = json!({"events": [], "position": newest, "reload": true, "success": true});
    let longest = u64::MAX;
    for ahead in [newest + 1, newest + 1_000_000, longest] {
        assert_eq!(after(&ann, ahead).await, reload, "{ahead}");
    }
    let sql = format!("DELETE FROM event WHERE id <= {}", newest - 5);
    server.database().execute(&sql, []).unwrap();
    for gone in [0, 1, newest - 6] {
        assert_eq!(after(&ann, gone).await, reload, "{gone}");
    }
    let rest = after(&ann, newest - 5).await;
    assert_eq!((events(&rest).len(), &rest["reload"]), (5, &json!(false)));
}

#[tokio::test]
async fn a_reader_more_than_10_000_events_behind_is_asked_to_reload() {
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::at(folder.path()).start().await;
    server.user("ann").await;
    let admin = server.admin().await;
    admin.create("many times").await.expect(200);
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
        INSERT INTO event (kind, payload, created_at)
        SELECT kind, payload, created_at FROM n, (SELECT * FROM event ORDER BY id DESC LIMIT 1)";
    server.database().execute(sql, []).unwrap();
    server.stop().await;
    let server = Setup::at(folder.path()).start().await;
    let ann = server.with_token("ann").await;
    let newest = position(&ann).await;
    let page = after(&ann, newest - 10_000).await;
    assert_eq!((events(&page).len(), &page["reload"]), (64, &json!(false)));
    let page = after(&ann, newest - 10_001).await;
    assert_eq!((events(&page).len(), &page["reload"]), (0, &json!(true)));
    assert_eq!(page["position"], newest);
}

#[tokio::test]
async fn bad_numbers_and_anonymous_requests_are_rejected() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    for query in [
        "?since=abc",
        "?since=-1",
        "?since=1.5",
        "?timeout=soon",
        "?since=1&timeout=-1",
        "?since=99999999999999999999",
        "?from=1",
    ] {
        let refused = ann.get(&format!("events{query}")).await;
        refused.refused(400);
    }
    ann.get("events?since=x").await.golden("events_bad_number");
    let refused = server.anon().get("events?since=x").await;
    refused.golden("create_unauthenticated");
}

#[tokio::test]
async fn a_waiting_request_ends_when_the_server_stops() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let query = format!("?since={}&timeout=60", position(&ann).await);
    let waiting = tokio::spawn(async move { read(&ann, &query).await });
    until_a_listener_exists(&server).await;
    in_time("the end", server.stop()).await;
    assert_eq!(events(&waiting.await.unwrap()).len(), 0);
}

async fn until_a_listener_exists(server: &TestServer) {
    let listens = async {
        while !server.app.live.has_listeners() {
            tokio::task::yield_now().await;
        }
    };
    in_time("a listener", listens).await;
}

#[tokio::test]
async fn a_waiting_request_is_rejected_when_its_login_ends() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let (path, id) = (
        format!("events?since={}&timeout=60", position(&ann).await),
        ann.id(),
    );
    let waiting = tokio::spawn(async move { ann.get(&path).await });
    until_a_listener_exists(&server).await;
    let logout = admin.post("users.logout", json!({"userId": id}));
    logout.await.expect(200);
    waiting.await.unwrap().expect(401);
}

#[tokio::test]
async fn no_presence_is_sent_while_broadcasts_are_disabled() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let since = position(&ann).await;
    setting(&admin, "Presence_broadcast_disabled", true).await;
    set(&ann, json!({"status": "busy"})).await;
    admin.create("still sent").await.expect(200);
    let page = after(&ann, since).await;
    assert_eq!(
        kinds(&page),
        ["setting.changed", "custom_user_status.created"]
    );
    assert_eq!(page["position"], since + 3);
}

#[tokio::test]
async fn every_kind_of_event_has_its_data() {
    let server = TestServer::start().await;
    let (ann, bob, admin) = (
        server.user("ann").await,
        server.user("bob").await,
        server.admin().await,
    );
    let since = position(&admin).await;
    let_everything_happen(&admin, &ann, &bob).await;
    let page = after(&admin, since).await;
    let lines: Vec<_> = events(&page).iter().map(Value::to_string).collect();
    let lines = Reply {
        body: lines.join("\n").into(),
        ..admin.get("me").await
    };
    lines.golden("events");
}
