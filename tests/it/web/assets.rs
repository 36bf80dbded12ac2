//! Scripts, styles and icons.

use crate::support::{Client, Reply, TestServer};
use doorsign::web::Sites;
use std::collections::BTreeSet;
use warp::http::Method;

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    client.send(Method::GET, path, headers, "").await
}

#[tokio::test]
async fn an_asset_is_immutable_compressed_on_request_and_has_a_tag() {
    let server = TestServer::start().await;
    let anon = server.anon();
    let site = Sites::default().get().unwrap();
    for asset in site.assets() {
        let path = format!("/assets/{}", asset.path);
        let plain = get(&anon, &path, &[]).await.expect(200);
        assert_eq!(plain.body, *asset.plain);
        assert_eq!(plain.header("content-encoding"), None);
        let expected = "public, max-age=31536000, immutable";
        assert_eq!(plain.header("cache-control"), Some(expected));
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
        assert_eq!(plain.header("x-content-type-options"), Some("nosniff"));
        let kind = plain.header("content-type").unwrap();
        assert_ne!(kind, "application/octet-stream", "{path}");
        for refused in ["br", "gzip;q=0", "identity", "gzip;q=x"] {
            let reply = get(&anon, &path, &[("accept-encoding", refused)]).await;
            assert_eq!(reply.header("content-encoding"), None, "{refused}");
        }
        let zipped = get(
            &anon,
            &path,
            &[("accept-encoding", "deflate, GZIP;q=0.5, br")],
        )
        .await;
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        assert_eq!(zipped.body[..2], [0x1f, 0x8b]);
        assert_ne!(zipped.header("etag"), plain.header("etag"));
        let tag = plain.header("etag").unwrap().to_owned();
        let headers = [("if-none-match", tag.as_str())];
        let current = anon.send(Method::GET, &path, &headers, "").await;
        assert_eq!((current.status.as_u16(), current.body.len()), (304, 0));
    }
    for unknown in [
        "core.js",
        "core.0000000000.js",
        "..%2fcore.js",
        "%00",
        "mod.rs",
    ] {
        let path = format!("/assets/{unknown}");
        let reply = anon.send(Method::GET, &path, &[], "").await;
        reply.refused(404);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_first_visit_takes_five_requests_beside_the_stream_and_60_kib() {
    let server = TestServer::start().await;
    let admin = server.admin().await;
    for n in 0..60 {
        server.user(&format!("person-{n}")).await;
    }
    let zipped = &[("accept-encoding", "gzip")];
    for path in [
        "/",
        "/me",
        "/me/account",
        "/admin/people",
        "/login",
        "/display",
        "/api",
    ] {
        // A user who is logged in sees no login form.
        let visitor = if path == "/login" {
            server.anon()
        } else {
            admin.clone()
        };
        let page = get(&visitor, path, zipped).await.expect(200);
        let plain = get(&visitor, path, &[]).await;
        let assets: BTreeSet<&str> = plain
            .text()
            .split('"')
            .filter(|part| part.starts_with("/assets/") && !part.contains("manifest"))
            .collect();
        let mut bytes = page.body.len();
        for asset in &assets {
            bytes += get(&admin, asset, zipped).await.expect(200).body.len();
        }
        assert!(page.body.len() < plain.body.len() / 2, "{path}");
        assert!(bytes <= 60 * 1024, "{path}: {bytes} bytes");
        assert!(
            assets.len() <= if path == "/" { 4 } else { 5 },
            "{path}: {assets:?}"
        );
    }
}
