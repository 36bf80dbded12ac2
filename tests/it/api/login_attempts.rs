//! Blocks against password guessing: which logins they affect, how long they last, and what they
//! reveal.

use crate::support::{Reply, Setup, TestServer};
use doorsign::config::Config;
use doorsign::domain::UserKey;
use doorsign::service::users;
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::Method;

const MINUTES_5: Duration = Duration::from_secs(300);

async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    let server = Setup::new().config(change).start().await;
    server.user("ann").await;
    server.user("bob").await;
    server
}

async fn login(server: &TestServer, user: &str, password: &str) -> Reply {
    server.anon().login(user, password).await
}

/// Fails to log in as `user` this many times.
async fn fail(server: &TestServer, user: &str, times: usize) {
    for _ in 0..times {
        login(server, user, "wrong").await.golden("login_refused");
    }
}

#[tokio::test]
async fn ten_failures_block_a_user_for_five_minutes_even_with_the_right_password() {
    let server = server(|_| ()).await;
    fail(&server, "ann", 10).await;
    for password in ["wrong", "ann's password"] {
        login(&server, "ann", password)
            .await
            .golden("login_blocked_user");
    }
    login(&server, "bob", "bob's password").await.expect(200);
    server.clock.advance(MINUTES_5 - Duration::from_millis(1));
    login(&server, "ann", "ann's password")
        .await
        .golden("login_blocked_user");
    server.clock.advance(Duration::from_millis(1));
    login(&server, "ann", "ann's password").await.expect(200);
}

#[tokio::test]
async fn unknown_usernames_are_blocked_like_existing_ones() {
    let server = server(|config| config.login_failures_per_user = 2).await;
    fail(&server, "nobody", 2).await;
    login(&server, "nobody", "wrong")
        .await
        .golden("login_blocked_user");
    fail(&server, "ann", 1).await;
    fail(&server, "ANN", 1).await;
    login(&server, "Ann", "ann's password")
        .await
        .golden("login_blocked_user");
}

#[tokio::test]
async fn a_successful_login_resets_the_failures() {
    let server = server(|config| config.login_failures_per_user = 3).await;
    for _ in 0..3 {
        fail(&server, "ann", 2).await;
        login(&server, "ann", "ann's password").await.expect(200);
    }
}

#[tokio::test]
async fn fifty_failures_block_the_address_for_every_user() {
    let server = server(|_| ()).await;
    for n in 0..50 {
        fail(&server, &format!("user{n}"), 1).await;
    }
    login(&server, "ann", "ann's password")
        .await
        .golden("login_blocked_address");
    // Existing logins and tokens still work: only passwords are refused.
    let ann = server.with_token("ann").await;
    ann.get("me").await.expect(200);
    let token = ann.credentials.as_ref().unwrap().1.clone();
    let resumed = server.anon().post("login", json!({"resume": token})).await;
    resumed.expect(200);
    server.clock.advance(MINUTES_5);
    login(&server, "ann", "ann's password").await.expect(200);
}

#[tokio::test]
async fn the_settings_control_the_failures_and_the_duration_of_a_block() {
    let server = server(|config| {
        config.login_failures_per_user = 2;
        config.login_failures_per_address = 3;
        config.login_block_seconds = 10;
    })
    .await;
    fail(&server, "ann", 2).await;
    login(&server, "ann", "ann's password")
        .await
        .golden("login_blocked_user");
    fail(&server, "bob", 1).await;
    login(&server, "bob", "bob's password")
        .await
        .golden("login_blocked_address");
    server.clock.advance(Duration::from_secs(10));
    login(&server, "ann", "ann's password").await.expect(200);
    login(&server, "bob", "bob's password").await.expect(200);
}

#[tokio::test]
async fn a_blocked_login_returns_the_remaining_time() {
    let server = server(|config| config.login_failures_per_user = 1).await;
    fail(&server, "ann", 1).await;
    server.clock.advance(Duration::from_millis(100_500));
    let refused = login(&server, "ann", "wrong").await.expect(401).json();
    let hint = "Try again in 200 seconds";
    let expected = json!({"seconds": 200, "until": "2026-01-01T00:05:00.000Z", "hint": hint});
    assert_eq!(refused["details"], expected);
    let ann = server.with_token("ann").await;
    let own = json!({"data": {"email": "x@example.org", "currentPassword": "wrong"}});
    let refused = ann.post("users.updateOwnBasicInfo", own).await.expect(400);
    let details = &refused.json()["details"];
    assert_eq!(
        (&details["seconds"], &details["hint"]),
        (&json!(200), &json!(hint))
    );
}

