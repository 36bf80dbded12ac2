//! Base URLs with extra slashes and with a base path.

use crate::support::good_requests::HANDSHAKE;
use crate::support::{Setup, TestServer};
use serde_json::json;
use warp::http::Method;

#[tokio::test]
async fn a_base_url_with_a_trailing_slash_reaches_the_routes() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for path in [
        "/api/v1/me",
        "//api/v1/me",
        "/api//v1/me",
        "/api/v1//me",
        "/api/v1/me/",
        "///api/v1/me//",
        "/api/v1/settings/Site_Name/",
        "/api/v1//settings//Site_Name",
    ] {
        let reply = admin.send(Method::GET, path, &[], "").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let wrong = admin.send(Method::DELETE, path, &[], "").await;
        assert!(wrong.expect(405).header("allow").is_some(), "{path}");
    }
    let (json, body) = (
        ("content-type", "application/json"),
        r#"{"name":"a","statusType":"busy"}"#,
    );
    let create = "/api/v1//custom-user-status.create/";
    admin
        .send(Method::POST, create, &[json], body)
        .await
        .expect(200);
    let socket = server.anon();
    let socket = socket.send(Method::GET, "//websocket", HANDSHAKE, "");
    socket.await.expect(101);
}

#[tokio::test]
async fn a_base_path_works_whether_or_not_the_proxy_strips_it() {
    let site = Some("https://example.org/doorsign".to_owned());
    let server = Setup::new().config(|config| config.site_url = site);
    let server = server.start().await;
    let admin = server.admin().await;
    for base in ["", "/doorsign", "//doorsign/"] {
        let get = async |path: &str, headers| {
            let path = format!("{base}{path}");
            admin.send(Method::GET, &path, headers, "").await
        };
        let me = get("/api/v1/me", &[]).await.expect(200).json();
        assert_eq!(me["avatarUrl"], "https://example.org/doorsign/avatar/admin");
        let name = get("/api/v1/settings/Site_Name", &[]).await;
        assert_eq!(name.expect(200).json()["_id"], "Site_Name", "{base}");
        get("/websocket", HANDSHAKE).await.expect(101);
        let document = get("/api/v1/openapi.json", &[]).await.expect(200).json();
        assert_eq!(document["servers"][0]["url"], "/doorsign");
    }
    for other in ["/other/api/v1/me", "/doorsignapi/v1/me", "/doorsign/x"] {
        let reply = admin.send(Method::GET, other, &[], "").await;
        assert_eq!(reply.status, 404, "{other}");
    }
    let origin = [
        ("origin", "https://example.org"),
        ("content-type", "application/json"),
    ];
    let login = json!({"user": "admin", "password": "wrong"}).to_string();
    let login = admin.send(Method::POST, "/doorsign/api/v1/login", &origin, login);
    login.await.golden("login_refused");
}

#[tokio::test]
async fn without_a_base_path_nothing_is_stripped() {
    let server = TestServer::start().await;
    let anon = server.anon();
    let reply = anon.send(Method::GET, "/doorsign/api/info", &[], "");
    reply.await.expect(404);
    let document = server.anon().get("openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "/");
}
