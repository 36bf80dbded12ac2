//! Links with which people choose a password.

use super::{Client, Reply};
use serde_json::{Value, json};
use warp::http::Method;

/// The token of the link in the response to `invitations.create`.
pub fn token(created: &Value) -> String {
    let url = created["url"].as_str().unwrap();
    url.split_once("/join#").unwrap().1.to_owned()
}

/// Creates a link as `admin`, and returns its token.
pub async fn link(admin: &Client, body: Value) -> String {
    let created = admin.post("invitations.create", body).await.expect(200);
    token(&created.json())
}

/// `invitations.look` as a stranger.
pub async fn look(anon: &Client, token: &str) -> Reply {
    anon.post("invitations.look", json!({"token": token})).await
}

/// `invitations.accept` as a stranger, from a page of the server.
pub async fn accept(anon: &Client, token: &str, password: &str) -> Reply {
    let body = json!({"token": token, "password": password}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
    ];
    let path = "/api/v1/invitations.accept";
    anon.send(Method::POST, path, &headers, body).await
}

/// The error type of a refused request.
pub fn refusal(reply: Reply) -> String {
    let body = reply.expect(400).json();
    body["errorType"].as_str().unwrap().to_owned()
}