#[tokio::test]
async fn a_password_reset_and_an_unblock_lift_the_block_of_a_user() {
    let server = server(|config| config.login_failures_per_user = 2).await;
    let admin = server.admin().await;
    let ann = server.with_token("ann").await;
    for user in ["ann", "bob", "ann@example.org"] {
        fail(&server, user, 2).await;
    }
    let own =
        |current: &str| json!({"data": {"email": "x@example.org", "currentPassword": current}});
    for _ in 0..3 {
        ann.post("users.updateOwnBasicInfo", own("wrong"))
            .await
            .expect(400);
    }
    server.clock.advance(Duration::from_secs(1));
    let data = json!({"userId": ann.id(), "data": {"password": "a new password"}});
    admin.post("users.update", data).await.expect(200);
    login(&server, "ann", "a new password").await.expect(200);
    login(&server, "ann@example.org", "a new password")
        .await
        .expect(200);
    ann.post("users.updateOwnBasicInfo", own("a new password"))
        .await
        .expect(200);
    login(&server, "bob", "bob's password")
        .await
        .golden("login_blocked_user");
    users::unblock(&server.app, "bob").await.unwrap();
    login(&server, "bob", "bob's password").await.expect(200);
    fail(&server, "bob", 2).await;
    login(&server, "bob", "bob's password")
        .await
        .golden("login_blocked_user");
}

#[tokio::test]
async fn an_unblock_and_a_success_clear_the_wrong_current_passwords() {
    let server = server(|config| config.login_failures_per_user = 2).await;
    let ann = server.with_token("ann").await;
    let change = async |email: &str, current: &str| {
        let own = json!({"data": {"email": email, "currentPassword": current}});
        ann.post("users.updateOwnBasicInfo", own).await
    };
    for email in ["a@example.org", "b@example.org", "c@example.org"] {
        change(email, "wrong").await.expect(400);
        change(email, "ann's password").await.expect(200);
    }
    change("d@example.org", "wrong").await.expect(400);
    change("d@example.org", "wrong").await.expect(400);
    change("d@example.org", "ann's password").await.expect(400);
    server.clock.advance(Duration::from_secs(1));
    users::unblock(&server.app, "ann").await.unwrap();
    change("d@example.org", "ann's password").await.expect(200);
}

#[tokio::test]
async fn an_unblock_lifts_a_silent_block() {
    let server = server(|config| config.login_failures_per_user = 4).await;
    fail(&server, "ann", 2).await;
    fail(&server, "ann@example.org", 2).await;
    login(&server, "ann", "ann's password")
        .await
        .golden("login_refused");
    server.clock.advance(Duration::from_secs(1));
    users::unblock(&server.app, "ann").await.unwrap();
    login(&server, "ann", "ann's password").await.expect(200);
}

#[tokio::test]
async fn only_the_correct_password_reveals_that_an_account_is_deactivated() {
    let server = server(|_| ()).await;
    users::set_active(&server.app, "ann", false).await.unwrap();
    login(&server, "ann", "wrong").await.golden("login_refused");
    login(&server, "ann", "ann's password")
        .await
        .golden("login_deactivated");
}

#[tokio::test]
async fn concurrent_correct_logins_do_not_count_as_failures() {
    let server = server(|_| ()).await;
    let logins = (0..16).map(|_| login(&server, "ann", "ann's password"));
    for reply in futures_util::future::join_all(logins).await {
        reply.expect(200);
    }
}

/// Logs in from `address`, as forwarded by a trusted proxy.
async fn login_from(server: &TestServer, address: &str, user: &str, password: &str) -> Reply {
    post_login_from(server, address, json!({"user": user, "password": password})).await
}

async fn post_login_from(server: &TestServer, address: &str, body: Value) -> Reply {
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", address),
    ];
    let anon = server.anon();
    anon.send(Method::POST, "/api/v1/login", &headers, body.to_string())
        .await
}

#[tokio::test]
async fn a_rotating_x_forwarded_for_does_not_avoid_a_block_without_a_trusted_proxy() {
    let server = server(|_| ()).await;
    for n in 0..10 {
        let refused = login_from(&server, &format!("192.0.2.{n}"), "ann", "wrong").await;
        refused.golden("login_refused");
    }
    let blocked = login_from(&server, "192.0.2.99", "ann", "ann's password").await;
    blocked.golden("login_blocked_user");
}

