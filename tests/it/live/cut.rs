//! Live connections that end because the login that they stand on does. Other people's stay, and so do those by other logins.

use crate::support::presence::set;
use crate::support::{Client, Live, Setup, TestServer};
use doorsign::transport::limits::Limits;
use serde_json::json;
use std::time::Duration;

const LOGGED_OUT: u16 = 1008;

/// Ann by a password and by a token, and bob, with a live connection each.
struct People {
    server: TestServer,
    admin: Client,
    by_password: (Client, Live),
    by_token: (Client, Live),
    bob: (Client, Live),
}

async fn people(setup: Setup) -> People {
    let server = setup.start().await;
    let by_token = server.user("ann").await;
    let by_password = server.anon().logged_in("ann", "ann's password").await;
    let bob = server.user("bob").await;
    People {
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

impl People {
    /// Passes when bob's connection is as it was, and the server answers.
    async fn bob_stays(&mut self) {
        self.bob.1.is_open().await;
        self.bob.0.get("me").await.expect(200);
        set(&self.bob.0, json!({"message": "still here"})).await;
    }

    async fn both_are_cut(&mut self) {
        assert_eq!(self.by_password.1.closed().await, LOGGED_OUT);
        assert_eq!(self.by_token.1.closed().await, LOGGED_OUT);
        self.bob_stays().await;
    }
}

#[tokio::test]
async fn a_logout_over_rest_cuts_the_connections_of_that_login_alone() {
    let mut people = people(Setup::new()).await;
    let mut second = people.by_password.0.live().await;
    let out = people.by_password.0.post("logout", json!({})).await;
    out.expect(200);
    assert_eq!(people.by_password.1.closed().await, LOGGED_OUT);
    assert_eq!(second.closed().await, LOGGED_OUT);
    people.by_token.1.is_open().await;
    people.bob_stays().await;
}

#[tokio::test]
async fn a_logout_by_one_connection_cuts_the_others_of_that_login() {
    let mut people = people(Setup::new()).await;
    let mut second = people.by_password.0.live().await;
    people.by_password.1.call("logout", json!([])).await;
    assert_eq!(second.closed().await, LOGGED_OUT);
    people
        .by_password
        .1
        .next_where(|frame| frame["msg"] == "removed")
        .await;
    people.by_password.1.is_open().await;
    people.by_token.1.is_open().await;
}

#[tokio::test]
async fn somebody_logged_out_of_everything_by_an_administrator_is_cut() {
    let mut people = people(Setup::new()).await;
    let whom = json!({"userId": people.by_token.0.id()});
    people.admin.post("users.logout", whom).await.expect(200);
    people.both_are_cut().await;
}

#[tokio::test]
async fn somebody_who_is_deactivated_is_cut() {
    let mut people = people(Setup::new()).await;
    let body = json!({"userId": people.by_token.0.id(), "activeStatus": false});
    let done = people.admin.post("users.setActiveStatus", body).await;
    done.expect(200);
    people.both_are_cut().await;
}

#[tokio::test]
async fn somebody_who_is_deleted_is_cut() {
    let mut people = people(Setup::new()).await;
    let whom = json!({"userId": people.by_token.0.id()});
    people.admin.post("users.delete", whom).await.expect(200);
    people.both_are_cut().await;
}

#[tokio::test]
async fn another_password_cuts_what_the_old_one_opened_and_no_tokens() {
    let mut people = people(Setup::new()).await;
    let data = json!({"password": "another password"});
    let body = json!({"userId": people.by_token.0.id(), "data": data});
    people.admin.post("users.update", body).await.expect(200);
    assert_eq!(people.by_password.1.closed().await, LOGGED_OUT);
    people.by_token.1.is_open().await;
    people.bob_stays().await;
}

#[tokio::test]
async fn a_token_that_is_removed_or_made_anew_cuts_its_connections() {
    let mut people = people(Setup::new()).await;
    let session = &people.by_password.0;
    let made = session
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
            "users.regeneratePersonalAccessToken" => made["token"].as_str().unwrap().to_owned(),
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
        let client = Client::new(people.server.address, Some((session.id(), token)));
        let mut live = client.live().await;
        session
            .post(route, json!({"tokenName": "t"}))
            .await
            .expect(200);
        assert_eq!(live.closed().await, LOGGED_OUT, "{route}");
    }
    people.by_password.1.is_open().await;
    people.by_token.1.is_open().await;
    people.bob_stays().await;
}

#[tokio::test]
async fn a_login_that_comes_to_its_end_cuts_its_connections() {
    let limits = Limits {
        ping: Duration::from_secs(2),
        silence: Duration::from_secs(4),
        ..Limits::default()
    };
    let mut people = people(Setup::new().limits(limits)).await;
    let day = Duration::from_secs(24 * 3600);
    people.server.clock.advance(day * 89);
    people.by_password.1.is_open().await;
    people.server.clock.advance(day);
    tokio::select! {
        code = people.by_password.1.closed() => assert_eq!(code, LOGGED_OUT),
        other = people.by_token.1.hear_text() => panic!("{other}"),
        other = people.bob.1.hear_text() => panic!("{other}"),
    }
    people.by_token.1.is_open().await;
    people.bob_stays().await;
}
