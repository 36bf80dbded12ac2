//! Calls realtime methods over REST.

use crate::support::{Client, Reply, TestServer};
use serde_json::{Value, json};

pub const LIST: &str = "listCustomUserStatus";

/// The answer to a call of `method`, named "1", on `route`. As from Rocket.Chat's clients, the path has
/// a colon for each slash.
pub async fn answer(client: &Client, route: &str, method: &str, params: Value) -> Reply {
    let message = json!({"msg": "method", "id": "1", "method": method, "params": params});
    let body = json!({"message": message.to_string()});
    let path = format!("{route}/{}", method.replace('/', ":"));
    client.post(&path, body).await
}

/// The message in a response, which must be a result of the call "1" and report its success.
pub fn message(reply: &Reply) -> Value {
    let body = reply.json();
    let message: Value = serde_json::from_str(body["message"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&message["msg"], &message["id"]),
        (&json!("result"), &json!("1"))
    );
    let good = message.get("error").is_none();
    assert_eq!(body["success"], json!(good), "{body}");
    assert_eq!(reply.status, if good { 200 } else { 400 }, "{body}");
    message
}

pub async fn call(client: &Client, method: &str, params: Value) -> Value {
    message(&answer(client, "method.call", method, params).await)
}

/// The result of a call that has to succeed.
pub async fn result(client: &Client, method: &str, params: Value) -> Value {
    let message = call(client, method, params).await;
    assert!(message.get("error").is_none(), "{message}");
    message["result"].clone()
}

/// A server with a status "taken", and three callers: the administrator, a user, and an anonymous client.
pub async fn with_callers() -> (TestServer, [Client; 3]) {
    let server = TestServer::start().await;
    let (admin, ann) = (server.admin().await, server.user("ann").await);
    admin.create("taken").await.expect(200);
    let anon = server.anon();
    (server, [admin, ann, anon])
}

/// The parameters that create a status of this name and type.
pub fn named(name: &str, kind: &str) -> Value {
    json!([{"name": name, "statusType": kind}])
}
