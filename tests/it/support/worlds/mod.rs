//! Two servers with the same people, tokens and time. The same open actions happen on both, and
//! different ones that are hidden from one viewer. Everything that this viewer receives is recorded.

pub mod action;
pub mod observer;
pub mod read;
pub mod rules;

use crate::support::{Client, Live, Setup, TestServer, in_time};
use doorsign::app::Clock;
use doorsign::config::Unconnected;
use doorsign::domain::{Baseline, Claim, ClaimSource, Origin, StatusText, UserId, UserStatus};
use doorsign::jobs::claim_expiry;
use doorsign::service::users::{self, NewUser};
use doorsign::store::{ClaimEffect, PresenceChange};
use observer::{Barrier, Observer};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use tempfile::TempDir;

/// Everyone who may be hidden from the viewer, and at the end one who never has a rule.
pub const PEOPLE: [&str; 5] = ["ann", "dan", "eve", "robot", "cid"];
/// The viewer that the rules name, and one that they do not.
pub const VIEWER: &str = "bob";
pub const CONTROL: &str = "carol";
/// A user whose name changes in every round, so that observers know when they are up to date.
const MARKER: &str = "zed";
const ADMIN: &str = "admin";

/// A data folder with all users and a token of each, to be copied.
pub struct Template {
    folder: TempDir,
    logins: HashMap<&'static str, (String, String)>,
}

impl Template {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Setup::at(folder.path()).start().await;
        let mut logins = HashMap::new();
        for username in PEOPLE.into_iter().chain([VIEWER, CONTROL, MARKER, ADMIN]) {
            if username != ADMIN {
                users::create(&server.app, new_user(username))
                    .await
                    .unwrap();
            }
            let client = server.with_token(username).await;
            logins.insert(username, client.credentials.unwrap());
        }
        server.stop().await;
        Self { folder, logins }
    }
}

fn new_user(username: &str) -> NewUser {
    let role = if username == "robot" { "bot" } else { "user" };
    NewUser {
        username: username.to_owned(),
        name: None,
        email: None,
        roles: vec![role.to_owned()],
        password: "a password".to_owned(),
    }
}

/// What the viewer and the control received since the last round.
pub struct Heard {
    pub viewer: Vec<String>,
    pub control: Vec<String>,
}

/// One of the servers.
pub struct World {
    pub server: TestServer,
    clients: HashMap<&'static str, Client>,
    /// The live connections of [`PEOPLE`].
    sockets: [Vec<Live>; PEOPLE.len()],
    viewer: Observer,
    control: Observer,
    /// A connection of the viewer whose status changes in every round.
    marker: Live,
    is_away: bool,
    rounds: usize,
    resets: usize,
    /// The position of the last event that the viewer has read, and that of the first round.
    pub position: u64,
    pub origin: u64,
    _folder: TempDir,
}

