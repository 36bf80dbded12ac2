//! The start of a server, in order: the data folder and its lock, the database, the token secret, the
//! settings, the hooks, and last the first administrator.

use super::data_folder::Folder;
use super::start_error::StartError;
use super::{FirstAdmin, Server, control_socket, first_admin};
use crate::api::ROUTES;
use crate::app::{App, Clock};
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::dev::{Dev, DevClock, seed};
use crate::hooks::registry::{self, Webhooks};
use crate::hooks::supervisor::Supervisor;
use crate::hooks::threads::Threads;
use crate::jobs::audit_log::Follower;
use crate::service::settings;
use crate::store::{self, DatabaseSettings};
use crate::transport::limits::Limits;
use doorsign_hook::{PostCreateHook, conformance};
use std::collections::HashSet;
use std::sync::Arc;

impl Server {
    /// Opens everything a server needs, creates the administrator if there are no users, and
    /// registers the configured and the `further` hooks. No event from now on is missed by them.
    /// `announce` shows how to log in as the administrator, who is not created if it fails.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(
        config: Config,
        clock: Arc<dyn Clock>,
        further: Vec<Arc<dyn PostCreateHook>>,
        announce: impl FnOnce(&FirstAdmin, &Folder) -> std::io::Result<()>,
    ) -> Result<Self, StartError> {
        let in_folder = |source| StartError::Folder(config.data.clone(), source);
        let folder = Folder::create(&config.data).map_err(in_folder)?;
        let mut lock = folder.lock_soon().await.map_err(in_folder)?;
        folder.has_database().map_err(in_folder)?;
        let store = store::open(DatabaseSettings {
            file: &folder.database(),
            readers: config.readers,
            max_mib: config.max_database_mib,
            while_locked: None,
        });
        let store = store.map_err(StartError::Store)?;
        Tokens::remove_leftovers(&folder.token_secret()).map_err(StartError::Secret)?;
        let tokens = Tokens::open(&folder.token_secret()).map_err(StartError::Secret)?;
        lock.publish(tokens.fingerprint()).map_err(in_folder)?;
        let webhooks = Webhooks::new(&config, clock.clone()).map_err(StartError::Hook)?;
        let webhooks = Arc::new(webhooks);
        let app = App::new(&config, store.clone(), clock, tokens, webhooks.clone())
            .map_err(StartError::Failed)?;
        let app = Arc::new(app);
        settings::begin(&app).await.map_err(StartError::Failed)?;
        // Changes of these rules are remembered from now on.
        app.visibility().await.map_err(StartError::Failed)?;
        let follower = Follower::new(store.clone()).await;
        let follower = follower.map_err(StartError::Failed)?;
        let supervisor = supervisor(&app, webhooks, &config, further).await?;
        // Last: a generated password is shown only when the start succeeds.
        let announce = |admin: &FirstAdmin| announce(admin, &folder);
        let first_admin = first_admin::create(&app, &config, announce)
            .await
            .inspect_err(|_| folder.discard_admin_password())?;
        if first_admin.is_some() {
            // From now on, a copy of the file alone is a workspace with its administrator.
            store.checkpoint().await;
        }
        Ok(Self {
            app,
            first_admin,
            configuration: config.effective(),
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
        let webhooks = Webhooks::new(&config, clock.clone()).map_err(StartError::Hook)?;
        let webhooks = Arc::new(webhooks);
        let app = App::new(
            &config,
            store.clone(),
            clock.clone(),
            tokens,
            webhooks.clone(),
        );
        let app = Arc::new(app.map_err(StartError::Failed)?);
        let supervisor = supervisor(&app, webhooks, &config, further).await?;
        seed::load(&app).await.map_err(StartError::Failed)?;
        store.remember_seed().await.map_err(StartError::Failed)?;
        let follower = Follower::new(store.clone()).await;
        let follower = follower.map_err(StartError::Failed)?;
        let routes = ROUTES.iter();
        let routes = routes.map(|route| (route.method.as_str(), route.path));
        Ok(Self {
            app,
            first_admin: None,
            configuration: config.effective(),
            config,
            notices: None,
            folder: None,
            dev: Some(Arc::new(Dev::new(clock, store.clone(), routes))),
            store,
            follower,
            supervisor,
            limits: Limits::default(),
            realtime: realtime_threads()?,
        })
    }
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

/// One thread per CPU: most of the cost of a send is in the kernel, and one thread would do that
/// work sequentially. Requests run on other threads, which the kernel schedules fairly beside
/// these.
fn realtime_threads() -> Result<Threads, StartError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Threads::start("realtime", processors).map_err(StartError::Thread)
}
