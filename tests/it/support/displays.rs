//! Displays, and requests with their keys.

use crate::support::{Client, Reply, TestServer};
use serde_json::{Value, json};
use warp::http::Method;

/// Sends a request with the key of a display and without a login.
pub async fn with_key(
    client: &Client,
    method: Method,
    route: &str,
    key: &str,
    body: Value,
) -> Reply {
    let headers = [("x-display-key", key), ("content-type", "application/json")];
    let body = match method {
        Method::GET => String::new(),
        _ => body.to_string(),
    };
    let path = format!("/api/v1/{route}");
    client.send(method, &path, &headers, body).await
}

/// Adds a display. Returns the response.
pub async fn add(admin: &Client, body: Value) -> Value {
    let created = admin.post("displays.create", body).await;
    created.expect(200).json()
}

/// The key in the response to a new display.
pub fn key(created: &Value) -> &str {
    let url = created["url"].as_str().unwrap();
    url.split_once("/display#").unwrap().1
}

/// Sets the status of ann on the display with this key. `rest` holds further and other fields.
pub async fn tap(server: &TestServer, key: &str, pin: &str, rest: Value) -> Reply {
    let mut body = json!({"username": "ann", "pin": pin, "status": "busy"});
    let fields = body.as_object_mut().unwrap();
    fields.extend(rest.as_object().unwrap().clone());
    let anon = server.anon();
    with_key(&anon, Method::POST, "displays.setStatus", key, body).await
}
