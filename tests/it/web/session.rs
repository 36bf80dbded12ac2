//! The session in a cookie: how it begins and ends, and which requests it counts for.

use crate::support::{ADMIN_PASSWORD, Reply, Setup, TestServer};
use serde_json::{Value, json};
use warp::http::Method;

const JSON: (&str, &str) = ("content-type", "application/json");
const START: &str = "/api/v1/session.start";
const SESSION: &str = "/api/v1/session";
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

fn body() -> String {
    json!({"user": "admin", "password": ADMIN_PASSWORD}).to_string()
}

/// Logs in from a page of the server. Returns the answer and the cookie as a browser sends it.
async fn logged_in(server: &TestServer) -> (Reply, String) {
    let sent = server.anon();
    let sent = sent.send(Method::POST, START, &[JSON, SAME], body()).await;
    let reply = sent.expect(200);
    let cookie = reply.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (reply, cookie)
}

async fn get(server: &TestServer, path: &str, cookie: &str, more: &[(&str, &str)]) -> Reply {
    let headers = [&[("cookie", cookie)], more].concat();
    server.anon().send(Method::GET, path, &headers, "").await
}

async fn create(server: &TestServer, cookie: &str, name: &str, more: &[(&str, &str)]) -> Reply {
    let headers = [&[("cookie", cookie), JSON], more].concat();
    let body = json!({"name": name, "statusType": "busy"}).to_string();
    let path = "/api/v1/custom-user-status.create";
    server.anon().send(Method::POST, path, &headers, body).await
}

async fn logins(server: &TestServer) -> usize {
    let admin = doorsign::domain::UserKey::Username("admin".to_owned());
    let (admin, _) = server.app.store.find_user(admin).await.unwrap().unwrap();
    server.app.store.list_logins(admin.id).await.unwrap().len()
}

