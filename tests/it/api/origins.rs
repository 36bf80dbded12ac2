//! What a web page of another site can get out of a visitor's browser.

use crate::support::{ADMIN_PASSWORD, Reply, Setup, TestServer};
use doorsign::domain::UserKey;
use serde_json::json;
use warp::http::Method;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A login by a plain form, as a page of any site can send it without a preflight.
async fn form_login(server: &TestServer, headers: &[(&str, &str)]) -> Reply {
    let body = format!("user=admin&password={ADMIN_PASSWORD}").replace(' ', "+");
    let headers = [&[FORM], headers].concat();
    let anon = server.anon();
    anon.send(Method::POST, "/api/v1/login", &headers, body)
        .await
}

/// How many logins the administrator has.
async fn logins(server: &TestServer) -> usize {
    let admin = UserKey::Username("admin".to_owned());
    let (admin, _) = server.app.store.find_user(admin).await.unwrap().unwrap();
    server.app.store.list_logins(admin.id).await.unwrap().len()
}

#[tokio::test]
async fn a_login_by_a_form_on_another_site_gets_no_token_and_says_why() {
    let server = TestServer::start().await;
    for origin in ["https://evil.example", "null", "http://evil.example:80"] {
        let refused = form_login(&server, &[("origin", origin)]).await;
        refused.golden("live_foreign_origin");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    assert_eq!(logins(&server).await, 0, "no login was made");
    let anonymous = ("content-type", "text/plain");
    let foreign = [anonymous, ("origin", "https://evil.example")];
    for path in ["/api/v1/method.callAnon/login", "/api/v1/users.createToken"] {
        let sent = server.anon();
        let sent = sent.send(Method::POST, path, &foreign, "{}");
        sent.await.golden("live_foreign_origin");
    }
}

#[tokio::test]
async fn a_login_from_the_servers_own_page_or_a_listed_one_works() {
    let site = "https://chat.example:443";
    let setup = Setup::new().config(|config| {
        config.site_url = Some(site.to_owned());
        config.cors_origins = vec!["https://app.example".to_owned()];
    });
    let server = setup.start().await;
    let origin = |origin| ("origin", origin);
    for headers in [
        &[][..],
        &[origin("https://chat.example")],
        &[origin("https://app.example")],
        &[origin("https://door.example"), ("host", "door.example:443")],
        &[origin("https://door.example"), ("host", "door.example")],
        &[
            origin("https://door.example:8443"),
            ("host", "door.example"),
        ],
        &[
            origin("https://door.example"),
            ("host", "DOOR.example:8080"),
        ],
        &[
            origin("https://x.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let login = form_login(&server, headers).await.expect(200);
        assert!(login.json()["data"]["authToken"].is_string(), "{headers:?}");
    }
    form_login(
        &server,
        &[origin("https://evil.example"), ("host", "door.example")],
    )
    .await
    .expect(403);
}

#[tokio::test]
async fn a_foreign_page_with_a_token_is_answered_and_may_not_read_it() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let headers = [
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    let body = json!({"name": "a", "statusType": "busy"}).to_string();
    let path = "/api/v1/custom-user-status.create";
    let reply = admin.send(Method::POST, path, &headers, body).await;
    let reply = reply.expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), None);
    assert_eq!(reply.header("vary"), Some("Origin"));
}
