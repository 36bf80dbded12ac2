//! Everything that the viewer reads, as it is compared between worlds. Four things differ by
//! nature and are left out: the headers `Date` and `X-Request-Id`, the positions of events with the
//! sizes of their pages, because positions also count hidden events, and the times at which the board
//! says that a status began, because connections are timed by the machine's clock.

use super::{PEOPLE, VIEWER, World};
use crate::support::methods::answer;
use crate::support::{Client, Reply};
use serde_json::{Value, json};
use warp::http::Method;

/// The servers have different ports, which some responses repeat.
const HOST: [(&str, &str); 1] = [("host", "doorsign.example")];
const DIFFERENT_HEADERS: [&str; 2] = ["date", "x-request-id"];

/// A request of the viewer.
#[derive(Debug, Clone)]
pub enum Read {
    /// `GET` of a path.
    Get(String),
    /// `method.call` with parameters.
    Call(&'static str, Value),
    /// The events since the last ones that were read.
    Events,
    /// All events of this sequence.
    History,
}

/// All requests, given the ids of [`PEOPLE`].
#[rustfmt::skip] // A table.
pub fn all(world: &World) -> Vec<Read> {
    let (ids, ago) = (world.ids(), |seconds: i64| world.iso(world.now() - seconds * 1000));
    let mut paths: Vec<String> = [
        "users.presence", "users.list?count=0", "users.list?sort=%7B%22status%22:-1,%22name%22:1%7D", "users.list?count=3&offset=1",
        "users.listByStatus", "users.listByStatus?status=active&sort=%7B%22status%22:1%7D", "users.listByStatus?hasLoggedIn=true",
        "users.listByStatus?type=bot", "users.listByStatus?searchTerm=e", "users.listStatusVisibility", "users.listStatusVisibility?searchTerm=n",
        "users.autocomplete?selector=%7B%22term%22:%22n%22%7D",
        "users.autocomplete?selector=%7B%22term%22:%22%22,%22conditions%22:%7B%22status%22:%22online%22%7D%7D",
        "spotlight?query=n", "spotlight?query=e&type=%7B%22users%22:true%7D",
        "directory?query=%7B%22type%22:%22users%22,%22text%22:%22%22%7D&count=0",
        "directory?query=%7B%22type%22:%22users%22,%22text%22:%22n%22%7D&sort=%7B%22status%22:1%7D",
        "roles.getUsersInRole?role=user", "roles.getUsersInRole?role=bot", "roles.getUsersInPublicRoles",
        "board", "me", "users.getPreferences", "users.getStatus", "users.getPresence", "settings.public?count=0",
    ].map(str::to_owned).into();
    paths.push(format!("users.presence?ids={}", ids.join(",")));
    // Connections are timed by the machine's clock. A sequence takes less than 200 s.
    paths.extend([200, 300, 599].map(|seconds| format!("users.presence?from={}", ago(seconds))));
    for (name, id) in PEOPLE.iter().zip(&ids) {
        paths.push(format!("users.info?username={name}"));
        paths.push(format!("users.info?userId={id}"));
        paths.push(format!("users.getStatus?userId={id}"));
        paths.push(format!("users.getPresence?userId={id}"));
        paths.push(format!("users.presence?ids={id}"));
    }
    let gets = paths.into_iter().map(|path| Read::Get(format!("/api/v1/{path}")));
    let avatars = PEOPLE.map(|name| Read::Get(format!("/avatar/{name}")));
    let texts = ids.iter().map(|id| Read::Call("getUserStatusText", json!([id])));
    let search = Read::Call("spotlight", json!(["n", [], {"users": true}]));
    gets.chain(avatars).chain(texts).chain([search, Read::Events, Read::History]).collect()
}

impl World {
    /// What the viewer reads.
    pub async fn read(&mut self, read: &Read) -> String {
        let viewer = self.client(VIEWER).clone();
        match read {
            Read::Get(path) if path.ends_with("/board") => {
                let reply = viewer.send(Method::GET, path, &HOST, "").await;
                let mut board = reply.expect(200).json();
                without_since(&mut board);
                board.to_string()
            }
            Read::Get(path) => whole(&viewer.send(Method::GET, path, &HOST, "").await),
            Read::Call(method, params) => {
                whole(&answer(&viewer, "method.call", method, params.clone()).await)
            }
            Read::Events => {
                let (events, position) = pages(&viewer, self.position).await;
                self.position = position;
                events
            }
            Read::History => pages(&viewer, self.origin).await.0,
        }
    }
}

/// Status, headers and body.
fn whole(reply: &Reply) -> String {
    let headers = reply.headers.iter();
    let headers = headers.filter(|(name, _)| !DIFFERENT_HEADERS.contains(&name.as_str()));
    let headers: Vec<_> = headers.collect();
    format!("{} {headers:?}\n{}", reply.status, reply.text())
}

/// The events after a position, and the position behind them.
async fn pages(client: &Client, mut since: u64) -> (String, u64) {
    let mut all = Vec::new();
    loop {
        let page = client.get(&format!("events?since={since}&timeout=0")).await;
        let mut page = page.expect(200).json();
        assert_eq!(page["reload"], false);
        since = page["position"].as_u64().unwrap();
        let events = page["events"].as_array_mut().unwrap();
        if events.is_empty() {
            return (all.join("\n"), since);
        }
        all.extend(events.iter_mut().map(|event| {
            without_position(event);
            event.to_string()
        }));
    }
}

/// Replaces the times at which statuses began, in a person or a whole board.
pub fn without_since(board: &mut Value) {
    if let Some(since) = board.get_mut("statusSince") {
        *since = json!("TIME");
    }
    let people = board.get_mut("people").and_then(Value::as_array_mut);
    people.into_iter().flatten().for_each(without_since);
}

/// Removes the position of an event.
pub fn without_position(event: &mut Value) {
    if let Some(event) = event.as_object_mut() {
        event.remove("id");
    }
}