#[tokio::test]
async fn a_session_begins_with_a_cookie_that_no_script_can_read_and_ends() {
    let server = TestServer::start().await;
    let none = get(&server, SESSION, "a=b", &[]).await.expect(200);
    assert_eq!(none.json(), json!({"userId": null, "success": true}));
    let (reply, cookie) = logged_in(&server).await;
    let (_, token) = cookie.split_once('.').unwrap();
    assert!(!reply.text().contains(token) && !reply.text().contains("authToken"));
    let set = reply.header("set-cookie").unwrap();
    let (name, attributes) = (
        set.split('=').next().unwrap(),
        set.split_once("; ").unwrap().1,
    );
    assert_eq!(
        attributes,
        "Path=/; HttpOnly; SameSite=Strict; Max-Age=7776000"
    );
    let hex = name.strip_prefix("doorsign-").unwrap();
    assert!(hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let session = get(&server, SESSION, &format!("x=1; {cookie}; y"), &[SAME]).await;
    let session = session.expect(200).json();
    assert_eq!(session, reply.json());
    assert_eq!(
        (&session["username"], &session["mustChangePassword"]),
        (&json!("admin"), &json!(false))
    );
    assert!(
        session["permissions"]
            .as_array()
            .unwrap()
            .contains(&"create-user".into())
    );
    assert!(session["expiresAt"].is_string());
    let headers = [("cookie", cookie.as_str()), SAME];
    let end = "/api/v1/session.end";
    let ended = server
        .anon()
        .send(Method::POST, end, &headers, "")
        .await
        .expect(200);
    let deleted = ended.header("set-cookie").unwrap();
    assert_eq!(
        deleted,
        format!(
            "{name}=; {}",
            "Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        )
    );
    assert_eq!(logins(&server).await, 0);
    assert_eq!(
        get(&server, SESSION, &cookie, &[]).await.json()["userId"],
        Value::Null
    );
    let again = server.anon().send(Method::POST, end, &headers, "").await;
    again.expect(200);
    get(&server, "/api/v1/me", &cookie, &[]).await.refused(401);
}

#[tokio::test]
async fn a_cookie_counts_for_a_change_only_from_a_page_of_this_server() {
    let server = TestServer::start().await;
    let (_, cookie) = logged_in(&server).await;
    let port = server.address.port();
    let own = format!("http://127.0.0.1:{port}");
    let sibling_port = format!("http://127.0.0.1:{}", port ^ 1);
    let site = |value| ("sec-fetch-site", value);
    for (n, (headers, status)) in [
        (&[SAME][..], 200),
        (&[SAME, ("origin", own.as_str())], 200),
        (&[("origin", own.as_str())], 200),
        (&[], 401),
        (&[site("none")], 401),
        (&[site("same-site")], 401),
        (&[site("cross-site")], 401),
        (&[site("cross-site"), ("origin", own.as_str())], 401),
        (&[site("same-site"), ("origin", own.as_str())], 401),
        (&[SAME, site("cross-site")], 401),
        (&[("origin", own.as_str()), ("origin", own.as_str())], 403),
        (&[("origin", "http://127.0.0.1")], 401),
        (&[("origin", sibling_port.as_str())], 403),
        (&[("origin", "http://a.127.0.0.1")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "https://evil.example")], 403),
        (
            &[("origin", "https://evil.example"), site("cross-site")],
            403,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = create(&server, &cookie, &format!("status {n}"), headers).await;
        assert_eq!(reply.status, status, "{headers:?} {}", reply.text());
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        if status == 200 {
            assert_eq!(
                reply.header("access-control-allow-origin"),
                None,
                "{headers:?}"
            );
        }
    }
    assert_eq!(server.admin().await.names().await.len(), 3);
}

#[tokio::test]
async fn a_cookie_counts_for_reading_unless_another_page_caused_it() {
    let server = TestServer::start().await;
    let (_, cookie) = logged_in(&server).await;
    let own = format!("http://127.0.0.1:{}", server.address.port());
    let site = |value| ("sec-fetch-site", value);
    for (headers, status) in [
        (&[][..], 200),
        (&[SAME], 200),
        (&[site("none")], 200),
        (&[("origin", own.as_str())], 200),
        (&[site("cross-site")], 401),
        (&[site("same-site")], 401),
        (&[site("anything")], 401),
        (&[SAME, site("none")], 401),
        (&[("origin", "null")], 401),
        (&[("origin", "http://127.0.0.1")], 401),
    ] {
        let reply = get(&server, "/api/v1/me", &cookie, headers).await;
        assert_eq!(reply.status, status, "{headers:?} {}", reply.text());
        if status == 200 {
            assert_eq!(
                reply.header("access-control-allow-origin"),
                None,
                "{headers:?}"
            );
        }
    }
    let events = "/api/v1/events?timeout=0";
    get(&server, events, &cookie, &[SAME]).await.expect(200);
}

#[tokio::test]
async fn no_page_can_end_a_session_by_a_link() {
    let server = TestServer::start().await;
    let (_, cookie) = logged_in(&server).await;
    for headers in [&[][..], &[SAME], &[("sec-fetch-site", "none")]] {
        let reply = get(&server, "/api/v1/logout", &cookie, headers).await;
        reply.refused(401);
    }
    assert_eq!(logins(&server).await, 1);
}

#[tokio::test]
async fn a_session_starts_only_from_a_page_of_this_server() {
    let setup = Setup::new().config(|c| c.cors_origins = vec!["https://app.example".to_owned()]);
    let server = setup.start().await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://app.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1")],
    ] {
        let headers = [&[JSON], headers].concat();
        let anon = server.anon();
        let reply = anon.send(Method::POST, START, &headers, body()).await;
        reply.expect(403).golden("live_foreign_origin");
    }
    assert_eq!(logins(&server).await, 0);
    for refused in [
        json!({"user": "admin", "password": "wrong"}),
        json!({"user": "no", "password": {}}),
    ] {
        let anon = server.anon();
        let reply = anon
            .send(Method::POST, START, &[JSON, SAME], refused.to_string())
            .await;
        assert_eq!(reply.header("set-cookie"), None);
        reply.golden("login_refused");
    }
    for missing in [
        "{}",
        r#"{"resume": "x"}"#,
        r#"{"user": "a", "password": "b", "code": "1"}"#,
    ] {
        let anon = server.anon();
        anon.send(Method::POST, START, &[JSON, SAME], missing)
            .await
            .refused(400);
    }
}

#[tokio::test]
async fn a_token_in_a_header_takes_precedence_over_the_cookie() {
    let server = TestServer::start().await;
    let (_, cookie) = logged_in(&server).await;
    let bob = server.user("bob").await;
    let headers = [("cookie", cookie.as_str()), SAME];
    let me = bob
        .send(Method::GET, "/api/v1/me", &headers, "")
        .await
        .expect(200);
    assert_eq!(me.json()["username"], "bob");
    let mut stale = bob.clone();
    stale.credentials = Some((bob.id(), "stale".to_owned()));
    stale
        .send(Method::GET, "/api/v1/me", &headers, "")
        .await
        .refused(401);
}

#[tokio::test]
async fn on_https_the_cookie_is_secure_and_bound_to_the_host() {
    let loopback = || vec!["127.0.0.0/8".parse().unwrap()];
    let by_setting = Setup::new().config(|c| c.site_url = Some("https://door.example/team".into()));
    let by_proxy = Setup::new().config(|config| config.trusted_proxies = loopback());
    for (setup, more) in [
        (by_setting, &[][..]),
        (
            by_proxy,
            &[
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "door.example"),
            ],
        ),
    ] {
        let server = setup.start().await;
        let headers = [&[JSON, SAME, ("origin", "https://door.example")], more].concat();
        let anon = server.anon();
        let reply = anon
            .send(Method::POST, START, &headers, body())
            .await
            .expect(200);
        let set = reply.header("set-cookie").unwrap().to_owned();
        assert!(set.starts_with("__Host-doorsign="), "{set}");
        assert!(
            set.contains("; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age="),
            "{set}"
        );
        let cookie = set.split(';').next().unwrap();
        let me = get(&server, "/api/v1/me", cookie, more).await.expect(200);
        assert_eq!(me.json()["username"], "admin");
        let renamed = cookie.replace("__Host-doorsign", "doorsign");
        get(&server, "/api/v1/me", &renamed, more)
            .await
            .refused(401);
    }
}

