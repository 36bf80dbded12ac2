//! The board's page before its script runs.

use crate::support::hiding::{allow_hiding, hide};
use crate::support::presence::set;
use crate::support::{Client, Setup};
use doorsign::config::BoardAudience;
use serde_json::json;
use warp::http::Method;

async fn page(client: &Client) -> String {
    let reply = client.send(Method::GET, "/", &[], "").await;
    reply.expect(200).text().to_owned()
}

/// The card of a person, by its id.
fn card<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("data-id=\"{id}\""))?;
    after.split("</li>").next()
}

#[tokio::test]
async fn a_page_holds_the_people_with_their_words_and_ends_in_utc() {
    let server = Setup::new().start().await;
    allow_hiding(&server.app).await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let end = "2026-01-01T15:00:00.000Z";
    let lunch = json!({"status": "busy", "message": "Lunch & <b>", "expiresAt": end});
    set(&ann, lunch).await;
    let whole = page(&bob).await;
    let shown = card(&whole, &ann.id()).unwrap();
    for text in [
        "Busy",
        "until 15:00 UTC",
        "Lunch &amp; &lt;b",
        "/p/ann",
        ">A<",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(card(&whole, &bob.id()).unwrap().contains("Offline"));
    assert!(whole.contains("1 of 3 here"));
    hide(&ann, &["bob"]).await;
    let whole = page(&bob).await;
    assert!(card(&whole, &ann.id()).unwrap().contains("Offline"));
    assert!(!whole.contains("Lunch"));
    assert!(card(&page(&server.anon()).await, &ann.id()).is_none());
}

#[tokio::test]
async fn a_public_page_holds_only_people_who_chose_it_and_no_username() {
    let setup = Setup::new().config(|config| config.board = BoardAudience::Public);
    let server = setup.start().await;
    let (ann, bob) = (
        server.user("ann-login").await,
        server.user("bob-login").await,
    );
    for (client, name) in [(&ann, "Ann Kowalski"), (&bob, "Bob Private")] {
        let body = json!({"data": {"name": name}});
        client
            .post("users.updateOwnBasicInfo", body)
            .await
            .expect(200);
        set(
            client,
            json!({"status": "busy", "message": format!("Text of {name}")}),
        )
        .await;
    }
    let chosen = json!({"data": {"doorsignPublicBoard": true}});
    ann.post("users.setPreferences", chosen).await.expect(200);
    let whole = page(&server.anon()).await;
    assert!(whole.contains("Ann Kowalski") && whole.contains("Text of Ann Kowalski"));
    for secret in [
        "Bob Private",
        "ann-login",
        "bob-login",
        &ann.id(),
        &bob.id(),
    ] {
        assert!(!whole.contains(secret), "{secret}");
    }
}
