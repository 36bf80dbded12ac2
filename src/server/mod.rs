//! The lifecycle of a server: what starts in which order, and what stops in which order.

pub mod control_socket;
pub mod data_folder;
pub mod logging;

use crate::api::{self, Api, Realtime};
use crate::app::{App, Clock, Ids};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::dev::{Dev, DevClock, seed};
use crate::domain::{Attribution, Error};
use crate::hooks::delivery::Pace;
use crate::hooks::registry::{self, Webhooks};
use crate::hooks::supervisor::Supervisor;
use crate::hooks::threads::Threads;
use crate::jobs::audit_log::Follower;
use crate::jobs::audit_retention::AuditRetention;
use crate::jobs::claim_expiry::Expiry;
use crate::jobs::event_retention::Retention;
use crate::jobs::{LastUsed, ReturnMemory};
use crate::realtime::publisher::Publisher;
use crate::service::{settings, users};
use crate::store::{self, Database, DatabaseSettings, OpenError};
use crate::transport::limits::Limits;
use crate::transport::listen;
use crate::transport::{SecurityHeaders, Slots, files};
use data_folder::{Folder, Lock};
use doorsign_hook::{PostCreateHook, conformance};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A server that is ready to listen.
pub struct Server {
    /// The handles of the use cases.
    pub app: Arc<App>,
    /// The administrator created by this start, with the generated password if there is one.
    pub first_admin: Option<FirstAdmin>,
    config: Config,
    /// The locked data folder; `None` in dev mode.
    folder: Option<(Folder, Lock)>,
    /// The socket where commands report changes.
    notices: Option<UnixListener>,
    dev: Option<Arc<Dev>>,
    store: Arc<dyn Database>,
    /// Logs new audit records.
    follower: Follower,
    supervisor: Supervisor,
    limits: Limits,
    /// The runtime of live connections.
    realtime: Threads,
}

/// The first administrator.
pub struct FirstAdmin {
    /// The login name.
    pub username: String,
    /// The password, if it was generated; it is not stored.
    pub password: Option<String>,
}

/// Why a server did not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {0}: {1}")]
    Folder(PathBuf, std::io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(OpenError),
    /// The signing secret cannot be read.
    #[error("cannot use the token secret: {0}")]
    Secret(std::io::Error),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A hook cannot be opened.
    #[error("cannot start a hook: {0}")]
    Hook(String),
    /// The first administrator cannot be created.
    #[error("cannot create the administrator: {0}")]
    Admin(Error),
    /// The database failed while starting.
    #[error("cannot start: {0}")]
    Failed(Error),
}