impl World {
    /// Starts a server on a copy of `template`. The viewer has these roles.
    pub async fn begin(template: &Template, roles: &[&str], unconnected: Unconnected) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(template.folder.path()).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
            }
        }
        let setup = Setup::at(folder.path()).config(|config| {
            config.offline_grace_seconds = 0;
            config.unconnected = Some(unconnected);
        });
        let server = setup.start().await;
        let client =
            |credentials: &(String, String)| Client::new(server.address, Some(credentials.clone()));
        let logins = template.logins.iter();
        let clients: HashMap<_, _> = logins.map(|(name, login)| (*name, client(login))).collect();
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        users::set_roles(&server.app, VIEWER, roles).await.unwrap();
        let origin = crate::support::events::position(&clients[VIEWER]).await;
        Self {
            viewer: Observer::open(&server, &clients[VIEWER], &ids(&clients)).await,
            control: Observer::open(&server, &clients[CONTROL], &ids(&clients)).await,
            marker: clients[VIEWER].live().await,
            server,
            clients,
            sockets: Default::default(),
            is_away: false,
            rounds: 0,
            resets: 0,
            position: origin,
            origin,
            _folder: folder,
        }
    }

    pub fn client(&self, username: &str) -> &Client {
        &self.clients[username]
    }

    /// The ids of [`PEOPLE`].
    pub fn ids(&self) -> Vec<String> {
        ids(&self.clients)[..PEOPLE.len()].to_vec()
    }

    /// Milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        self.server.clock.now().as_millis()
    }

    /// Advances the clock and ends what has expired.
    pub async fn jump(&self, seconds: u64) {
        self.server.clock.advance(Duration::from_secs(seconds));
        let now = self.server.clock.now();
        let swept = claim_expiry::sweep(&*self.server.app.store, now);
        swept.await.unwrap();
    }

    pub async fn rename(&self, person: usize, name: &str) {
        let body = json!({"userId": self.ids()[person], "data": {"name": name}});
        let renamed = self.clients[ADMIN].post("users.update", body).await;
        renamed.expect(200);
    }

    /// Ends all connections and claims of a person, so that they are the same in every world. The
    /// last change of their presence is now, whatever it was.
    pub async fn reset(&mut self, person: usize) {
        self.sockets[person].clear();
        let live = self.clients[PEOPLE[person]].live().await;
        self.sockets[person].push(live);
        self.count_sockets().await;
        self.sockets[person].clear();
        self.count_sockets().await;
        self.resets += 1;
        let text = format!("reset {}", self.resets);
        self.change(person, move |presence| {
            presence.put(Claim {
                source: ClaimSource::Internal,
                status: UserStatus::Busy,
                text: StatusText::new(&text),
                expires_at: None,
                set_at: None,
            });
        })
        .await;
        self.change(person, |presence| {
            presence.claims.clear();
            presence.baseline = Baseline::Online;
        })
        .await;
    }

    /// Closes all connections of a person. Returns whether there were any.
    pub fn disconnect(&mut self, person: usize) -> bool {
        let sockets = std::mem::take(&mut self.sockets[person]);
        !sockets.is_empty()
    }

    /// Waits until the server has closed the connections of the observers.
    pub async fn closed(&mut self) {
        self.viewer.closed().await;
        self.control.closed().await;
    }

    /// Opens the connections of the observers again.
    pub async fn reconnect(&mut self) {
        self.viewer =
            Observer::open(&self.server, &self.clients[VIEWER], &ids(&self.clients)).await;
        self.control =
            Observer::open(&self.server, &self.clients[CONTROL], &ids(&self.clients)).await;
        self.marker = self.clients[VIEWER].live().await;
        self.is_away = false;
    }

    async fn change(
        &self,
        person: usize,
        rule: impl Fn(&mut doorsign::domain::Presence) + Send + 'static,
    ) {
        let admin = UserId::new(self.clients[ADMIN].id());
        let author = doorsign::domain::By {
            user: admin,
            username: doorsign::domain::Username::stored(ADMIN.to_owned()),
            at: self.server.clock.now(),
            origin: Origin::Server,
        };
        let change = PresenceChange {
            user: UserId::new(self.ids()[person].clone()),
            by: author,
            effect: ClaimEffect::SetsExpiring,
            rule: Box::new(move |presence| {
                rule(presence);
                Ok(())
            }),
        };
        let changed = self.server.app.store.change_presence(change).await;
        changed.unwrap();
    }

    /// Waits until the server has noticed every connection that was closed.
    async fn count_sockets(&self) {
        let open = self.sockets.iter().map(Vec::len).sum::<usize>() + 5;
        let counted = async {
            while self.server.app.connections.count() != open {
                tokio::task::yield_now().await;
            }
        };
        in_time("the connections that are open", counted).await;
    }

    /// Waits until everything that has happened is delivered, and returns what was received.
    /// `is_seen`: whether the control sees the status of the viewer.
    pub async fn settle(&mut self, is_seen: bool) -> Heard {
        self.count_sockets().await;
        self.is_away = !self.is_away;
        let (method, status) = match self.is_away {
            true => ("UserPresence:away", UserStatus::Away),
            false => ("UserPresence:online", UserStatus::Online),
        };
        assert_eq!(self.marker.result(method, json!([])).await, true);
        let shown = Barrier::Shown(self.clients[VIEWER].id(), status);
        self.viewer.follow(&shown).await;
        if is_seen {
            self.control.follow(&shown).await;
        }
        self.rounds += 1;
        let name = format!("round {}", self.rounds);
        let body = json!({"userId": self.clients[MARKER].id(), "data": {"name": name}});
        let renamed = self.clients[ADMIN].post("users.update", body).await;
        renamed.expect(200);
        let renamed = Barrier::Renamed(name);
        self.viewer.follow(&renamed).await;
        self.control.follow(&renamed).await;
        Heard {
            viewer: self.viewer.take(),
            control: self.control.take(),
        }
    }

    /// As [`settle`](Self::settle), after the observers have connected. What they receive about
    /// themselves then has no certain order, and is left out.
    pub async fn settle_observers(&mut self, is_seen: bool) -> Heard {
        let mut heard = self.settle(is_seen).await;
        let ids = self.ids();
        let is_of_people = |line: &String| ids.iter().any(|id| line.contains(id));
        heard.viewer.retain(is_of_people);
        heard.control.retain(is_of_people);
        heard
    }

    pub async fn end(self) {
        let Self { server, .. } = self;
        server.stop().await;
    }
}

/// The ids of [`PEOPLE`] and the viewer, in this order.
fn ids(clients: &HashMap<&'static str, Client>) -> Vec<String> {
    let names = PEOPLE.into_iter().chain([VIEWER]);
    names.map(|name| clients[name].id()).collect()
}
