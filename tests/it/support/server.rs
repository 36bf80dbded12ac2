//! A server in this process, with its settings, clock and hooks.

use super::{ADMIN_PASSWORD, Client, ManualClock};
use doorsign::app::App;
use doorsign::config::{Compat, Config, Contract, Unconnected};
use doorsign::domain::Attribution;
use doorsign::hooks::delivery::Pace;
use doorsign::server::Server;
use doorsign::service::users::{self, CheckedUser, NewUser};
use doorsign::transport::limits::Limits;
use doorsign_hook::PostCreateHook;
use rusqlite::{Connection, OpenFlags};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The settings of a server to start.
pub struct Setup {
    pub config: Config,
    pub clock: Arc<ManualClock>,
    pub hooks: Vec<Arc<dyn PostCreateHook>>,
    pub pace: Pace,
    pub limits: Limits,
    folder: Option<tempfile::TempDir>,
    is_dev: bool,
}

impl Setup {
    /// A server with its own data folder and the defaults, except for the rate limit, because most
    /// tests use one address.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut setup = Self::at(&folder.path().join("data"));
        setup.folder = Some(folder);
        setup
    }

    /// A server on the data folder at `path`, which outlives it.
    pub fn at(path: &Path) -> Self {
        let mut config = Config::defaults_in(path.to_owned());
        config.admin_password = Some(ADMIN_PASSWORD.into());
        config.rate_limit_calls = Some(0);
        Self {
            config,
            clock: ManualClock::new(),
            hooks: Vec::new(),
            pace: Pace::default(),
            limits: Limits::default(),
            folder: None,
            is_dev: false,
        }
    }

    /// A server in dev mode, under the contract that it has there.
    pub fn dev() -> Self {
        Self {
            is_dev: true,
            ..Self::new()
                .contract(Contract::Server)
                .config(|config| config.rate_limit_calls = Some(0))
        }
    }

    pub fn contract(mut self, contract: Contract) -> Self {
        self.config.contract = contract;
        self
    }

    pub fn compat(mut self, compat: Compat) -> Self {
        self.config.compat = compat;
        self
    }

    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// With Rocket.Chat's rule: users without a live connection are shown as offline.
    pub fn unconnected_offline(self) -> Self {
        self.config(|config| config.unconnected = Some(Unconnected::Offline))
    }

    /// With the rate limit that the contract has.
    pub fn rate_limited(self) -> Self {
        self.config(|config| config.rate_limit_calls = None)
    }

    pub fn hook(mut self, hook: Arc<dyn PostCreateHook>) -> Self {
        self.hooks.push(hook);
        self
    }

    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub async fn start(self) -> TestServer {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        let opened = if self.is_dev {
            Server::open_dev(config, clock, self.hooks).await
        } else {
            Server::open(config, clock, self.hooks, |_, _| Ok(())).await
        };
        let server = opened
            .unwrap()
            .with_pace(self.pace)
            .with_limits(self.limits);
        let listener = TcpListener::bind(&self.config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = server.app.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(listener, async {
            let _ = stopped.await;
        }));
        TestServer {
            address,
            app,
            clock: self.clock,
            data: self.config.data,
            stop: Some(stop),
            running: Some(running),
            folder: self.folder,
        }
    }
}

/// A server that runs until it is stopped or dropped.
pub struct TestServer {
    pub address: SocketAddr,
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub data: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
    folder: Option<tempfile::TempDir>,
}

impl TestServer {
    /// With the defaults of [`Setup::new`].
    pub async fn start() -> Self {
        Setup::new().start().await
    }

    /// A client without a login.
    pub fn anon(&self) -> Client {
        Client::new(self.address, None)
    }

    /// The administrator, by a token.
    pub async fn admin(&self) -> Client {
        self.with_token("admin").await
    }

    /// A new user with the role `user`, by a token.
    pub async fn user(&self, name: &str) -> Client {
        self.user_with_roles(name, &["user"]).await
    }

    /// A new user with these roles, by a token.
    pub async fn user_with_roles(&self, name: &str, roles: &[&str]) -> Client {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let new = NewUser {
            username: name.to_owned(),
            name: None,
            email: Some(format!("{name}@example.org")),
            roles,
            password: format!("{name}'s password"),
        };
        add(&self.app, new).await;
        self.with_token(name).await
    }

    /// An existing user, by a new token.
    pub async fn with_token(&self, username: &str) -> Client {
        let name = format!("token of {username} {:?}", std::time::Instant::now());
        self.with_named_token(username, &name, None).await
    }

    /// An existing user, by a new token of this name that lasts for `life`, or for ever.
    pub async fn with_named_token(
        &self,
        username: &str,
        name: &str,
        life: Option<Duration>,
    ) -> Client {
        let (id, token) = users::create_token(&self.app, username, name, life)
            .await
            .unwrap();
        Client::new(self.address, Some((id.as_str().to_owned(), token)))
    }

    /// The database, opened by another process or connection.
    pub fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        Connection::open_with_flags(self.data.join("doorsign.db"), flags).unwrap()
    }

    /// Stops the server as a signal would, and waits until it has ended.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let (Some(folder), Ok(_)) = (self.folder.take(), std::env::var("KEEP_DB")) {
            println!("the data folder is kept: {}", folder.keep().display());
        }
    }
}

/// Creates a user who exists before the test begins: the creation leaves no event.
pub async fn add(app: &App, new: NewUser) {
    let attribution = Attribution::server(app.clock.now());
    let checked = CheckedUser::check(app, new).await.unwrap();
    checked.create(app, attribution).await.unwrap();
}
