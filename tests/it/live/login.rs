//! Logins on a live connection: every way to log in, the frames that follow, and refused logins.
//! Source: compatibility 9.2.
//! `logout` and `closed` cover how a login ends.

use crate::support::frames::added;
use crate::support::presence::seen;
use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer, golden_lines};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The digest of a password in the format of realtime clients.
fn digest(password: &str) -> Value {
    let digest = Sha256::digest(password);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"digest": hex, "algorithm": "sha-256"})
}

#[tokio::test]
async fn every_way_to_log_in_publishes_the_user_before_the_result() {
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
        live.send_frame(json!({"msg": "method", "id": "x", "method": "login", "params": [with]}))
            .await;
        live.expect(added(&ann.id(), "ann")).await;
        let result = live.receive().await;
        let login = &result["result"];
        assert_eq!(login["id"], ann.id(), "{with}: {result}");
        assert_eq!(login["type"], kind, "{with}: {result}");
        assert_eq!(login.as_object().unwrap().len(), 4, "{result}");
        // At least one day after the login. Clients fail if the expiry is missing.
        let expires = login["tokenExpires"]["$date"].as_i64().unwrap();
        assert!(expires > 1_767_225_600_000 + 24 * 3600 * 1000, "{result}");
        if let Some(token) = token {
            assert_eq!(login["token"], **token);
        }
        live.expect(json!({"msg": "updated", "methods": ["x"]}))
            .await;
        let credentials = Some((ann.id(), login["token"].as_str().unwrap().to_owned()));
        let client = Client::new(server.address, credentials);
        client.get("me").await.expect(200);
    }
}

#[tokio::test]
async fn a_login_result_contains_its_expiry() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let mut live = server.live().await;
    let with = json!({"user": {"username": "ann"}, "password": "ann's password"});
    let login = live.log_in(with).await;
    let days = 90 * 24 * 3600 * 1000;
    assert_eq!(
        login["tokenExpires"],
        json!({"$date": 1_767_225_600_000_i64 + days})
    );
}

#[tokio::test]
async fn every_failed_login_gets_an_error_and_keeps_the_connection_open() {
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
            "an unknown user",
            json!([{"user": {"username": "nobody"}, "password": "x"}]),
        ),
        (
            "an unknown address",
            json!([{"user": {"email": "x@y"}, "password": "x"}]),
        ),
        ("a dead token", json!([{"resume": dead}])),
        ("an unknown token", json!([{"resume": "worthless"}])),
        (
            "a deactivated user",
            json!([{"user": {"username": "bob"}, "password": "bob's password"}]),
        ),
        (
            "a token of a deactivated user",
            json!([{"resume": bob.credentials.as_ref().unwrap().1}]),
        ),
        ("a number for a token", json!([{"resume": 7}])),
        (
            "another algorithm",
            ann_with(json!({"digest": "00", "algorithm": "md5"})),
        ),
        (
            "an invalid digest",
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
async fn too_many_failed_logins_block_the_user_over_live_and_rest() {
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
