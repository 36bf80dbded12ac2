//! The documents: status, headers, language, data for scripts.

use crate::support::{Client, Reply, Setup, TestServer};
use serde_json::Value;
use warp::http::Method;

async fn page(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    client.send(Method::GET, path, headers, "").await
}

/// The JSON in `<script type="application/json" id="ID">`.
fn script(page: &Reply, id: &str) -> Value {
    let begin = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, json) = page.text().split_once(&begin).unwrap();
    let (json, _) = json.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

/// The text of the first element with this name.
fn element<'a>(page: &'a Reply, name: &str) -> &'a str {
    let (_, after) = page.text().split_once(&format!("<{name}>")).unwrap();
    after.split_once(&format!("</{name}>")).unwrap().0
}

#[tokio::test]
async fn the_root_is_a_page_with_status_200_for_strangers_and_members() {
    let server = TestServer::start().await;
    for path in ["/", "/?q=a", "//"] {
        let anonymous = page(&server.anon(), path, &[]).await.expect(200);
        assert_eq!(script(&anonymous, "page")["user"], Value::Null);
        assert!(anonymous.text().contains("data-page=\"page-login\""));
    }
    let admin = server.admin().await;
    let board = page(&admin, "/", &[]).await.expect(200);
    assert!(board.text().contains("data-page=\"page-board\""));
    let data = script(&board, "page");
    assert_eq!(data["user"]["username"], "admin");
    assert_eq!(
        (&data["board"], &data["title"]),
        (&"private".into(), &"doorsign".into())
    );
    let permissions = data["permissions"].as_array().unwrap();
    assert!(permissions.contains(&"manage-user-status".into()));
    assert!(script(&board, "words")["board"]["title"].is_string());
    page(&admin, "/admin/nothing", &[]).await.refused(404);
}

#[tokio::test]
async fn every_page_has_a_strict_policy_and_is_never_stored() {
    let server = TestServer::start().await;
    let reply = page(&server.anon(), "/", &[]).await;
    for (name, value) in [
        ("content-type", Some("text/html; charset=utf-8")),
        ("cache-control", Some("no-store")),
        ("referrer-policy", Some("same-origin")),
        ("x-content-type-options", Some("nosniff")),
        ("cross-origin-opener-policy", None),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    let policy = reply.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(
            policy.split("; ").any(|own| own == part),
            "{part}: {policy}"
        );
    }
    assert!(!policy.contains("unsafe"));
    let origins = vec!["https://a.example".to_owned(), "http://b:81".to_owned()];
    let framed = Setup::new().config(|config| config.frame_ancestors = origins);
    let reply = page(&framed.start().await.anon(), "/", &[]).await;
    let policy = reply.header("content-security-policy").unwrap();
    assert!(
        policy.contains("; frame-ancestors https://a.example http://b:81;"),
        "{policy}"
    );
    let https = Setup::new().config(|config| config.site_url = Some("https://a.example".into()));
    let reply = page(&https.start().await.anon(), "/", &[]).await;
    assert_eq!(
        reply.header("cross-origin-opener-policy"),
        Some("same-origin")
    );
}

#[tokio::test]
async fn links_and_assets_of_a_page_are_below_the_base_path() {
    let setup = Setup::new().config(|c| c.site_url = Some("https://a.example/team/door".into()));
    let server = setup.start().await;
    for path in ["/", "/team/door", "/team/door/"] {
        let reply = page(&server.anon(), path, &[]).await.expect(200);
        assert!(reply.text().contains("data-base=\"/team/door\""), "{path}");
        for link in links(&reply) {
            assert!(link.starts_with("/team/door/"), "{link}");
            if link.contains("/assets/") {
                page(&server.anon(), &link, &[]).await.expect(200);
                let stripped = link.strip_prefix("/team/door").unwrap();
                page(&server.anon(), stripped, &[]).await.expect(200);
            }
        }
    }
}

