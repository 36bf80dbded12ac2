//! Pictures that users choose: who sets them, who sees them, and what is refused.

use crate::support::admin::setting;
use crate::support::pictures::{PNG, picture, upload};
use crate::support::{Client, Reply, TestServer};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{GenericImageView, ImageFormat};
use serde_json::{Value, json};
use warp::http::Method;

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

async fn get(client: &Client, path: &str) -> Reply {
    client.send(Method::GET, path, &[], "").await
}

/// Whether the reply is a picture of this colour, 200 pixels a side.
fn shows(reply: &Reply, colour: [u8; 3]) -> bool {
    let decoded = image::load_from_memory(&reply.body).unwrap();
    let pixel = decoded.get_pixel(100, 100).0;
    let is_near = |(one, other): (&u8, &u8)| one.abs_diff(*other) < 16;
    decoded.dimensions() == (200, 200) && pixel.iter().zip(&colour).all(is_near)
}

fn is_letter(reply: &Reply) -> bool {
    reply.header("content-type") == Some("image/svg+xml")
}

/// A server with ann, who has a red picture.
async fn setup() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    set(&ann, RED).await;
    (server, ann)
}

async fn set(client: &Client, colour: [u8; 3]) {
    let bytes = picture(300, colour, ImageFormat::Png);
    let set = upload(client, &[("image", &bytes)]).await;
    assert_eq!(set.expect(200).json(), json!({"success": true}));
}

async fn etag(client: &Client) -> Value {
    client.get("me").await.expect(200).json()["avatarETag"].clone()
}

#[tokio::test]
async fn a_picture_is_shown_to_users_by_name_and_by_id_until_it_is_removed() {
    let (server, ann) = setup().await;
    let bob = server.user("bob").await;
    let id = format!("/avatar/uid/{}", ann.id());
    for path in ["/avatar/ann", "/avatar/ANN?size=50&etag=x", &id] {
        let shown = get(&bob, path).await.expect(200);
        assert!(shows(&shown, RED), "{path}");
        assert_eq!(shown.header("content-type"), Some("image/jpeg"));
        assert_eq!(shown.header("cache-control"), Some("private, max-age=3600"));
        assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
        let tag = shown.header("etag").unwrap();
        assert_eq!(tag.trim_matches('"'), etag(&ann).await);
        let same = bob
            .send(Method::GET, path, &[("if-none-match", tag)], "")
            .await;
        assert_eq!(same.expect(304).text(), "");
    }
    let at = get(&bob, "/avatar/@ann").await.expect(200);
    assert!(is_letter(&at));
    let own = json!({"userId": ann.id()});
    ann.post("users.resetAvatar", own).await.expect(200);
    assert!(is_letter(&get(&bob, "/avatar/ann").await.expect(200)));
    assert_eq!(etag(&ann).await, Value::Null);
}

#[tokio::test]
async fn a_new_picture_has_a_new_version_in_every_record() {
    let (server, ann) = setup().await;
    let first = etag(&ann).await;
    set(&ann, BLUE).await;
    let second = etag(&ann).await;
    assert_ne!(first, second);
    let admin = server.admin().await;
    let info = admin
        .get("users.info?username=ann")
        .await
        .expect(200)
        .json();
    assert_eq!(info["user"]["avatarETag"], second);
    let list = admin.get("users.list").await.expect(200).json();
    let mut rows = list["users"].as_array().unwrap().iter();
    let row = rows.find(|row| row["username"] == "ann").unwrap();
    assert_eq!(row["avatarETag"], second);
    assert!(shows(&get(&ann, "/avatar/ann").await.expect(200), BLUE));
}

#[tokio::test]
async fn without_a_login_a_user_with_a_picture_looks_like_a_name_without_a_user() {
    let (server, ann) = setup().await;
    let anon = server.anon();
    for path in ["/avatar/ann", &format!("/avatar/uid/{}", ann.id())] {
        assert!(is_letter(&get(&anon, path).await.expect(200)), "{path}");
    }
    server.user("zoe").await;
    let (known, unknown) = (get(&anon, "/avatar/ann"), get(&anon, "/avatar/anx"));
    let (known, unknown) = (known.await.expect(200), unknown.await.expect(200));
    let names = |reply: &Reply| {
        let names = reply.headers.keys().map(|name| name.as_str().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&known), names(&unknown));
    assert_eq!(
        known.header("cache-control"),
        unknown.header("cache-control")
    );
    let admin = server.admin().await;
    setting(&admin, "Accounts_AvatarBlockUnauthenticatedAccess", false).await;
    assert!(shows(&get(&anon, "/avatar/ann").await.expect(200), RED));
}

#[tokio::test]
async fn clients_of_rocket_chat_load_pictures_with_parameters_or_cookies() {
    let (server, ann) = setup().await;
    let (id, token) = ann.credentials.clone().unwrap();
    let anon = server.anon();
    let path = format!("/avatar/ann?rc_uid={id}&rc_token={token}&etag=x");
    assert!(shows(&get(&anon, &path).await.expect(200), RED));
    let cookies = format!("a=b; rc_uid={id}; rc_token={token}");
    let headers = [("cookie", &*cookies)];
    let shown = anon.send(Method::GET, "/avatar/ann", &headers, "").await;
    assert!(shows(&shown.expect(200), RED));
    let wrong = format!("/avatar/ann?rc_uid={id}&rc_token=wrong");
    assert!(is_letter(&get(&anon, &wrong).await.expect(200)));
    ann.post("logout", json!({})).await.expect(200);
    assert!(is_letter(&get(&anon, &path).await.expect(200)));
}

