//! The setup of `live/model`: a server that can be killed, users with sockets, and watchers that
//! follow a stream.

use crate::support::watcher::{Scope, ViewOfUser, Watcher};
use crate::support::{Client, Live, ManualClock, Setup, TestServer, in_time};
use doorsign::service::users::{self, NewUser};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Three people and a bot.
pub const PEOPLE: [&str; 4] = ["ann", "bob", "cid", "robot"];
/// The users whose connections change, and the user who watches.
const MARKER: &str = "marker";
const WATCHER: &str = "watcher";

/// A data folder with all users, to be copied.
pub async fn template() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::at(folder.path()).start().await;
    for username in PEOPLE.into_iter().chain([MARKER, WATCHER]) {
        let role = if username == "robot" { "bot" } else { "user" };
        let new = NewUser {
            username: username.to_owned(),
            name: None,
            email: None,
            roles: vec![role.to_owned()],
            password: "a password".to_owned(),
        };
        users::create(&server.app, new).await.unwrap();
    }
    server.stop().await;
    folder
}

fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// A server on threads of its own, which can be taken from it.
pub struct Life {
    pub server: TestServer,
    /// `None` once it is gone.
    runtime: Option<Runtime>,
    pub people: Vec<Client>,
    admin: Client,
    pub watcher: Client,
    /// The socket of the marker, and whether it is away.
    marker: (Live, bool),
    pub marker_id: String,
    markers: usize,
}

impl Life {
    async fn begin(folder: &Path, clock: Option<Arc<ManualClock>>) -> Self {
        let mut setup = Setup::at(folder).config(|config| config.offline_grace_seconds = 0);
        setup.clock = clock.unwrap_or(setup.clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.spawn(setup.start()).await.unwrap();
        let mut people = Vec::new();
        for username in PEOPLE {
            people.push(server.with_token(username).await);
        }
        let marker = server.with_token(MARKER).await;
        Self {
            admin: server.admin().await,
            watcher: server.with_token(WATCHER).await,
            marker_id: marker.id(),
            marker: (marker.live().await, false),
            people,
            server,
            runtime: Some(runtime),
            markers: 0,
        }
    }

    /// As pulling the plug: no task is ever polled again.
    async fn kill(mut self) -> Arc<ManualClock> {
        let (clock, runtime) = (self.server.clock.clone(), self.runtime.take().unwrap());
        let ending = move || runtime.shutdown_timeout(Duration::from_secs(60));
        tokio::task::spawn_blocking(ending).await.unwrap();
        clock
    }

    pub fn ids(&self) -> Vec<String> {
        self.people.iter().map(Client::id).collect()
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Everything.
pub struct Office {
    folder: TempDir,
    pub life: Life,
    pub sockets: [Vec<Live>; PEOPLE.len()],
    watchers: Vec<Watcher>,
}

impl Office {
    pub async fn new(template: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(template, folder.path());
        let life = Life::begin(folder.path(), None).await;
        let mut watchers = Vec::new();
        for scope in [Scope::All, Scope::ById] {
            watchers.push(Watcher::begin(&life, scope).await);
        }
        Self {
            folder,
            life,
            sockets: Default::default(),
            watchers,
        }
    }

    pub async fn open(&mut self, person: usize) {
        // Each by a login of its own, so that a logout is of it alone.
        let client = self.life.server.with_token(PEOPLE[person]).await;
        let live = client.live().await;
        self.sockets[person].push(live);
    }

    pub async fn watch(&mut self, scope: Scope) {
        self.watchers.push(Watcher::begin(&self.life, scope).await);
    }

    pub async fn change_name(&self, person: usize, name: &str) {
        let body = json!({"userId": self.life.people[person].id(), "data": {"name": name}});
        self.life.admin.post("users.update", body).await.expect(200);
    }

    /// Kills the server, starts another one and restarts the watchers.
    pub async fn restart(mut self) -> Self {
        let scope: Vec<_> = self.watchers.iter().map(|watcher| watcher.scope).collect();
        (self.sockets, self.watchers) = Default::default();
        let clock = self.life.kill().await;
        let life = Life::begin(self.folder.path(), Some(clock)).await;
        for scope in scope {
            self.watchers.push(Watcher::begin(&life, scope).await);
        }
        Self { life, ..self }
    }

    /// Waits until everything is published, and compares what every watcher knows with the current
    /// state.
    pub async fn settle(&mut self, calm: bool) {
        let life = &mut self.life;
        // The server notices a closed socket a moment later; everything else was answered.
        let open = self.sockets.iter().map(Vec::len).sum::<usize>() + self.watchers.len() + 1;
        let counted = async {
            while life.server.app.connections.count() != open {
                tokio::task::yield_now().await;
            }
        };
        in_time("the sockets that are open", counted).await;
        // Earlier changes of connections arrive with this change at the latest, in any order.
        let (marker, is_away) = &mut life.marker;
        *is_away = !*is_away;
        let (method, code) = match is_away {
            true => ("UserPresence:away", 2),
            false => ("UserPresence:online", 1),
        };
        assert_eq!(marker.result(method, json!([])).await, true);
        for watcher in &mut self.watchers {
            let of_marker = |id: &str, _: &Value, seen: Option<&ViewOfUser>| {
                id == life.marker_id && seen.is_some_and(|seen| seen.code == code)
            };
            watcher.follow(calm, of_marker).await;
        }
        // A later event arrives after all of them.
        life.markers += 1;
        let name = format!("marker {} {:?}", life.markers, std::time::Instant::now());
        life.admin.create(&name).await.expect(200);
        for watcher in &mut self.watchers {
            let is_it = |_: &str, args: &Value, _: Option<&ViewOfUser>| {
                args["userStatusData"]["name"] == name.as_str()
            };
            watcher.follow(calm, is_it).await;
        }
        let route = format!("users.presence?ids={}", life.ids().join(","));
        let read = life.admin.get(&route).await.expect(200).json();
        let rows = read["users"].as_array().unwrap();
        assert_eq!(rows.len(), PEOPLE.len());
        for watcher in &self.watchers {
            watcher.check(rows);
        }
    }
}
