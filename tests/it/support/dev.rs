//! A server in dev mode, its seeded users, and its controls.

use crate::support::{Client, Reply, Setup, TestServer};
use doorsign::dev::seed::{self, PEOPLE};
use serde_json::Value;
use warp::http::Method;

pub const JSON: (&str, &str) = ("content-type", "application/json");

pub async fn dev_server() -> TestServer {
    Setup::dev().start().await
}

/// A seeded user, by the fixed token.
pub fn seeded(server: &TestServer, username: &str) -> Client {
    let person = PEOPLE.iter().find(|person| person.username == username);
    let person = person.unwrap();
    let token = person.token(&seed::tokens().unwrap()).unwrap();
    Client::new(server.address, Some((person.id.to_owned(), token)))
}

/// `GET /dev/CONTROL`, which has to work.
pub async fn look(server: &TestServer, control: &str) -> Value {
    let path = format!("/dev/{control}");
    let reply = server.anon().send(Method::GET, &path, &[], "").await;
    reply.expect(200).json()
}

/// `POST /dev/CONTROL`.
pub async fn ask(server: &TestServer, control: &str, body: Value) -> Reply {
    let path = format!("/dev/{control}");
    let anon = server.anon();
    anon.send(Method::POST, &path, &[JSON], body.to_string())
        .await
}

/// `POST /dev/CONTROL`, which has to work.
pub async fn control(server: &TestServer, control: &str, body: Value) -> Value {
    ask(server, control, body).await.expect(200).json()
}
