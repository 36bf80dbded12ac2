//! Letters instead of the pictures of users. Pictures that users choose are in `avatar_pictures`.

use crate::support::{Client, Reply, Setup, TestServer};
use warp::http::Method;

async fn get(client: &Client, path: &str) -> Reply {
    client.send(Method::GET, path, &[], "").await
}

/// The initial in a picture.
fn initial(reply: &Reply) -> &str {
    assert_eq!(reply.header("content-type"), Some("image/svg+xml"));
    let (_, rest) = reply.text().rsplit_once("\">").unwrap();
    rest.strip_suffix("</text></svg>").unwrap()
}

#[tokio::test]
async fn the_avatar_url_of_a_user_shows_the_initial_without_a_login() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let me = ann.get("me").await.expect(200).json();
    let url = me["avatarUrl"].as_str().unwrap();
    let path = &url[url.find("/avatar").unwrap()..];
    let anon = server.anon();
    for path in [
        path,
        "/avatar/ann",
        "/avatar/@ann",
        "/avatar/ann?format=png&rc_uid=x",
        &format!("/avatar/uid/{}", ann.id()),
    ] {
        let picture = get(&anon, path).await.expect(200);
        assert_eq!(initial(&picture), "A", "{path}");
        assert_eq!(
            picture.header("cache-control"),
            Some("public, max-age=3600")
        );
        assert_eq!(picture.header("content-disposition"), Some("inline"));
    }
    let small = get(&anon, "/avatar/ann?size=50").await.expect(200);
    assert!(small.text().contains("viewBox=\"0 0 50 50\""));
}

#[tokio::test]
async fn an_avatar_is_confirmed_by_its_etag() {
    let server = TestServer::start().await;
    let (ann, anon) = (server.user("ann").await, server.anon());
    for path in [
        "/avatar/ann".to_owned(),
        format!("/avatar/uid/{}", ann.id()),
    ] {
        let picture = get(&anon, &path).await.expect(200);
        let etag = picture.header("etag").unwrap();
        for named in [etag, &format!("\"other\", W/{etag}"), "*"] {
            let headers = [("if-none-match", named)];
            let same = anon.send(Method::GET, &path, &headers, "").await;
            assert_eq!(same.expect(304).text(), "");
        }
        let other = [("if-none-match", "\"other\"")];
        anon.send(Method::GET, &path, &other, "").await.expect(200);
        let bigger = get(&anon, &format!("{path}?size=400")).await.expect(200);
        assert_ne!(bigger.header("etag"), Some(etag));
        let head = anon.send(Method::HEAD, &path, &[], "").await.expect(200);
        assert_eq!(head.header("etag"), Some(etag));
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_show_an_avatar_which_can_do_nothing_itself() {
    let server = TestServer::start().await;
    let anon = server.anon();
    for (name, expected) in [
        ("%3C%2Ftext%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "T"),
        ("%22%27%26%3C%3E", ""),
        ("%ff%00", "F"),
        ("%F0%9F%8D%9C", ""),
    ] {
        let picture = get(&anon, &format!("/avatar/{name}")).await.expect(200);
        assert_eq!(initial(&picture), expected, "{name}");
        let header = |name| picture.header(name).unwrap();
        assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("default-src 'none'"));
    }
}

#[tokio::test]
async fn an_avatar_does_not_reveal_which_names_exist() {
    let server = TestServer::start().await;
    server.user("ann").await;
    let anon = server.anon();
    let (known, unknown) = (get(&anon, "/avatar/ann"), get(&anon, "/avatar/nan"));
    let (known, unknown) = (known.await.expect(200), unknown.await.expect(200));
    // The letter and the colour follow from the name alone.
    let neutral = |picture: &Reply, letter: &str| {
        let (before, after) = picture.text().split_once("fill=\"#").unwrap();
        format!("{before}{}", &after[6..]).replace(letter, "")
    };
    assert_eq!(neutral(&known, ">A<"), neutral(&unknown, ">N<"));
    let refused = get(&anon, "/avatar/uid/unknown").await.expect(404);
    assert_eq!(refused.json()["error"], "User not found");
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    for path in ["/avatar/", "/avatar", "/avatar/a/b"] {
        get(&anon, path).await.golden("unknown_route");
    }
}

#[tokio::test]
async fn avatars_are_not_counted_by_the_rate_limit() {
    let server = Setup::new().config(|config| config.rate_limit_calls = Some(1));
    let server = server.start().await;
    for _ in 0..3 {
        get(&server.anon(), "/avatar/ann").await.expect(200);
    }
}
