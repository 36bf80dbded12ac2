//! Real requests: their senders and content.

use crate::support::good_requests::login;
use crate::support::openapi::document::{Document, Operation};
use crate::support::raw::Raw;
use crate::support::receiver::Receiver;
use crate::support::{Client, Reply, TestServer, in_time};
use doorsign::auth::opaque_token;
use doorsign::domain::{Attribution, Display, DisplayLook};
use doorsign::service::users;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use warp::http::Method;

/// Statuses that no request provokes: 500, which needs a bug, and 503, which needs a failing disk.
/// A create on a full one represents all.
pub fn unseen(document: &Document) -> BTreeSet<(Operation, u16)> {
    let put_off = Operation::new("POST /api/v1/custom-user-status.create");
    let operations = document.operations().into_iter();
    let both = operations.flat_map(|operation| [(operation.clone(), 500), (operation, 503)]);
    both.filter(|(operation, status)| {
        document.statuses(operation).contains(status) && (*status == 500 || *operation != put_off)
    })
    .collect()
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anonymous,
    Admin,
    /// A user with the role `user`.
    Bob,
    /// A user without a role.
    Stranger,
    /// The administrator by a login of its own, to be ended.
    Leaving,
}

/// A request with its expected status. `{id}` is the id of an existing status; `{admin}`, `{bob}`
/// and `{carol}` are ids of users, where carol is created first. `{position}` is the last
/// position of `events`, and `{receiver}` the address of a webhook receiver.
#[derive(Clone)]
pub struct Case {
    pub line: String,
    pub who: Who,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
    pub status: u16,
    /// What has to be in the answer: it is asked for again until then.
    pub until: &'static str,
}

impl Case {
    pub fn new(status: u16, who: Who, line: &str, body: &str) -> Self {
        let headers = if body.is_empty() {
            Vec::new()
        } else {
            vec![("content-type", "application/json")]
        };
        Self {
            line: line.to_owned(),
            who,
            headers,
            body: body.to_owned(),
            status,
            until: "",
        }
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    /// The same with a query.
    pub fn at(mut self, query: &str) -> Self {
        self.line.push_str(query);
        self
    }

    /// The same, asked again until this is in the answer.
    pub fn until(mut self, text: &'static str) -> Self {
        self.until = text;
        self
    }

    pub fn operation(&self) -> Operation {
        Operation::new(&self.line)
    }

    /// The body, if it was sent as JSON and is JSON.
    pub fn json(&self) -> Option<Value> {
        let json = self.headers.contains(&("content-type", "application/json"));
        json.then(|| serde_json::from_str(&self.body).ok())?
    }
}

/// Clients of one server.
pub struct People {
    pub admin: Client,
    bob: Client,
    stranger: Client,
    _receiver: Receiver,
    ids: BTreeMap<&'static str, String>,
}

impl People {
    pub async fn of(server: &TestServer) -> Self {
        let (admin, bob) = (server.admin().await, server.user("bob").await);
        let stranger = server.user_with_roles("stranger", &[]).await;
        server.user("zoe").await;
        users::set_active(&server.app, "zoe", false).await.unwrap();
        for n in 0..2 {
            login(server, "bob", n).await;
        }
        let id = |client: &Client| client.credentials.as_ref().unwrap().0.clone();
        let receiver = Receiver::start();
        Self {
            ids: BTreeMap::from([
                ("{display}", known_display(server, DISPLAY_KEY, true).await),
                ("{poster}", known_display(server, POSTER_KEY, false).await),
                ("{admin}", id(&admin)),
                ("{bob}", id(&bob)),
                (
                    "{receiver}",
                    receiver.url("").trim_end_matches('/').to_owned(),
                ),
            ]),
            _receiver: receiver,
            admin,
            bob,
            stranger,
        }
    }

