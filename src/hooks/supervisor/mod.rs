//! Decides which hooks run: built-in hooks, webhooks, and hooks found in folders. Keeps one
//! delivery task per hook, starts and stops tasks as hooks appear and disappear, and records in the
//! database which are missing and why.

mod discovery;
mod running;

use crate::app::App;
use crate::domain::{HookKind, Result};
use crate::hooks::delivery::{Delivery, Feed, Pace, Shared};
use crate::hooks::registry::{HookConsumer, Webhooks};
use crate::hooks::threads::Threads;
use discovery::{DiscoveredHook, Folders, endpoints, is_current, is_folder};
use doorsign_hook::{HookSource, PostCreateHook};
use running::Running;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often to look for changes in folders and for expired secrets.
const SCAN_INTERVAL: Duration = Duration::from_secs(2);
/// How often to look for them when hooks change only with a notification.
const IDLE_SCAN_INTERVAL: Duration = Duration::from_secs(60);

/// Why a hook that existed is missing.
const GONE: &str = "it no longer exists";

/// Runs the delivery tasks of a server.
pub struct Supervisor {
    app: Arc<App>,
    webhooks: Arc<Webhooks>,
    shared: Arc<Shared>,
    /// Shared runtime for hooks that cannot block.
    threads: Arc<Threads>,
    compiled: Vec<Arc<dyn PostCreateHook>>,
    folders: Folders,
    pace: Option<Pace>,
    stop: CancellationToken,
    changed: watch::Receiver<()>,
    running: HashMap<String, Running>,
    /// Missing hooks and the reasons.
    missing: HashMap<String, String>,
}

impl Supervisor {
    /// Registers every hook, so that no event from now on is missed. Delivery starts with
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// `Unavailable`; `Internal` when a thread cannot be started.
    pub async fn new(
        app: Arc<App>,
        webhooks: Arc<Webhooks>,
        compiled: Vec<Arc<dyn PostCreateHook>>,
        sources: Vec<Box<dyn HookSource>>,
    ) -> Result<Self> {
        let shared = Arc::new(Shared {
            store: app.store.clone(),
            clock: app.clock.clone(),
            feed: Feed::new(app.store.clone()),
            began: tokio::time::Instant::now(),
        });
        let threads = Threads::in_background("hooks", 1).map_err(crate::domain::Error::internal)?;
        let mut supervisor = Self {
            changed: app.store.hooks_changed(),
            app,
            webhooks,
            shared,
            threads: Arc::new(threads),
            compiled,
            folders: Folders::new(sources),
            pace: None,
            stop: CancellationToken::new(),
            running: HashMap::new(),
            missing: HashMap::new(),
        };
        let found = supervisor.scan().await?;
        for hook in &found {
            supervisor.register(hook).await?;
        }
        Ok(supervisor)
    }

    /// Overrides the time limits and retry waits of every hook.
    #[must_use]
    pub fn with_pace(self, pace: Option<Pace>) -> Self {
        Self { pace, ..self }
    }

    /// Delivers until `stop`. Then returns once the deliveries in progress have ended or their
    /// grace period is over.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            self.changed.mark_unchanged();
            if let Err(error) = self.reconcile().await {
                tracing::warn!(%error, "cannot list hooks; will retry");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                // The store outlives this loop, so the channel never closes.
                _ = self.changed.changed() => {}
                () = tokio::time::sleep(if self.folders.is_empty() { IDLE_SCAN_INTERVAL } else { SCAN_INTERVAL }) => {}
            }
        }
        for (_, running) in self.running.drain() {
            running.end().await;
        }
    }

    /// Starts hooks that exist and do not run, and stops hooks that run and no longer exist.
    async fn reconcile(&mut self) -> Result<()> {
        let found = self.scan().await?;
        let gone: Vec<String> = self
            .running
            .iter()
            .filter(|(name, running)| !running.is_among(name, &found))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            if let Some(running) = self.running.remove(&name) {
                running.end().await;
            }
        }
        for hook in &found {
            if !self.running.contains_key(&hook.name) {
                self.start(hook).await?;
            }
        }
        self.record_absent(&found).await
    }

    async fn scan(&mut self) -> Result<Vec<DiscoveredHook>> {
        let compiled = self.compiled.iter().map(DiscoveredHook::compiled);
        let mut found: Vec<DiscoveredHook> = compiled.collect();
        found.extend(endpoints(&self.app, &self.webhooks, &mut self.folders.endpoints).await?);
        found.extend(self.folders.scan().await);
        let mut names = HashSet::new();
        found.retain(|hook| names.insert(hook.name.clone())); // The cursor belongs to the name: the first hook keeps it.
        Ok(found)
    }

    async fn register(&mut self, found: &DiscoveredHook) -> Result<()> {
        match &found.hook {
            Ok(_) => self
                .app
                .store
                .register(&found.name, found.kind)
                .await
                .map(drop),
            Err(reason) => self.record_missing(&found.name, found.kind, reason).await,
        }
    }

    async fn start(&mut self, found: &DiscoveredHook) -> Result<()> {
        let Ok(hook) = &found.hook else {
            return self.register(found).await;
        };
        let registered = self.app.store.register(&found.name, found.kind).await?;
        // Checked after the registration: a webhook that replaces this one later gets another
        // incarnation.
        let is_current = is_current(&self.app, &self.folders.endpoints, &found.name).await?;
        let (Some(state), true) = (registered, is_current) else {
            return Ok(()); // The change that removed or replaced it triggers another scan.
        };
        self.missing.remove(&found.name);
        let consumer = match found.kind {
            HookKind::BuiltIn => {
                HookConsumer::apart(hook.clone()).map_err(crate::domain::Error::internal)?
            }
            _ => HookConsumer::on(self.threads.clone(), hook.clone()),
        };
        let stop = self.stop.child_token();
        let delivery = Delivery::new(
            self.shared.clone(),
            Arc::new(consumer),
            state,
            self.pace,
            stop.clone(),
        );
        let running = Running::start(hook.clone(), delivery, stop, &self.threads);
        self.running.insert(found.name.clone(), running);
        Ok(())
    }

    /// Records every known hook that was not found as missing. Forgets problems of folders that are
    /// solved.
    async fn record_absent(&mut self, found: &[DiscoveredHook]) -> Result<()> {
        for hook in self.app.store.list_hooks().await? {
            if found.iter().any(|found| found.name == hook.name) {
                continue;
            }
            if is_folder(&hook) {
                self.app.store.forget(&hook.name).await?;
                self.missing.remove(&hook.name);
            } else if hook.missing.as_deref() != Some(GONE) {
                self.record_missing(&hook.name, hook.kind, GONE).await?;
            }
        }
        Ok(())
    }

    /// Records that a hook is missing: once, and again when the reason changes.
    async fn record_missing(&mut self, name: &str, kind: HookKind, reason: &str) -> Result<()> {
        if self.missing.get(name).is_some_and(|known| known == reason) {
            return Ok(());
        }
        tracing::warn!(hook = name, reason, "a hook is missing");
        let store = &self.app.store;
        store.set_missing(name, kind, reason.to_owned()).await?;
        self.missing.insert(name.to_owned(), reason.to_owned());
        Ok(())
    }
}