impl Server {
    /// Opens everything a server needs, creates the administrator if there are no users, and
    /// registers the configured and the `further` hooks. No event from now on is missed by them.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(
        config: Config,
        clock: Arc<dyn Clock>,
        further: Vec<Arc<dyn PostCreateHook>>,
    ) -> Result<Self, StartError> {
        let in_folder = |source| StartError::Folder(config.data.clone(), source);
        let folder = Folder::create(&config.data).map_err(in_folder)?;
        let mut lock = folder.lock_soon().await.map_err(in_folder)?;
        folder.has_database().map_err(in_folder)?;
        let store = store::open(DatabaseSettings {
            file: &folder.database(),
            readers: config.readers,
            max_mib: config.max_database_mib,
        });
        let store = store.map_err(StartError::Store)?;
        Tokens::remove_leftovers(&folder.token_secret()).map_err(StartError::Secret)?;
        let tokens = Tokens::open(&folder.token_secret()).map_err(StartError::Secret)?;
        lock.publish(tokens.fingerprint()).map_err(in_folder)?;
        let webhooks = Arc::new(Webhooks::new(&config, clock.clone()));
        let app = App::new(&config, store.clone(), clock, tokens, webhooks.clone())
            .map_err(StartError::Failed)?;
        let app = Arc::new(app);
        settings::begin(&app).await.map_err(StartError::Failed)?;
        let follower = Follower::new(store.clone()).await;
        let follower = follower.map_err(StartError::Failed)?;
        let supervisor = supervisor(&app, webhooks, &config, further).await?;
        // Last: a generated password is shown only when the start succeeds.
        let first_admin = create_first_admin(&app, &config)
            .await
            .map_err(StartError::Admin)?;
        if first_admin.is_some() {
            // From now on, a copy of the file alone is a workspace with its administrator.
            store.checkpoint().await;
        }
        Ok(Self {
            app,
            first_admin,
            config,
            // Bound before the server reports that it listens, so that a command's change is
            // noticed as soon as it runs.
            notices: control_socket::listen(&folder),
            folder: Some((folder, lock)),
            dev: None,
            store,
            follower,
            supervisor,
            limits: Limits::default(),
            realtime: realtime_threads()?,
        })
    }

    /// Opens a server in dev mode: in memory, with the seed data and controls of [`crate::dev`]. It
    /// uses no files, and ignores the settings of the data folder and the administrator.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open_dev(
        config: Config,
        clock: Arc<dyn Clock>,
        further: Vec<Arc<dyn PostCreateHook>>,
    ) -> Result<Self, StartError> {
        // Dev mode passwords are public anyway.
        let config = Config {
            password_min_length: 0,
            ..config
        };
        let store = store::open_in_memory().map_err(StartError::Store)?;
        let clock = Arc::new(DevClock::new(clock));
        let tokens = seed::tokens().map_err(StartError::Failed)?;
        let webhooks = Arc::new(Webhooks::new(&config, clock.clone()));
        let app = App::new(
            &config,
            store.clone(),
            clock.clone(),
            tokens,
            webhooks.clone(),
        );
        let app = Arc::new(app.map_err(StartError::Failed)?);
        let supervisor = supervisor(&app, webhooks, &config, further).await?;
        seed::sow(&app).await.map_err(StartError::Failed)?;
        store.remember_seed().await.map_err(StartError::Failed)?;
        let follower = Follower::new(store.clone()).await;
        let follower = follower.map_err(StartError::Failed)?;
        Ok(Self {
            app,
            first_admin: None,
            config,
            notices: None,
            folder: None,
            dev: Some(Arc::new(Dev::new(clock, store.clone()))),
            store,
            follower,
            supervisor,
            limits: Limits::default(),
            realtime: realtime_threads()?,
        })
    }

    /// Describes where the data is.
    pub fn data(&self) -> String {
        let folder = self.folder.as_ref().map(|(folder, _)| folder);
        folder.map_or_else(
            || "memory".to_owned(),
            |folder| folder.path().display().to_string(),
        )
    }

    /// Resolves when the database cannot be trusted any more; pending forever otherwise.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut fault = self.store.fault();
        async move {
            if fault.wait_for(Option::is_some).await.is_err() {
                std::future::pending().await
            }
        }
    }

    /// Overrides the time limits and retry waits of hooks.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self {
            supervisor: self.supervisor.with_pace(Some(pace)),
            ..self
        }
    }

    /// Overrides the time limits for clients.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Serves on `listener` until `shutdown` resolves. Then, in this order:
    ///
    /// - accepts no further connections;
    /// - finishes open requests and closes live connections, as long as the limits allow;
    /// - lets the hooks finish the deliveries in progress;
    /// - commits waiting writes and closes the database.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let (stop_listening, stop_outbox, tasks) = (
            CancellationToken::new(),
            CancellationToken::new(),
            TaskTracker::new(),
        );
        tasks.spawn(self.supervisor.run(stop_outbox.clone()));
        let retention = Retention::new(
            self.store.clone(),
            self.app.clock.clone(),
            self.config.event_retention_days,
            stop_outbox.clone(),
        );
        if let Some(retention) = retention {
            tasks.spawn(retention.run());
        }
        tasks.spawn(self.follower.run(stop_outbox.clone()));
        let (store, clock) = (self.store.clone(), self.app.clock.clone());
        let days = self.config.audit_retention_days;
        let retention = AuditRetention::new(store, clock, days);
        tasks.spawn(retention.run(stop_outbox.clone()));
        tasks.spawn(
            Expiry::new(
                self.store.clone(),
                self.app.clock.clone(),
                stop_outbox.clone(),
            )
            .run(),
        );
        tasks.spawn(LastUsed::new(self.app.clone(), stop_outbox.clone()).run());
        let realtime = self.realtime.handle().cloned();
        let announcer = Publisher::new(self.app.clone(), stop_outbox.clone()).run();
        match &realtime {
            Some(threads) => tasks.spawn_on(announcer, threads),
            None => tasks.spawn(announcer),
        };
        let is_kept = self.folder.is_some();
        if is_kept {
            let (store, stop) = (self.store.clone(), stop_outbox.clone());
            tasks.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = store.maintain() => {}
                }
            });
        }
        tasks.close();
        let notices =
            is_kept.then(|| tokio::spawn(control_socket::take(self.notices, self.store.clone())));
        let site_url = listener
            .local_addr()
            .map(|address| format!("http://{address}"))
            .unwrap_or_default();
        let api = Api::new(self.app, &self.config, self.limits, site_url)
            .with_realtime(Realtime {
                runtime: realtime,
                stop: stop_listening.clone(),
            })
            .with_dev(self.dev);
        let api = Arc::new(api);
        let slots = slots(&self.config);
        let memory = ReturnMemory::new(slots.clone(), stop_listening.clone());
        tokio::spawn(memory.run());
        let mut listening = tokio::spawn(listen::serve(
            listener,
            move |peer| api::filter(api.clone(), Some(peer)),
            slots,
            self.limits,
            SecurityHeaders::of_site(self.config.site_url.as_deref()),
            stop_listening.clone(),
        ));
        tokio::select! {
            () = shutdown => {}
            _ = &mut listening => {}
        }
        stop_listening.cancel();
        if !listening.is_finished() {
            let _ = listening.await;
        }
        if let Some(notices) = notices {
            notices.abort();
        }
        stop_outbox.cancel();
        tasks.wait().await;
        self.store.close().await;
        if let Some((folder, _)) = &self.folder {
            let _ = std::fs::remove_file(folder.socket());
        }
    }
}