#[tokio::test]
async fn a_picture_is_accepted_as_a_data_url_and_no_url_is_fetched() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let set = async |url: &str| ann.post("users.setAvatar", json!({"avatarUrl": url})).await;
    set(&format!("data:image/png;base64,{PNG}"))
        .await
        .expect(200);
    assert_ne!(etag(&ann).await, Value::Null);
    let large = picture(2048, RED, ImageFormat::Png);
    let large = BASE64_STANDARD.encode(large);
    set(&format!("data:;base64,{large}")).await.expect(200);
    for url in [
        "http://127.0.0.1:1/me.png",
        "https://example.org/me.png",
        "file:///etc/passwd",
        "data:image/png,x",
        "data:image/png;base64,%%%",
        "",
    ] {
        let refused = set(url).await.expect(400).json();
        assert_eq!(refused["errorType"], "error-avatar-invalid-url", "{url}");
    }
}

#[tokio::test]
async fn another_users_picture_needs_the_permission() {
    let (server, ann) = setup().await;
    let (admin, bob) = (server.admin().await, server.user("bob").await);
    let blue = picture(10, BLUE, ImageFormat::WebP);
    let (image, id) = (("image", &*blue), ann.id());
    for whose in [("userId", id.as_bytes()), ("username", b"ann")] {
        let refused = upload(&bob, &[whose, image]).await.expect(400).json();
        assert_eq!(refused["errorType"], "error-not-allowed");
    }
    let unknown = upload(&admin, &[("username", b"nan"), image]).await;
    assert_eq!(
        unknown.expect(400).json()["errorType"],
        "error-invalid-user"
    );
    upload(&bob, &[("username", b"bob"), image])
        .await
        .expect(200);
    upload(&admin, &[image, ("username", b"ann")])
        .await
        .expect(200);
    assert!(shows(&get(&ann, "/avatar/ann").await.expect(200), BLUE));
    let body = json!({"username": "ann"});
    bob.post("users.resetAvatar", body.clone())
        .await
        .expect(400);
    admin.post("users.resetAvatar", body).await.expect(200);
    assert_eq!(etag(&ann).await, Value::Null);
}

#[tokio::test]
async fn the_setting_keeps_users_from_changing_their_own_picture() {
    let (server, ann) = setup().await;
    let admin = server.admin().await;
    setting(&admin, "Accounts_AllowUserAvatarChange", false).await;
    let blue = picture(10, BLUE, ImageFormat::Png);
    let refused = upload(&ann, &[("image", &blue)]).await.expect(400).json();
    assert_eq!(
        refused["error"],
        "Change avatar is not allowed [error-not-allowed]"
    );
    let own = json!({"username": "ann"});
    ann.post("users.resetAvatar", own)
        .await
        .golden("users_avatar_not_allowed");
    upload(&admin, &[("image", &blue)]).await.expect(200);
    assert!(shows(&get(&ann, "/avatar/ann").await.expect(200), RED));
}

#[tokio::test]
async fn hostile_pictures_are_refused_with_a_reason_and_the_server_stays_up() {
    let (server, ann) = setup().await;
    let whole = picture(64, BLUE, ImageFormat::Png);
    let mut huge = whole.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let large = vec![0x89; 512 * 1024 + 1];
    for (bytes, reason) in [
        (&b""[..], "use PNG, JPEG or WebP"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "use PNG, JPEG or WebP",
        ),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "use PNG, JPEG or WebP"),
        (&whole[..whole.len() / 2], "use another one"),
        (&huge, ""),
        (&large, "512 KiB"),
    ] {
        let refused = upload(&ann, &[("image", bytes)]).await.expect(400).json();
        assert_eq!(refused["errorType"], "error-invalid-picture", "{refused}");
        assert_eq!(refused["details"]["field"], "image");
        assert!(
            refused["error"].as_str().unwrap().contains(reason),
            "{refused}"
        );
    }
    assert!(shows(&get(&ann, "/avatar/ann").await.expect(200), RED));
    drop(server);
}

#[tokio::test]
async fn a_form_without_a_picture_or_an_end_is_refused() {
    let server = TestServer::start().await;
    let ann = server.user("ann").await;
    let missing = upload(&ann, &[("other", b"x")]).await.expect(400).json();
    assert_eq!(missing["error"], "The 'image' param is required");
    let kind = "multipart/form-data; boundary=xX";
    let cut = "--xX\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nx";
    let cut = ann.post_raw("users.setAvatar", kind, cut).await;
    assert_eq!(cut.expect(400).json()["errorType"], "invalid-params");
    let body = vec![b'x'; 704 * 1024 + 1];
    ann.post_raw("users.setAvatar", kind, body)
        .await
        .expect(413);
    let other = vec![b' '; 64 * 1024 + 1];
    let other = ann
        .post_raw("users.setStatus", "application/json", other)
        .await;
    other.expect(413);
    let anonymous = server.anon().post("users.setAvatar", json!({})).await;
    anonymous.expect(401);
}

#[tokio::test]
async fn the_picture_follows_a_new_username_and_ends_with_the_user() {
    let (server, ann) = setup().await;
    let admin = server.admin().await;
    let id = ann.id();
    let rename = json!({"userId": id, "data": {"username": "anna"}});
    admin.post("users.update", rename).await.expect(200);
    assert!(shows(&get(&admin, "/avatar/anna").await.expect(200), RED));
    assert!(is_letter(&get(&admin, "/avatar/ann").await.expect(200)));
    admin
        .post("users.delete", json!({"userId": id}))
        .await
        .expect(200);
    assert!(is_letter(&get(&admin, "/avatar/anna").await.expect(200)));
    get(&admin, &format!("/avatar/uid/{id}")).await.expect(404);
    let database = server.database();
    let select = "SELECT count(*) FROM avatar";
    let left: i64 = database.query_row(select, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