#[tokio::test]
async fn servers_on_one_host_have_cookies_of_their_own() {
    let (one, other) = (TestServer::start().await, TestServer::start().await);
    let (_, first) = logged_in(&one).await;
    let (_, second) = logged_in(&other).await;
    assert_ne!(first.split('=').next(), second.split('=').next());
    let both = format!("{first}; {second}");
    for server in [&one, &other] {
        get(server, "/api/v1/me", &both, &[]).await.expect(200);
    }
}

#[tokio::test]
async fn calls_of_sessions_behind_one_address_are_counted_apart() {
    let setup = Setup::new().config(|config| config.rate_limit_calls = Some(2));
    let server = setup.start().await;
    server.user("ann").await;
    let ann = json!({"user": "ann", "password": "ann's password"}).to_string();
    let anon = server.anon();
    let ann = anon
        .send(Method::POST, START, &[JSON, SAME], ann)
        .await
        .expect(200);
    let first = ann
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let second = json!({"user": "ann", "password": "ann's password"}).to_string();
    let second = anon
        .send(Method::POST, START, &[JSON, SAME], second)
        .await
        .expect(200);
    let second = second
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    for cookie in [&first, &second] {
        for _ in 0..2 {
            get(&server, SESSION, cookie, &[]).await.expect(200);
        }
        let refused = get(&server, SESSION, cookie, &[]).await.expect(429);
        assert!(refused.header("retry-after").is_some());
    }
    let anonymous = get(&server, SESSION, "", &[]).await;
    assert_eq!(anonymous.status, 200, "the address has a count of its own");
}

#[tokio::test]
async fn pages_follow_the_session_and_the_login_form_leads_onward() {
    let server = TestServer::start().await;
    let (_, cookie) = logged_in(&server).await;
    let board = get(&server, "/", &cookie, &[("sec-fetch-site", "none")]).await;
    assert!(
        board
            .expect(200)
            .text()
            .contains("data-page=\"page-board\"")
    );
    let foreign = get(&server, "/", &cookie, &[("sec-fetch-site", "cross-site")]).await;
    assert!(
        foreign
            .expect(200)
            .text()
            .contains("data-page=\"page-login\"")
    );
    for (query, target) in [
        ("", "/"),
        ("?next=/p/ann", "/p/ann"),
        ("?next=%2F%3Fq%3Da", "/?q=a"),
        ("?next=//evil.example", "/"),
        ("?next=/\\evil.example", "/"),
        ("?next=/%0d%0aX:%20y", "/"),
        ("?next=https://evil.example/", "/"),
        ("?next=/login", "/"),
        ("?next=/nowhere", "/"),
    ] {
        let reply = get(&server, &format!("/login{query}"), &cookie, &[]).await;
        assert_eq!(reply.status, 303, "{query}");
        assert_eq!(reply.header("location"), Some(target), "{query}");
    }
    let headers = [("cookie", cookie.as_str()), SAME];
    server
        .anon()
        .send(Method::POST, "/api/v1/session.end", &headers, "")
        .await
        .expect(200);
    let ended = get(&server, "/", &cookie, &[]).await.expect(200);
    assert!(ended.text().contains("data-page=\"page-login\""));
    get(&server, "/login", &cookie, &[]).await.expect(200);
}

#[tokio::test]
async fn a_blocked_login_says_when_to_retry() {
    let setup = Setup::new().config(|config| config.login_failures_per_user = 1);
    let server = setup.start().await;
    let wrong = json!({"user": "admin", "password": "wrong"}).to_string();
    let anon = server.anon();
    for path in [START, START, "/api/v1/login"] {
        let reply = anon
            .send(Method::POST, path, &[JSON, SAME], wrong.clone())
            .await;
        let reply = reply.expect(401);
        let blocked = reply.json()["error"] == "error-login-blocked-for-user";
        let seconds = reply.json()["details"]["seconds"]
            .as_u64()
            .map(|n| n.to_string());
        assert_eq!(reply.header("retry-after"), seconds.as_deref());
        assert_eq!(blocked, seconds.is_some());
    }
    let last = anon
        .send(Method::POST, START, &[JSON, SAME], body())
        .await
        .expect(401);
    assert!(last.header("retry-after").is_some());
}
