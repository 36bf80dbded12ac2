//! A user's logins: their details, how they end, and their maximum number.

use crate::support::{Client, Setup, TestServer, in_time, look_again};
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::Method;

/// Logs in with the user agent `agent`.
async fn log_in(server: &TestServer, user: &str, agent: &str) -> Client {
    let body = json!({"user": user, "password": format!("{user}'s password")}).to_string();
    let headers = [("content-type", "application/json"), ("user-agent", agent)];
    let anon = server.anon();
    let reply = anon
        .send(Method::POST, "/api/v1/login", &headers, body)
        .await
        .expect(200);
    anon.entered(&reply)
}

/// The rows of a list of logins.
async fn listed(client: &Client, route: &str) -> Vec<Value> {
    let page = client.get(route).await.expect(200).json();
    assert_eq!(page["count"], page["sessions"].as_array().unwrap().len());
    page["sessions"].as_array().unwrap().clone()
}

fn agents(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["device"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_user_sees_their_logins_with_client_and_address_and_can_end_one() {
    let server = TestServer::start().await;
    server.user("ann").await;
    server.user("bob").await;
    log_in(&server, "bob", "bob's browser").await;
    let laptop = log_in(&server, "ann", "laptop").await;
    server.clock.advance(Duration::from_secs(1));
    let phone = log_in(&server, "ann", "phone").await;
    let rows = listed(&phone, "sessions/list").await;
    assert_eq!(
        agents(&rows),
        ["phone", "laptop"],
        "newest first, without tokens"
    );
    let own = &rows[0];
    assert_eq!(
        (&own["current"], &rows[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&own["ip"], &own["userId"]),
        (&json!("127.0.0.1"), &json!(phone.id()))
    );
    assert_eq!(own["loginAt"], "2026-01-01T00:00:01.000Z");
    assert_eq!(own["_id"], own["sessionId"]);
    let id = rows[1]["sessionId"].as_str().unwrap();
    let route = format!("sessions/info?sessionId={id}");
    let info = phone.get(&route).await.expect(200).json();
    assert_eq!(
        (&info["device"]["name"], &info["success"]),
        (&json!("laptop"), &json!(true))
    );

    let body = json!({"sessionId": id});
    let ended = phone
        .post("sessions/logout.me", body.clone())
        .await
        .expect(200);
    assert_eq!(ended.json(), json!({"sessionId": id, "success": true}));
    laptop.get("me").await.expect(401);
    phone.get("me").await.expect(200);
    let gone = phone
        .post("sessions/logout.me", body)
        .await
        .expect(404)
        .json();
    assert_eq!(
        gone,
        json!({"success": false, "error": "Session not found"})
    );
    phone.get(&route).await.expect(404);
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let server = TestServer::start().await;
    server.user("ann").await;
    for agent in ["Beta", "Alpha", "Gamma"] {
        log_in(&server, "ann", agent).await;
        server.clock.advance(Duration::from_secs(1));
    }
    let ann = log_in(&server, "ann", "Delta").await;
    let asked = async |query: &str| {
        let rows = listed(&ann, &format!("sessions/list{query}")).await;
        agents(&rows).join(" ")
    };
    assert_eq!(asked("").await, "Delta Gamma Alpha Beta");
    assert_eq!(asked("?filter=aLpH").await, "Alpha");
    assert_eq!(
        asked("?filter=127.0.0.1&count=2&offset=1").await,
        "Gamma Alpha"
    );
    assert_eq!(
        asked("?sort=%7B%22device.name%22:1%7D").await,
        "Alpha Beta Delta Gamma"
    );
    assert_eq!(
        asked("?sort=%7B%22loginAt%22:1%7D").await,
        "Beta Alpha Gamma Delta"
    );
    let refused = ann
        .get("sessions/list?sort=%7B%22ip%22:1%7D")
        .await
        .expect(400);
    assert_eq!(refused.json()["error"], "error-invalid-sort-keys");
    ann.get("sessions/list?user=x").await.expect(400);
    ann.get("sessions/info").await.expect(400);
}

#[tokio::test]
async fn logins_of_other_users_need_the_permission_to_manage_devices() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    server.user("bob").await;
    let bob = log_in(&server, "bob", "bob's browser").await;
    let rows = listed(&admin, "sessions/list.all?filter=BOB").await;
    assert_eq!(rows[0]["_user"], json!({"username": "bob", "name": "bob"}));
    let id = rows[0]["sessionId"].as_str().unwrap().to_owned();
    let info = format!("sessions/info.admin?sessionId={id}");
    admin.get(&info).await.expect(200);
    let body = json!({"sessionId": id});
    for route in ["sessions/list.all", info.as_str()] {
        ann.get(route).await.expect(403);
    }
    ann.post("sessions/logout", body.clone()).await.expect(403);
    ann.post("sessions/logout.me", body.clone())
        .await
        .expect(404);
    ann.get(&format!("sessions/info?sessionId={id}"))
        .await
        .expect(404);
    bob.get("me").await.expect(200);
    admin
        .post("sessions/logout", body.clone())
        .await
        .expect(200);
    bob.get("me").await.expect(401);
    admin.post("sessions/logout", body).await.expect(404);
    admin.get(&info).await.expect(404);
}

#[tokio::test]
async fn removing_other_logins_ends_them_at_once_and_keeps_tokens() {
    let server = TestServer::start().await;
    let token = server.user("ann").await;
    let one = log_in(&server, "ann", "one").await;
    let other = log_in(&server, "ann", "other").await;
    let mut live = other.live().await;
    let done = one
        .post("users.removeOtherTokens", json!({}))
        .await
        .expect(200);
    assert_eq!(done.json(), json!({"success": true}));
    one.get("me").await.expect(200);
    token.get("me").await.expect(200);
    other.get("me").await.expect(401);
    assert_eq!(live.closed().await, 1008);
}

#[tokio::test]
async fn a_login_beyond_the_limit_ends_the_oldest_one_and_its_live_connection() {
    let setup = Setup::new().config(|config| config.logins_per_user = 3);
    let server = setup.start().await;
    let token = server.user("ann").await;
    let mut logins = Vec::new();
    for n in 0..3 {
        logins.push(log_in(&server, "ann", &format!("client {n}")).await);
        server.clock.advance(Duration::from_secs(1));
    }
    let mut live = logins[0].live().await;
    let mut by_socket = server.live().await;
    by_socket
        .log_in(json!({"user": "ann", "password": "ann's password"}))
        .await;
    assert_eq!(live.closed().await, 1008);
    logins[0].get("me").await.expect(401);
    for kept in logins[1..].iter().chain([&token]) {
        kept.get("me").await.expect(200);
    }
    assert_eq!(listed(&token, "sessions/list").await.len(), 3);
}

#[tokio::test]
async fn the_last_use_of_a_login_is_recorded_within_minutes() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let ann = log_in(&server, "ann", "laptop").await;
    let used = async || listed(&ann, "sessions/list").await[0]["lastUsedAt"].clone();
    server.clock.advance(Duration::from_secs(600));
    used().await;
    server.clock.advance(Duration::from_secs(1));
    let recorded = async {
        // To about a second, as the requests of this loop count as uses too.
        while !used().await.to_string().contains("T00:10:0") {
            look_again().await;
        }
    };
    in_time("a record of the last use", recorded).await;
}
