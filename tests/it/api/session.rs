//! Login, authentication and logout, and the server information visible to each client. Blocked
//! attempts are in `login_attempts`, the end of logins in `login_end`.

use crate::support::{ADMIN_PASSWORD, Client, Setup, TestServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use warp::http::Method;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A server with a fixed site URL and the user ann, and a client of ann with a token.
async fn server() -> (TestServer, Client) {
    let setup =
        Setup::new().config(|config| config.site_url = Some("https://chat.example.org".into()));
    let server = setup.start().await;
    let ann = server.user("ann").await;
    (server, ann)
}

fn hex_digest(password: &str) -> String {
    let digest = Sha256::digest(password);
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[tokio::test]
async fn every_form_of_login_gets_the_same_response() {
    let (server, ann) = server().await;
    let password = "ann's password";
    let digest = json!({"digest": hex_digest(password), "algorithm": "sha-256"});
    let resume = &ann.credentials.as_ref().unwrap().1;
    for body in [
        json!({"user": "ann", "password": password}),
        json!({"user": "ANN", "password": password}),
        json!({"user": "ann@example.org", "password": password}),
        json!({"username": "ann", "password": password}),
        json!({"email": "Ann@Example.org", "password": password}),
        json!({"user": {"username": "ann"}, "password": password}),
        json!({"user": {"email": "ann@example.org"}, "password": password}),
        json!({"user": "ann", "password": digest}),
        json!({"user": {"username": "ann"}, "password": digest}),
        json!({"user": "ann", "password": password, "code": "123456"}),
        json!({"resume": resume}),
    ] {
        println!("{body}");
        let login = server.anon().post("login", body).await;
        login.golden("login");
        assert_eq!(login.header("content-type"), Some("application/json"));
        let me = server.anon().entered(&login).get("me").await.expect(200);
        assert_eq!(me.json()["username"], "ann");
    }
    let form = "username=ann&password=ann%27s+password";
    server
        .anon()
        .post_raw("login", FORM, form)
        .await
        .golden("login");
}

#[tokio::test]
async fn a_login_by_token_returns_the_same_token_and_one_by_password_a_new_one() {
    let (server, ann) = server().await;
    let (id, token) = ann.credentials.clone().unwrap();
    let resumed = server.anon().post("login", json!({"resume": token})).await;
    let data = &resumed.json()["data"];
    assert_eq!(
        (&data["userId"], &data["authToken"]),
        (&json!(id), &json!(token))
    );
    let by_password = async || server.anon().login("ann", "ann's password").await.json();
    let (one, other) = (by_password().await, by_password().await);
    assert_ne!(one["data"]["authToken"], other["data"]["authToken"]);
    assert_eq!(one["data"]["userId"], json!(id));
}

#[tokio::test]
async fn an_invalid_login_is_refused_like_a_wrong_password() {
    let (server, ann) = server().await;
    let password = "ann's password";
    let (_, token) = ann.credentials.clone().unwrap();
    for body in [
        json!({"user": "ann", "password": "wrong"}),
        json!({"user": "nobody", "password": password}),
        json!({"user": "", "password": password}),
        json!({"user": "ann"}),
        json!({"user": "ann", "password": ""}),
        json!({"user": "ann", "password": null}),
        json!({"user": "ann", "password": 1}),
        json!({"user": "ann", "password": {"digest": "short", "algorithm": "sha-256"}}),
        json!({"user": "ann", "password": {"digest": hex_digest(password), "algorithm": "md5"}}),
        json!({"user": "ann", "password": {"hashed": hex_digest(password)}}),
        json!({"password": password}),
        json!({"user": {}, "password": password}),
        json!({"user": ["ann"], "password": password}),
        json!({"username": "ann@example.org", "password": password}),
        json!({"resume": "garbage"}),
        json!({"resume": ""}),
        json!({"resume": {"$ne": ""}}),
        json!({"resume": format!("{token}x")}),
        json!({"ldap": true, "username": "ann", "ldapPass": password, "ldapOptions": {}}),
        json!({"ldap": true, "username": "ann", "password": password}),
        json!({"crowd": true, "username": "ann", "crowdPassword": password}),
        json!({"serviceName": "github", "accessToken": "x"}),
        json!({"totp": {"code": "1", "login": {"user": {"username": "ann"}, "password": password}}}),
        json!({}),
    ] {
        println!("{body}");
        server
            .anon()
            .post("login", body)
            .await
            .golden("login_refused");
    }
    for (content_type, body) in [(JSON, ""), (FORM, "username=ann&password=wrong")] {
        println!("{body}");
        let reply = server.anon().post_raw("login", content_type, body).await;
        reply.golden("login_refused");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_response() {
    let (server, _ann) = server().await;
    let refused = async |user: &str| {
        let mut reply = server.anon().login(user, "wrong").await.expect(401);
        reply.headers.remove("x-request-id");
        reply.headers.remove("date");
        reply
    };
    let known = refused("ann").await;
    for user in [
        "nobody",
        "ann@example.org",
        "nobody@example.org",
        "a\u{0}b",
        "änn",
    ] {
        let reply = refused(user).await;
        assert_eq!(
            (&reply.headers, &reply.body),
            (&known.headers, &known.body),
            "{user}"
        );
    }
}

#[tokio::test]
async fn me_returns_the_user_with_every_field_that_clients_read() {
    let (server, ann) = server().await;
    let me = ann.get("me").await;
    me.golden("me");
    let me = me.json();
    assert_eq!(me["_id"], json!(ann.id()));
    assert_eq!(me["emails"][0]["address"], json!("ann@example.org"));
    assert_eq!(me["success"], json!(true));
    // The same as in the response to a login, except for `success`.
    let login = server.anon().login("ann", "ann's password").await.json();
    let mut inside = login["data"]["me"].clone();
    inside["success"] = json!(true);
    assert_eq!(inside, me);
}

#[tokio::test]
async fn a_user_without_an_address_has_no_emails() {
    let (server, _ann) = server().await;
    let admin = server.admin().await;
    let me = admin.get("me").await.json();
    assert_eq!(
        (&me["emails"], &me["roles"]),
        (&json!([]), &json!(["admin"]))
    );
}

#[tokio::test]
async fn logging_out_revokes_the_presented_token_at_once_and_no_other() {
    let (server, ann) = server().await;
    for method in [Method::POST, Method::GET] {
        let anon = server.anon();
        let one = anon.logged_in("ann", "ann's password").await;
        let other = anon.logged_in("ann", "ann's password").await;
        one.get("me").await.expect(200);
        let json = [("content-type", "application/json")];
        let goodbye = one.send(method, "/api/v1/logout", &json, "{}").await;
        goodbye.golden("logout");
        one.get("me").await.golden("create_unauthenticated");
        let token = one.credentials.as_ref().unwrap().1.clone();
        let resumed = server.anon().post("login", json!({"resume": token})).await;
        resumed.golden("login_refused");
        one.post("logout", json!({}))
            .await
            .golden("create_unauthenticated");
        other.get("me").await.expect(200);
        ann.get("me").await.expect(200);
    }
}

#[tokio::test]
async fn only_users_who_may_view_statistics_see_the_full_version() {
    let (server, ann) = server().await;
    let stale = Client::new(server.address, Some(("nobody".into(), "garbage".into())));
    for client in [&server.anon(), &ann, &stale] {
        let info = client.send(Method::GET, "/api/info", &[], "").await;
        info.golden("info");
    }
    let admin = server.admin().await;
    let info = admin
        .send(Method::GET, "/api/info", &[], "")
        .await
        .expect(200)
        .json();
    assert!(
        info["version"].as_str().unwrap().starts_with("8.8."),
        "{info}"
    );
    assert_eq!(info["info"]["version"], info["version"]);
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert!(keys(&info["info"]["build"]).is_superset(&["arch".into(), "platform".into()].into()));
    server.anon().get("info").await.golden("info_v1");
}

#[tokio::test]
async fn the_administrator_logs_in_with_the_configured_password() {
    let (server, _ann) = server().await;
    let admin = server.anon().logged_in("admin", ADMIN_PASSWORD).await;
    admin.create("caught up").await.golden("create");
}

#[tokio::test]
async fn the_reported_version_is_a_setting() {
    let setup = Setup::new().config(|c| c.rocketchat_version = Some("7.13.2".to_owned()));
    let server = setup.start().await;
    let read = async |client: &Client, path: &str| {
        let reply = client.send(Method::GET, path, &[], "").await;
        reply.expect(200).json()
    };
    let (admin, anon) = (server.admin().await, server.anon());
    let info = read(&admin, "/api/info").await;
    assert_eq!(info["version"], "7.13.2");
    assert_eq!(info["info"]["version"], "7.13.2");
    assert_eq!(read(&anon, "/api/info").await["version"], "7.13");
    let old = read(&anon, "/api/v1/info").await;
    assert_eq!(old["info"]["version"], "7.13");
}

#[tokio::test]
async fn links_follow_the_site_url_or_a_trusted_proxy_or_the_host() {
    let forwarded = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "chat.example.org"),
    ];
    for (site_url, trusted, expected) in [
        (
            Some("https://door.example.org"),
            "127.0.0.0/8",
            "https://door.example.org".to_owned(),
        ),
        (None, "127.0.0.0/8", "https://chat.example.org".to_owned()),
        (None, "10.0.0.0/8", String::new()),
    ] {
        let setup = Setup::new().config(|config| {
            config.site_url = site_url.map(str::to_owned);
            config.trusted_proxies = vec![trusted.parse().unwrap()];
        });
        let server = setup.start().await;
        let expected = match expected.as_str() {
            "" => format!("http://{}", server.address),
            _ => expected,
        };
        let admin = server.admin().await;
        let me = admin.send(Method::GET, "/api/v1/me", &forwarded, "").await;
        assert_eq!(
            me.expect(200).json()["avatarUrl"],
            format!("{expected}/avatar/admin")
        );
        let path = "/api/v1/settings.public?_id=Site_Url";
        let setting = admin.send(Method::GET, path, &forwarded, "").await;
        assert_eq!(setting.expect(200).json()["settings"][0]["value"], expected);
    }
}