    /// Sends the request. Keeps the ids of the first created status and user, and the position
    /// among the events.
    pub async fn ask(&mut self, server: &TestServer, case: &Case) -> Reply {
        let client = match case.who {
            Who::Anonymous => server.anon(),
            Who::Admin => self.admin.clone(),
            Who::Bob => self.bob.clone(),
            Who::Stranger => self.stranger.clone(),
            Who::Leaving => server.admin().await,
        };
        let (method, target) = case.line.split_once(' ').unwrap();
        let (target, body) = (self.filled(target), self.filled(&case.body));
        let method: Method = method.parse().unwrap();
        let asking = async {
            loop {
                let (method, body) = (method.clone(), body.clone());
                let reply = client.send(method, &target, &case.headers, body).await;
                if reply.status != case.status || reply.text().contains(case.until) {
                    return reply;
                }
            }
        };
        let reply = in_time(case.until, asking).await;
        if reply.status == 200 {
            self.keep(case, &reply);
        }
        reply
    }

    fn keep(&mut self, case: &Case, reply: &Reply) {
        if case.operation().path == "/api/v1/events" {
            let position = reply.json()["position"].to_string();
            self.ids.insert("{position}", position);
        }
        if case.line == "GET /api/v1/sessions/list" {
            // Tokens do not expire, and their sessions may stand between those of logins.
            let list = reply.json();
            let list = list["sessions"].as_array().unwrap();
            let logins = list.iter().filter(|one| one["expiresAt"].is_string());
            for (name, login) in ["{own}", "{other}"].into_iter().zip(logins) {
                let id = login["sessionId"].as_str().unwrap();
                self.ids.insert(name, id.to_owned());
            }
        }
        if case.line.ends_with("invitations.create") {
            let (reply, ids) = (reply.json(), &mut self.ids);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let token = text(&reply["url"]);
            let token = token.split('#').nth(1).unwrap_or_default().to_owned();
            ids.insert("{token}", token);
            ids.insert("{invitation}", text(&reply["invitation"]["_id"]));
        }
        let made = [
            ("custom-user-status.create", "{id}", "customUserStatus"),
            ("users.create", "{carol}", "user"),
        ];
        for (route, name, field) in made {
            if case.line.ends_with(route) && !self.ids.contains_key(name) {
                let id = &reply.json()[field]["_id"];
                self.ids.insert(name, id.as_str().unwrap().to_owned());
            }
        }
    }

    /// `text` with ids instead of their names.
    pub fn filled(&self, text: &str) -> String {
        let ids = self.ids.iter();
        ids.fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }
}

/// The key of an interactive display, and of one that only shows.
pub const DISPLAY_KEY: &str = "the key of an interactive display";
pub const POSTER_KEY: &str = "the key of a display that only shows";

/// Adds a display with this key, and returns its id.
async fn known_display(server: &TestServer, key: &str, is_interactive: bool) -> String {
    let display = Display {
        id: server.app.ids.display().unwrap(),
        name: key.to_owned(),
        look: DisplayLook {
            is_interactive,
            ..DisplayLook::default()
        },
        created_at: server.app.clock.now(),
        last_seen_at: None,
    };
    let id = display.id.clone();
    let by = Attribution::operator(display.created_at);
    let hash = opaque_token::digest(key);
    let created = server.app.store.create_display(display, hash, by);
    created.await.unwrap();
    id
}

/// The answer to a body that breaks off in the middle of its encoding.
pub async fn broken_body(server: &TestServer, line: &str) -> Reply {
    send(
        server,
        line,
        "Transfer-Encoding: chunked\r\n\r\nno length\r\n",
    )
    .await
}

/// The answer to a body that is announced and does not come.
pub async fn missing_body(server: &TestServer, line: &str) -> Reply {
    send(server, line, "Content-Length: 1\r\n\r\n").await
}

/// Sends as the administrator: requests without a login are rejected before the body is read.
async fn send(server: &TestServer, line: &str, rest: &str) -> Reply {
    let (id, token) = server.admin().await.credentials.unwrap();
    let login = format!("X-User-Id: {id}\r\nX-Auth-Token: {token}\r\n");
    let request = format!("{line} HTTP/1.1\r\nHost: doorsign\r\n{login}{rest}");
    Raw::sent(server, request).await.reply().await.unwrap()
}
