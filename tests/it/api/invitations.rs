//! Links with which people choose their own password: what they show, what they do, and that they
//! work once.

use crate::support::invitations::{accept, link, look, refusal, token};
use crate::support::{Setup, TestServer, in_time};
use serde_json::{Value, json};
use warp::http::Method;

const PASSWORD: &str = "walrus-lantern-orbit";

#[tokio::test]
async fn an_invited_person_chooses_a_password_and_is_logged_in() {
    let site = |config: &mut doorsign::config::Config| {
        config.site_url = Some("https://status.example.org/team".to_owned());
    };
    let server = Setup::new().config(site).start().await;
    let admin = server.admin().await;
    let body = json!({"username": "ann", "name": "Ann K.", "email": "ann@example.org"});
    let created = admin.post("invitations.create", body).await.expect(200);
    let created = created.json();
    let url = created["url"].as_str().unwrap();
    // The upper left corner of every QR code.
    assert!(created["qr"][0].as_str().unwrap().starts_with("1111111"));
    assert!(
        url.starts_with("https://status.example.org/team/join#"),
        "{url}"
    );
    let shown = json!({
        "kind": "invitation", "username": "ann", "name": "Ann K.", "createdBy": "admin",
        "expiresAt": "2026-01-04T00:00:00.000Z",
    });
    let token = token(&created);
    let looked = look(&server.anon(), &token).await.expect(200).json();
    assert_eq!(looked["invitation"], shown);
    let accepted = accept(&server.anon(), &token, PASSWORD).await.expect(200);
    let session = accepted.json();
    assert_eq!(session["username"], "ann");
    assert_eq!(session["userId"], created["invitation"]["userId"]);
    assert_eq!(session["mustChangePassword"], false);
    assert!(session["expiresAt"].is_string(), "{session}");
    let fields = session.as_object().unwrap().len();
    assert_eq!(fields, 6, "the token of the session is in none: {session}");
    let cookie = accepted.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let anon = server.anon();
    let me = anon
        .send(Method::GET, "/api/v1/me", &[("cookie", cookie)], "")
        .await;
    assert_eq!(me.expect(200).json()["username"], "ann");
    let ann = server.anon().logged_in("ann", PASSWORD).await;
    let sessions = ann.get("sessions/list").await.expect(200).json();
    assert_eq!(sessions["total"], 2, "the link opened one: {sessions}");
}

#[tokio::test]
async fn a_link_works_once_and_a_second_click_learns_that_it_was_used() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let token = link(&admin, json!({"username": "ann"})).await;
    for _ in 0..3 {
        look(&server.anon(), &token).await.expect(200);
    }
    accept(&server.anon(), &token, PASSWORD).await.expect(200);
    let again = accept(&server.anon(), &token, "another-lantern").await;
    assert_eq!(refusal(again), "error-invitation-used");
    let looked = look(&server.anon(), &token).await;
    assert_eq!(refusal(looked), "error-invitation-used");
    server.anon().logged_in("ann", PASSWORD).await;
    server
        .anon()
        .login("ann", "another-lantern")
        .await
        .expect(401);
}

#[tokio::test]
async fn of_many_people_who_use_a_link_at_once_one_succeeds() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann"})).await;
    let (anon, token) = (server.anon(), token.as_str());
    let password = |n: usize| format!("{PASSWORD}-{n}");
    let racing = async {
        let (anon, password) = (&anon, &password);
        tokio::join!(
            async move { accept(anon, token, &password(0)).await },
            async move { accept(anon, token, &password(1)).await },
            async move { accept(anon, token, &password(2)).await },
        )
    };
    let (one, two, three) = in_time("the three answers", racing).await;
    let statuses = [one, two, three].map(|reply| reply.status.as_u16());
    assert_eq!(statuses.iter().filter(|it| **it == 200).count(), 1);
    let winner = statuses.iter().position(|it| *it == 200).unwrap();
    server.anon().logged_in("ann", &password(winner)).await;
}

#[tokio::test]
async fn a_reset_ends_the_logins_by_password_and_lifts_a_block_but_tokens_stay() {
    let block = |config: &mut doorsign::config::Config| config.login_failures_per_user = 1;
    let server = Setup::new().config(block).start().await;
    let (admin, bot) = (server.admin().await, server.user("ann").await);
    let ann = server.anon().logged_in("ann", "ann's password").await;
    let body = json!({"userId": ann.id(), "kind": "reset"});
    let token = link(&admin, body).await;
    ann.get("me").await.expect(200);
    server.anon().login("ann", "wrong").await.expect(401);
    server.clock.advance(std::time::Duration::from_secs(1));
    accept(&server.anon(), &token, PASSWORD).await.expect(200);
    ann.get("me").await.expect(401);
    bot.get("me").await.expect(200);
    server.anon().logged_in("ann", PASSWORD).await;
    let trail = admin.get("audit.list?user=ann").await.expect(200).json();
    let rows = trail["records"].as_array().unwrap();
    let actions: Vec<_> = rows.iter().map(|row| &row["action"]).collect();
    for action in [
        "invitation.created",
        "invitation.accepted",
        "password.changed",
    ] {
        assert!(actions.contains(&&json!(action)), "{action}: {actions:?}");
    }
    assert!(!trail.to_string().contains(&token));
}

#[tokio::test]
async fn the_database_holds_no_token() {
    let server = TestServer::start().await;
    let token = link(&server.admin().await, json!({"username": "ann"})).await;
    let stored: String = server
        .database()
        .query_row("SELECT token_hash FROM invitation", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored.len(), 64);
    assert_ne!(stored, token);
}

#[tokio::test]
async fn the_list_names_who_still_waits_and_a_revoked_link_ends() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let first = link(&admin, json!({"username": "ann"})).await;
    server.clock.advance(std::time::Duration::from_secs(60));
    let second = link(&admin, json!({"username": "bob"})).await;
    let list = async || admin.get("invitations.list").await.expect(200).json();
    let names = |list: &Value| {
        let rows = list["invitations"].as_array().unwrap();
        let names = rows.iter().map(|row| row["username"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let listed = list().await;
    assert_eq!(names(&listed), ["bob", "ann"]);
    for token in [&first, &second] {
        assert!(!listed.to_string().contains(token.as_str()), "{listed}");
    }
    let id = &listed["invitations"][0]["_id"];
    let body = json!({"invitationId": id});
    admin
        .post("invitations.revoke", body.clone())
        .await
        .expect(200);
    let again = admin.post("invitations.revoke", body).await;
    assert_eq!(refusal(again), "error-invitation-not-found");
    let revoked = accept(&server.anon(), &second, PASSWORD).await;
    assert_eq!(refusal(revoked), "error-invitation-unknown");
    accept(&server.anon(), &first, PASSWORD).await.expect(200);
    assert_eq!(names(&list().await), Vec::<String>::new());
}