/// All `href` and `src` that are not fragments.
fn links(page: &Reply) -> Vec<String> {
    let mut links = Vec::new();
    for attribute in ["href=\"", "src=\""] {
        let values = page.text().split(attribute).skip(1);
        let values = values.map(|rest| rest.split('"').next().unwrap().to_owned());
        links.extend(values.filter(|link| !link.starts_with('#')));
    }
    assert!(
        links.iter().any(|link| link.contains("/assets/style.")),
        "{links:?}"
    );
    links
}

#[tokio::test]
async fn the_language_is_the_users_preference_or_the_cookies_or_the_browsers() {
    let server = TestServer::start().await;
    let anon = server.anon();
    let lang = |reply: &Reply| {
        let (_, after) = reply.text().split_once("<html lang=\"").unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let german = [("accept-language", "xx, de-AT;q=0.9, en;q=0.8")];
    let english = [
        ("accept-language", "de, en;q=0.8"),
        ("cookie", "a=b; lang=en"),
    ];
    assert_eq!(lang(&page(&anon, "/", &english).await), "en");
    assert_eq!(lang(&page(&anon, "/", &[]).await), "en");
    let reply = page(&anon, "/", &german).await;
    let has_german = crate::support::page::root()
        .join("src/web/words/de.json")
        .exists();
    assert_eq!(lang(&reply), if has_german { "de" } else { "en" });
}

#[tokio::test]
async fn the_name_of_the_workspace_is_escaped_everywhere() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    let hostile = "</script><b>{w:shell.skip}\u{202e}&\"'";
    let body = serde_json::json!({ "value": hostile });
    admin.post("settings/Site_Name", body).await.expect(200);
    let reply = page(&admin, "/", &[]).await;
    assert_eq!(script(&reply, "page")["title"], hostile);
    assert!(!reply.text().contains("<b>"), "{}", reply.text());
    let shown = "&lt;/script&gt;&lt;b&gt;{w:shell.skip}&amp;&quot;&#39;";
    assert!(reply.text().contains(shown), "{}", reply.text());
    assert!(!element(&reply, "title").is_empty());
}

#[tokio::test]
async fn a_page_that_needs_a_permission_names_it() {
    let server = TestServer::start().await;
    let (ann, admin) = (server.user("ann").await, server.admin().await);
    let refused = page(&ann, "/admin/roles", &[]).await.expect(403);
    assert!(refused.text().contains("<code>access-permissions</code>"));
    let leads_there = refused.text().contains("/admin");
    assert!(!leads_there, "a menu shows only what the user may open");
    page(&ann, "/admin", &[]).await.expect(403);
    let start = page(&admin, "/admin", &[]).await.expect(303);
    assert_eq!(start.header("location"), Some("/admin/people"));
    let people = page(&admin, "/admin/people", &[]).await.expect(200);
    assert!(people.text().contains("<a href=\"/admin/roles\""));
    let anonymous = page(&server.anon(), "/admin/roles", &[]).await.expect(200);
    assert!(anonymous.text().contains("data-page=\"page-login\""));
}

#[tokio::test]
async fn a_browser_gets_a_page_where_a_program_gets_json() {
    let server = TestServer::start().await;
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let hostile = "/%3Cscript%3E";
    for path in ["/nowhere", "/admin/nothing", hostile] {
        page(&server.anon(), path, &[]).await.refused(404);
        let any = [("accept", "*/*")];
        page(&server.anon(), path, &any).await.refused(404);
        let french = [html, ("accept-language", "fr")];
        let reply = page(&server.anon(), path, &french).await.expect(404);
        let kind = reply.header("content-type");
        assert_eq!(kind, Some("text/html; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'"));
        let id = reply.header("x-request-id").unwrap();
        assert!(reply.text().contains(&format!("<code>{id}</code>")));
        assert!(reply.text().contains("lang=\"fr\""));
        assert!(!reply.text().contains("<script>"));
    }
    let api = page(&server.anon(), "/api/v1/nowhere", &[html]).await;
    api.refused(404);
}
