//! Links that do not work, and people who may not create them.

use crate::support::TestServer;
use crate::support::admin::grant_to;
use crate::support::invitations::{accept, link, look, refusal};
use serde_json::json;
use std::time::Duration;
use warp::http::Method;

const PASSWORD: &str = "walrus-lantern-orbit";

#[tokio::test]
async fn an_invited_person_cannot_log_in_before() {
    let server = TestServer::start().await;
    link(&server.admin().await, json!({"username": "ann"})).await;
    for guess in ["", "ann", "password", PASSWORD] {
        server.anon().login("ann", guess).await.expect(401);
    }
}

#[tokio::test]
async fn a_link_expires_after_three_days() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann"})).await;
    server
        .clock
        .advance(Duration::from_secs(3 * 24 * 60 * 60 - 1));
    look(&server.anon(), &token).await.expect(200);
    server.clock.advance(Duration::from_secs(1));
    let expired = "error-invitation-expired";
    assert_eq!(refusal(look(&server.anon(), &token).await), expired);
    let accepted = accept(&server.anon(), &token, PASSWORD).await;
    assert_eq!(refusal(accepted), expired);
    server.anon().login("ann", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_new_link_and_a_new_password_each_end_the_earlier_links() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let reset = json!({"userId": ann.id(), "kind": "reset"});
    let first = link(&admin, reset.clone()).await;
    let second = link(&admin, reset).await;
    let unknown = "error-invitation-unknown";
    assert_eq!(refusal(look(&server.anon(), &first).await), unknown);
    look(&server.anon(), &second).await.expect(200);
    let update = json!({"userId": ann.id(), "data": {"password": PASSWORD}});
    admin.post("users.update", update).await.expect(200);
    assert_eq!(refusal(look(&server.anon(), &second).await), unknown);
    server.anon().logged_in("ann", PASSWORD).await;
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_still_works() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann.example"})).await;
    for (password, code) in [
        ("", "error-the-field-is-required"),
        ("short", "error-password-policy-not-met"),
        ("password1", "error-password-policy-not-met"),
        ("Ann.Example", "error-password-policy-not-met"),
    ] {
        let refused = accept(&server.anon(), &token, password).await;
        assert_eq!(refusal(refused), code, "{password}");
    }
    accept(&server.anon(), &token, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn tokens_that_were_never_given_out_are_unknown() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann"})).await;
    let swapped: String = token.chars().rev().collect();
    let (cut, longer) = (&token[1..], format!("{token}="));
    let huge = "x".repeat(10_000);
    for wrong in [
        cut,
        &longer,
        &swapped,
        &token.to_lowercase(),
        "' OR 1=1 --",
        &huge,
        "\u{0}",
    ] {
        let unknown = "error-invitation-unknown";
        assert_eq!(
            refusal(look(&server.anon(), wrong).await),
            unknown,
            "{wrong:.60}"
        );
        let accepted = accept(&server.anon(), wrong, PASSWORD).await;
        assert_eq!(refusal(accepted), unknown, "{wrong:.60}");
    }
}

/// A foreign page must not log a browser in as a user of its choice.
#[tokio::test]
async fn a_link_is_accepted_only_from_a_page_of_this_server() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann"})).await;
    let body = json!({"token": token, "password": PASSWORD});
    let bare = server.anon().post("invitations.accept", body.clone()).await;
    assert_eq!(bare.expect(403).json()["errorType"], "error-invalid-origin");
    let path = "/api/v1/invitations.accept";
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://example.org"),
        ("origin", "null"),
    ] {
        let headers = [("content-type", "application/json"), foreign];
        let (anon, body) = (server.anon(), body.to_string());
        let sent = anon.send(Method::POST, path, &headers, body).await;
        sent.expect(403);
    }
    let origin = format!("http://{}", server.anon().address());
    let headers = [
        ("content-type", "application/json"),
        ("origin", origin.as_str()),
    ];
    let (anon, body) = (server.anon(), body.to_string());
    anon.send(Method::POST, path, &headers, body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_deactivated_person_cannot_use_a_link() {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    let token = link(&admin, json!({"userId": ann.id(), "kind": "reset"})).await;
    let off = json!({"userId": ann.id(), "activeStatus": false});
    admin.post("users.setActiveStatus", off).await.expect(200);
    let refused = accept(&server.anon(), &token, PASSWORD).await;
    assert_eq!(refusal(refused), "error-user-is-not-activated");
    let on = json!({"userId": ann.id(), "activeStatus": true});
    admin.post("users.setActiveStatus", on).await.expect(200);
    accept(&server.anon(), &token, PASSWORD).await.expect(200);
}

/// Users who may create users must not take over an account that others hold.
#[tokio::test]
async fn another_invitation_gives_no_more_than_the_first() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    grant_to(&admin, "create-user", &["admin", "bot"]).await;
    let inviter = server.user_with_roles("inviter", &["user", "bot"]).await;
    let again = |id: &str| json!({"userId": id, "kind": "invitation"});
    let invite = async |body| inviter.post("invitations.create", body).await;
    let invited = invite(json!({"username": "ann"})).await.expect(200).json();
    let ann = invited["invitation"]["userId"].as_str().unwrap();
    invite(again(ann)).await.expect(200);
    let boss = json!({"username": "boss", "roles": ["admin"]});
    invite(boss.clone()).await.expect(403);
    let boss = admin.post("invitations.create", boss).await.expect(200);
    let boss = boss.json()["invitation"]["userId"].clone();
    invite(again(boss.as_str().unwrap())).await.expect(403);
    invite(again(&admin.id())).await.expect(403);
    let bob = server.user("bob").await;
    invite(again(&bob.id())).await.expect(403);
    invite(json!({"userId": ann, "kind": "reset"}))
        .await
        .expect(403);
}
