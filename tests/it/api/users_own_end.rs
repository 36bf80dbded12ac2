//! How users end their own account and other logins, and how idle users are deactivated.

use crate::support::admin::setting;
use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer};
use doorsign::config::Contract;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const OWN: &str = "users.deleteOwnAccount";
const IDLE: &str = "users.deactivateIdle";
const ALLOW: &str = "Accounts_AllowDeleteOwnAccount";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn users_delete_their_account_with_their_password_if_a_setting_allows_it() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = Setup::new().contract(contract).start().await;
        let (admin, ann) = (server.admin().await, server.user("ann").await);
        let right = json!({"password": "ann's password", "confirmRelinquish": true});
        ann.post(OWN, right.clone())
            .await
            .golden("users_delete_own_not_allowed");
        setting(&admin, ALLOW, true).await;
        let wrong = ann.post(OWN, json!({"password": "another"})).await;
        wrong.golden("users_delete_own_wrong_password");
        ann.post(OWN, json!({"password": ""}))
            .await
            .golden("users_delete_own_wrong_password");
        ann.refused_params(OWN, json!({}), "must have required property 'password'")
            .await;
        ann.get("me").await.expect(200);
        ann.post(OWN, right).await.golden("users_delete_own");
        ann.get("me").await.expect(401);
        server
            .anon()
            .login("ann", "ann's password")
            .await
            .golden("login_refused");
        let audit = admin
            .get("audit.list?action=user.deleted")
            .await
            .expect(200)
            .json();
        assert_eq!(audit["records"][0]["author"]["username"], "ann");
    }
}

#[tokio::test]
async fn a_password_may_be_given_as_its_digest_to_delete_the_own_account() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    setting(&admin, ALLOW, true).await;
    let digest = Sha256::digest("ann's password");
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ann.post(OWN, json!({"password": digest})).await.expect(200);
}

#[tokio::test]
async fn wrong_passwords_for_deleting_the_own_account_count_as_failed_logins() {
    let setup = Setup::new().config(|config| config.login_failures_per_user = 2);
    let server = setup.start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    setting(&admin, ALLOW, true).await;
    for _ in 0..2 {
        let wrong = ann.post(OWN, json!({"password": "another"})).await;
        wrong.golden("users_delete_own_wrong_password");
    }
    let right = json!({"password": "ann's password"});
    ann.post(OWN, right)
        .await
        .golden("users_delete_own_blocked");
}

#[tokio::test]
async fn the_last_administrator_cannot_delete_the_own_account() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    setting(&admin, ALLOW, true).await;
    let password = json!({"password": ADMIN_PASSWORD});
    admin
        .post(OWN, password.clone())
        .await
        .golden("users_delete_own_last_admin");
    server.user_with_roles("boss", &["admin"]).await;
    admin.post(OWN, password).await.expect(200);
}

#[tokio::test]
async fn other_logins_by_password_end_and_the_own_one_is_returned() {
    let server = TestServer::start().await;
    let token = server.user("ann").await;
    let log_in = async || server.anon().logged_in("ann", "ann's password").await;
    let (laptop, phone) = (log_in().await, log_in().await);
    let kept = laptop.post("users.logoutOtherClients", json!({})).await;
    kept.golden("users_logout_others");
    let own = laptop.credentials.clone().unwrap().1;
    assert_eq!(kept.json()["token"], json!(own));
    phone.get("me").await.expect(401);
    for client in [&laptop, &token] {
        client.get("me").await.expect(200);
    }
    let by_token = token
        .post("users.logoutOtherClients", json!({}))
        .await
        .expect(200);
    assert_eq!(by_token.json()["tokenExpires"], "");
    laptop.get("me").await.expect(401);
}

async fn is_active(admin: &Client, username: &str) -> bool {
    let info = admin.get(&format!("users.info?username={username}")).await;
    info.expect(200).json()["user"]["active"].as_bool().unwrap()
}

#[tokio::test]
async fn users_who_used_no_login_for_some_days_are_deactivated() {
    for contract in [Contract::Documented, Contract::Server] {
        let server = Setup::new().contract(contract).start().await;
        let admin = server.admin().await;
        for name in ["ann", "bob"] {
            server.user(name).await;
        }
        server.user_with_roles("robot", &["bot"]).await;
        server.clock.advance(DAY * 10);
        server.anon().logged_in("ann", "ann's password").await;
        server.user("cid").await;
        let idle = async |body: Value| admin.post(IDLE, body).await.expect(200).json();
        assert_eq!(
            idle(json!({"daysIdle": 11})).await,
            json!({"count": 0, "success": true})
        );
        assert_eq!(idle(json!({"daysIdle": 10})).await["count"], 1, "only bob");
        assert!(!is_active(&admin, "bob").await);
        for name in ["admin", "ann", "cid", "robot"] {
            assert!(is_active(&admin, name).await, "{name}");
        }
        assert_eq!(
            idle(json!({"daysIdle": 10})).await["count"],
            0,
            "each one once"
        );
        assert_eq!(
            idle(json!({"daysIdle": "10", "role": "bot"})).await["count"],
            1
        );
        assert_eq!(
            idle(json!({"daysIdle": 0, "role": "pilot"})).await["count"],
            0
        );
    }
}

#[tokio::test]
async fn deactivating_idle_users_spares_the_requester_and_the_last_administrator() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let boss = server.user_with_roles("boss", &["admin"]).await;
    server.clock.advance(DAY);
    let all = json!({"daysIdle": 0, "role": "admin"});
    assert_eq!(
        boss.post(IDLE, all.clone()).await.expect(200).json()["count"],
        1
    );
    admin.get("me").await.expect(401);
    assert_eq!(boss.post(IDLE, all).await.expect(200).json()["count"], 0);
    for (body, text) in [
        (json!({}), "must have required property 'daysIdle'"),
        (json!({"daysIdle": -1}), "must be a whole number from 0"),
        (json!({"daysIdle": 1.5}), "must be a whole number from 0"),
        (json!({"daysIdle": "x"}), "must be number"),
        (
            json!({"daysIdle": 1, "days": 1}),
            "must NOT have additional properties",
        ),
    ] {
        boss.refused_params(IDLE, body, text).await;
    }
}

#[tokio::test]
async fn avatars_of_others_are_reset_with_the_permission_only() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let own = json!({"userId": ann.id()});
    ann.post("users.resetAvatar", json!({"username": "admin"}))
        .await
        .golden("users_avatar_not_allowed");
    ann.post("users.resetAvatar", own.clone()).await.expect(200);
    admin.post("users.resetAvatar", own).await.expect(200);
    let unknown = json!({"username": "unknown"});
    admin
        .post("users.resetAvatar", unknown)
        .await
        .golden("users_delete_unknown");
    admin
        .post("users.resetAvatar", json!({}))
        .await
        .golden("users_avatar_without_user");
}

#[tokio::test]
async fn the_availability_of_a_username_needs_the_setting_about_usernames() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    setting(&admin, "Accounts_AllowUsernameChange", false).await;
    let refused = ann
        .get("users.checkUsernameAvailability?username=dan")
        .await;
    refused.golden("username_locked");
}
