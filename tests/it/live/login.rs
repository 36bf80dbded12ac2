//! Who a live connection is: the ways to log in and what is told of it, and why not. Source: compatibility 9.2. How a login ends is
//! in `logout` and `cut`.

use crate::support::frames::added;
use crate::support::presence::seen;
use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer, golden_lines};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The digest of a password, as realtime clients send it.
fn digest(password: &str) -> Value {
    let digest = Sha256::digest(password);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"digest": hex, "algorithm": "sha-256"})
}

#[tokio::test]
async fn every_way_to_log_in_tells_who_it_is_before_its_result() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let (password, hashed) = ("ann's password", digest("ann's password"));
    let [by_token, by_login] = [&ann, &by_password].map(|c| c.credentials.clone().unwrap().1);
    for (with, kind, token) in [
        (json!({"resume": by_token}), "resume", Some(&by_token)),
        (json!({"resume": by_login}), "resume", Some(&by_login)),
        (
            json!({"user": {"username": "ann"}, "password": password}),
            "password",
            None,
        ),
        (
            json!({"user": {"username": "ANN"}, "password": hashed}),
            "password",
            None,
        ),
        (
            json!({"user": {"email": "ann@example.org"}, "password": hashed}),
            "password",
            None,
        ),
        (
            json!({"user": "ann", "password": password}),
            "password",
            None,
        ),
        (
            json!({"user": "ann@example.org", "password": hashed}),
            "password",
            None,
        ),
    ] {
        let mut live = server.live().await;
        live.say(json!({"msg": "method", "id": "x", "method": "login", "params": [with]}))
            .await;
        live.expect(added(&ann.id(), "ann")).await;
        let result = live.hear().await;
        let told = &result["result"];
        assert_eq!(told["id"], ann.id(), "{with}: {result}");
        assert_eq!(told["type"], kind, "{with}: {result}");
        assert_eq!(told.as_object().unwrap().len(), 4, "{result}");
        // The day after the login at the earliest: a client without an end would throw.
        let ends = told["tokenExpires"]["$date"].as_i64().unwrap();
        assert!(ends > 1_767_225_600_000 + 24 * 3600 * 1000, "{result}");
        if let Some(token) = token {
            assert_eq!(told["token"], **token);
        }
        live.expect(json!({"msg": "updated", "methods": ["x"]}))
            .await;
        let whose = Some((ann.id(), told["token"].as_str().unwrap().to_owned()));
        let client = Client::new(server.address, whose);
        client.get("me").await.expect(200);
    }
}

#[tokio::test]
async fn what_a_login_tells_of_its_end_is_when_it_ends() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let mut live = server.live().await;
    let with = json!({"user": {"username": "ann"}, "password": "ann's password"});
    let told = live.log_in(with).await;
    let days = 90 * 24 * 3600 * 1000;
    assert_eq!(
        told["tokenExpires"],
        json!({"$date": 1_767_225_600_000_i64 + days})
    );
}

#[tokio::test]
async fn every_login_that_fails_is_told_why_and_leaves_the_connection_open() {
    let server = TestServer::start().await;
    let (admin, ann, bob) = (
        server.admin().await,
        server.user("ann").await,
        server.user("bob").await,
    );
    let dead = server.anon().logged_in("ann", "ann's password").await;
    dead.post("logout", json!({})).await.expect(200);
    let off = json!({"userId": bob.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", off).await.expect(200);
    let dead = dead.credentials.unwrap().1;
    let (mut live, mut lines) = (server.live().await, Vec::new());
    let ann_with = |password: Value| json!([{"user": {"username": "ann"}, "password": password}]);
    for (name, params) in [
        ("a wrong password", ann_with(json!("wrong"))),
        ("a wrong digest", ann_with(digest("wrong"))),
        (
            "nobody",
            json!([{"user": {"username": "nobody"}, "password": "x"}]),
        ),
        (
            "nobody's address",
            json!([{"user": {"email": "x@y"}, "password": "x"}]),
        ),
        ("a dead token", json!([{"resume": dead}])),
        ("no token", json!([{"resume": "worthless"}])),
        (
            "somebody who is deactivated",
            json!([{"user": {"username": "bob"}, "password": "bob's password"}]),
        ),
        (
            "a token of somebody who is deactivated",
            json!([{"resume": bob.credentials.as_ref().unwrap().1}]),
        ),
        ("a number for a token", json!([{"resume": 7}])),
        (
            "another algorithm",
            ann_with(json!({"digest": "00", "algorithm": "md5"})),
        ),
        (
            "a digest that is none",
            ann_with(json!({"digest": "00", "algorithm": "sha-256"})),
        ),
        (
            "LDAP",
            json!([{"ldap": true, "username": "ann", "ldapPass": "x"}]),
        ),
        (
            "a second factor",
            json!([{"totp": {"code": "1", "login": {}}}]),
        ),
        ("OAuth", json!([{"oauth": {"credentialToken": "x"}}])),
        (
            "a user without a name",
            json!([{"user": {}, "password": "x"}]),
        ),
        ("nothing", json!([{}])),
        ("no object", json!(["ann"])),
        ("no parameter", json!([])),
    ] {
        let error = live.failure("login", params).await;
        lines.push(format!("{name}: {error}"));
    }
    golden_lines("live_login_refused", &lines);
    live.is_open().await;
    assert_eq!(seen(&admin, &ann).await, "offline");
    live.log_in(json!({"user": {"username": "ann"}, "password": "ann's password"}))
        .await;
}

#[tokio::test]
async fn who_fails_too_often_is_blocked_whichever_way_they_come() {
    let setup = Setup::new().config(|config| config.login_failures_per_user = 2);
    let server = setup.start().await;
    server.user("ann").await;
    let mut live = server.live().await;
    let with = |password: &str| json!([{"user": {"username": "ann"}, "password": password}]);
    for _ in 0..2 {
        live.failure("login", with("wrong")).await;
    }
    let error = live.failure("login", with("ann's password")).await;
    golden_lines("live_login_blocked", &[error.to_string()]);
    server
        .anon()
        .login("ann", "ann's password")
        .await
        .expect(401);
    live.log_in(json!({"user": "admin", "password": ADMIN_PASSWORD}))
        .await;
}