/// Returns the connection slots, limited by the configuration and the system.
fn slots(config: &Config) -> Arc<Slots> {
    let per_address = Some(config.max_connections_per_address()).filter(|most| *most > 0);
    Slots::new(
        files::connections_within_limit(config.max_connections),
        per_address,
        config.trusted_proxies.clone(),
    )
}

/// One thread per CPU: most of the cost of a send is in the kernel, and one thread would do that
/// work sequentially. Requests run on other threads, which the kernel schedules fairly beside
/// these.
fn realtime_threads() -> Result<Threads, StartError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Threads::start("realtime", processors).map_err(StartError::Thread)
}

async fn create_first_admin(
    app: &App,
    config: &Config,
) -> crate::domain::Result<Option<FirstAdmin>> {
    if users::exist(app).await? {
        return Ok(None);
    }
    let given = config
        .admin_password
        .as_ref()
        .map(|secret| secret.expose())
        .transpose();
    let given = given.map_err(Error::internal)?.map(str::to_owned);
    let password = given.clone().map_or_else(Ids::password, Ok)?;
    let username = config.admin_username.clone();
    let new = users::NewUser {
        username: username.clone(),
        name: None,
        email: None,
        roles: vec!["admin".to_owned()],
        password: password.clone(),
    };
    let attribution = Attribution::server(app.clock.now());
    users::create_by(app, attribution, new).await?;
    Ok(Some(FirstAdmin {
        username,
        password: given.is_none().then_some(password),
    }))
}

/// Registers every hook.
async fn supervisor(
    app: &Arc<App>,
    webhooks: Arc<Webhooks>,
    config: &Config,
    further: Vec<Arc<dyn PostCreateHook>>,
) -> Result<Supervisor, StartError> {
    let mut hooks = registry::configured(config).map_err(|e| StartError::Hook(e.to_string()))?;
    hooks.extend(further);
    let mut names = HashSet::new();
    for hook in &hooks {
        conformance::has_a_usable_name(&**hook).map_err(StartError::Hook)?;
        if !names.insert(hook.name()) {
            return Err(StartError::Hook(format!(
                "two hooks are named {:?}; each needs a unique name",
                hook.name()
            )));
        }
    }
    let sources = registry::sources(config);
    let supervisor = Supervisor::new(app.clone(), webhooks, hooks, sources).await;
    supervisor.map_err(StartError::Failed)
}
