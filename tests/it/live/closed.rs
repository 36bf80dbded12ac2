//! Live connections are closed when their login ends. Connections of other logins and other users
//! stay open.

use crate::support::presence::set;
use crate::support::{Client, Live, Setup, TestServer};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;

const LOGGED_OUT: u16 = 1008;

/// Ann, logged in by password and by token, and bob, with one live connection each.
struct Users {
    server: TestServer,
    admin: Client,
    by_password: (Client, Live),
    by_token: (Client, Live),
    bob: (Client, Live),
}

async fn users(setup: Setup) -> Users {
    let server = setup.start().await;
    let by_token = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let bob = server.user("bob").await;
    Users {
        admin: server.admin().await,
        by_password: live(by_password).await,
        by_token: live(by_token).await,
        bob: live(bob).await,
        server,
    }
}

async fn live(client: Client) -> (Client, Live) {
    let live = client.live().await;
    (client, live)
}

impl Users {
    /// Checks that bob's connection and login still work.
    async fn assert_bob_is_connected(&mut self) {
        self.bob.1.is_open().await;
        self.bob.0.get("me").await.expect(200);
        set(&self.bob.0, json!({"message": "still here"})).await;
    }

    async fn assert_both_are_closed(&mut self) {
        assert_eq!(self.by_password.1.closed().await, LOGGED_OUT);
        assert_eq!(self.by_token.1.closed().await, LOGGED_OUT);
        self.assert_bob_is_connected().await;
    }
}

#[tokio::test]
async fn a_rest_logout_closes_only_the_connections_of_that_login() {
    let mut users = users(Setup::new()).await;
    let mut second = users.by_password.0.live().await;
    let out = users.by_password.0.post("logout", json!({})).await;
    out.expect(200);
    assert_eq!(users.by_password.1.closed().await, LOGGED_OUT);
    assert_eq!(second.closed().await, LOGGED_OUT);
    users.by_token.1.is_open().await;
    users.assert_bob_is_connected().await;
}

#[tokio::test]
async fn a_logout_on_one_connection_closes_the_others_of_that_login() {
    let mut users = users(Setup::new()).await;
    let mut second = users.by_password.0.live().await;
    users.by_password.1.call("logout", json!([])).await;
    assert_eq!(second.closed().await, LOGGED_OUT);
    users
        .by_password
        .1
        .next_where(|frame| frame["msg"] == "removed")
        .await;
    users.by_password.1.is_open().await;
    users.by_token.1.is_open().await;
}

#[tokio::test]
async fn logging_out_a_user_as_an_administrator_closes_all_their_connections() {
    let mut users = users(Setup::new()).await;
    let target = json!({"userId": users.by_token.0.id()});
    users.admin.post("users.logout", target).await.expect(200);
    users.assert_both_are_closed().await;
}

#[tokio::test]
async fn deactivating_a_user_closes_their_connections() {
    let mut users = users(Setup::new()).await;
    let body = json!({"userId": users.by_token.0.id(), "activeStatus": false});
    let done = users.admin.post("users.setActiveStatus", body).await;
    done.expect(200);
    users.assert_both_are_closed().await;
}

#[tokio::test]
async fn deleting_a_user_closes_their_connections() {
    let mut users = users(Setup::new()).await;
    let target = json!({"userId": users.by_token.0.id()});
    users.admin.post("users.delete", target).await.expect(200);
    users.assert_both_are_closed().await;
}

#[tokio::test]
async fn changing_a_password_closes_password_logins_but_not_tokens() {
    let mut users = users(Setup::new()).await;
    let data = json!({"password": "another password"});
    let body = json!({"userId": users.by_token.0.id(), "data": data});
    users.admin.post("users.update", body).await.expect(200);
    assert_eq!(users.by_password.1.closed().await, LOGGED_OUT);
    users.by_token.1.is_open().await;
    users.assert_bob_is_connected().await;
}

#[tokio::test]
async fn removing_or_regenerating_a_token_closes_its_connections() {
    let mut users = users(Setup::new()).await;
    let session = &users.by_password.0;
    let generated = session
        .post(
            "users.generatePersonalAccessToken",
            json!({"tokenName": "t"}),
        )
        .await
        .expect(200)
        .json();
    for route in [
        "users.regeneratePersonalAccessToken",
        "users.removePersonalAccessToken",
    ] {
        let token = match route {
            "users.regeneratePersonalAccessToken" => {
                generated["token"].as_str().unwrap().to_owned()
            }
            _ => {
                let body = json!({"tokenName": "t"});
                let again = session
                    .post("users.regeneratePersonalAccessToken", body)
                    .await;
                again.expect(200).json()["token"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
        };
        let client = Client::new(users.server.address, Some((session.id(), token)));
        let mut live = client.live().await;
        session
            .post(route, json!({"tokenName": "t"}))
            .await
            .expect(200);
        assert_eq!(live.closed().await, LOGGED_OUT, "{route}");
    }
    users.by_password.1.is_open().await;
    users.by_token.1.is_open().await;
    users.assert_bob_is_connected().await;
}

#[tokio::test]
async fn an_expired_login_closes_its_connections() {
    let limits = Limits {
        ping: Duration::from_secs(2),
        silence: Duration::from_secs(4),
        ..Limits::default()
    };
    let mut users = users(Setup::new().limits(limits)).await;
    let day = Duration::from_secs(24 * 3600);
    users.server.clock.advance(day * 89);
    users.by_password.1.is_open().await;
    users.server.clock.advance(day);
    tokio::select! {
        code = users.by_password.1.closed() => assert_eq!(code, LOGGED_OUT),
        other = users.by_token.1.hear_text() => panic!("{other}"),
        other = users.bob.1.hear_text() => panic!("{other}"),
    }
    users.by_token.1.is_open().await;
    users.assert_bob_is_connected().await;
}