#[tokio::test]
async fn failures_behind_a_trusted_proxy_count_against_the_address_that_it_forwards() {
    let server = server(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    for _ in 0..10 {
        let refused = login_from(&server, "192.0.2.1", "ann", "wrong").await;
        refused.golden("login_refused");
    }
    let blocked = login_from(&server, "192.0.2.1", "ann", "ann's password").await;
    blocked.golden("login_blocked_user");
    let other = login_from(&server, "192.0.2.2", "ann", "ann's password").await;
    other.expect(200);
}

#[tokio::test]
async fn username_and_email_address_of_an_account_are_counted_together() {
    let server = server(|_| ()).await;
    fail(&server, "ann", 5).await;
    fail(&server, "Ann@Example.org", 5).await;
    // A silent block: a visible one would reveal which user owns the email address.
    for name in ["ann", "ann@example.org"] {
        let right = login(&server, name, "ann's password").await;
        right.golden("login_refused");
    }
    login(&server, "bob@example.org", "bob's password")
        .await
        .expect(200);
    server.clock.advance(MINUTES_5);
    login(&server, "ann", "ann's password").await.expect(200);
}

#[tokio::test]
async fn an_attacked_account_stays_open_for_addresses_that_logged_in_before() {
    let server = server(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.login_failures_per_account = 3;
        config.login_account_block_seconds = 600;
    })
    .await;
    login_from(&server, "198.51.100.1", "ann", "ann's password")
        .await
        .expect(200);
    for name in ["ann", "nobody"] {
        for n in 1..=3 {
            let refused = login_from(&server, &format!("192.0.2.{n}"), name, "wrong").await;
            refused.golden("login_refused");
        }
        let blocked = login_from(&server, "192.0.2.4", name, "ann's password").await;
        blocked.golden("login_blocked_user");
    }
    for name in ["ann", "ann@example.org"] {
        let known = login_from(&server, "198.51.100.1", name, "ann's password").await;
        known.expect(200);
    }
    login_from(&server, "192.0.2.4", "bob", "bob's password")
        .await
        .expect(200);
    server.clock.advance(Duration::from_secs(600));
    login_from(&server, "192.0.2.4", "ann", "ann's password")
        .await
        .expect(200);
}

#[tokio::test]
async fn an_attacked_account_stays_open_for_addresses_that_logged_in_by_token() {
    let server = server(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.login_failures_per_account = 3;
    })
    .await;
    let (home, office) = ("198.51.100.1", "203.0.113.1");
    let login = login_from(&server, home, "ann", "ann's password").await;
    let login = login.expect(200).json();
    let token = &login["data"]["authToken"];
    post_login_from(&server, office, json!({"resume": token}))
        .await
        .expect(200);
    for n in 1..=3 {
        let refused = login_from(&server, &format!("192.0.2.{n}"), "ann", "wrong").await;
        refused.golden("login_refused");
    }
    login_from(&server, office, "ann", "ann's password")
        .await
        .expect(200);
}

#[tokio::test]
async fn an_operator_can_lift_the_block_of_an_account() {
    let server = server(|_| ()).await;
    fail(&server, "ann", 5).await;
    fail(&server, "ann@example.org", 10).await;
    let key = UserKey::Username("ann".to_owned());
    let (ann, _) = server.app.store.find_user(key).await.unwrap().unwrap();
    server.app.auth.attempts.unblock(&ann);
    for name in ["ann", "ann@example.org"] {
        login(&server, name, "ann's password").await.expect(200);
    }
}

#[tokio::test]
async fn an_attacked_account_stays_open_for_known_addresses_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let setup = Setup::at(&folder.path().join("data")).config(|config| {
            config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            config.login_failures_per_account = 3;
        });
        setup.start().await
    };
    let server = start().await;
    server.user("ann").await;
    login_from(&server, "198.51.100.1", "ann", "ann's password")
        .await
        .expect(200);
    server.stop().await;
    let server = start().await;
    for n in 1..=3 {
        let refused = login_from(&server, &format!("192.0.2.{n}"), "ann", "wrong").await;
        refused.golden("login_refused");
    }
    login_from(&server, "192.0.2.4", "ann", "ann's password")
        .await
        .golden("login_blocked_user");
    for name in ["ann", "ann@example.org"] {
        login_from(&server, "198.51.100.1", name, "ann's password")
            .await
            .expect(200);
    }
    let known = login_from(&server, "198.51.100.1", "ann", "wrong").await;
    known.golden("login_refused");
}
