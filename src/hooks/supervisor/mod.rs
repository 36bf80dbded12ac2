//! Which hooks run: those that are compiled in, webhooks, and whatever is found in folders. It keeps one delivery running for each that
//! is there, starts and stops them as they come and go, and says in the database which are not there and why.
//!
//! Knows nothing of how an event is delivered.

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

/// How often folders are looked at, and whether a secret is still in force.
const LOOK: Duration = Duration::from_secs(2);
/// How often there is a look where nothing comes and goes by itself.
const REST: Duration = Duration::from_secs(60);

/// Why one is missing that was there.
const GONE: &str = "it is not there any more";

/// Runs the deliveries of a server.
pub struct Supervisor {
    app: Arc<App>,
    webhooks: Arc<Webhooks>,
    shared: Arc<Shared>,
    /// Where hooks run that are known to mind their manners.
    threads: Arc<Threads>,
    compiled: Vec<Arc<dyn PostCreateHook>>,
    folders: Folders,
    pace: Option<Pace>,
    stop: CancellationToken,
    changed: watch::Receiver<()>,
    running: HashMap<String, Running>,
    /// Why hooks that were looked for are not there.
    missing: HashMap<String, String>,
}

impl Supervisor {
    /// Gives every hook its place, so that no event from now on escapes it. Nothing is delivered before [`run`](Self::run).
    ///
    /// # Errors
    /// `Unavailable`; `Internal` when the machine refuses a thread.
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
        let seen = supervisor.look().await?;
        for hook in &seen {
            supervisor.give_place(hook).await?;
        }
        Ok(supervisor)
    }

    /// With this patience for every hook.
    #[must_use]
    pub fn with_pace(self, pace: Option<Pace>) -> Self {
        Self { pace, ..self }
    }

    /// Delivers, until `stop`. It then comes back when what is under way has ended, or its time is up.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        while !stop.is_cancelled() {
            self.changed.mark_unchanged();
            if let Err(error) = self.reconcile().await {
                tracing::warn!(%error, "hooks cannot be looked for; it will be tried again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                // The store lives as long as this loop, so its mark does, too.
                _ = self.changed.changed() => {}
                () = tokio::time::sleep(if self.folders.is_empty() { REST } else { LOOK }) => {}
            }
        }
        for (_, running) in self.running.drain() {
            running.end().await;
        }
    }

    /// Starts whatever is there and does not run, and stops whatever runs and is not there.
    async fn reconcile(&mut self) -> Result<()> {
        let seen = self.look().await?;
        let gone: Vec<String> = self
            .running
            .iter()
            .filter(|(name, running)| !running.is_among(name, &seen))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            if let Some(running) = self.running.remove(&name) {
                running.end().await;
            }
        }
        for hook in &seen {
            if !self.running.contains_key(&hook.name) {
                self.start(hook).await?;
            }
        }
        self.note_absent(&seen).await
    }

    async fn look(&mut self) -> Result<Vec<DiscoveredHook>> {
        let compiled = self.compiled.iter().map(DiscoveredHook::compiled);
        let mut seen: Vec<DiscoveredHook> = compiled.collect();
        seen.extend(endpoints(&self.app, &self.webhooks, &mut self.folders.endpoints).await?);
        seen.extend(self.folders.look().await);
        let mut names = HashSet::new();
        seen.retain(|hook| names.insert(hook.name.clone())); // A place is kept by its name, for whoever was there first.
        Ok(seen)
    }

    async fn give_place(&mut self, seen: &DiscoveredHook) -> Result<()> {
        match &seen.hook {
            Ok(_) => self
                .app
                .store
                .register(&seen.name, seen.kind)
                .await
                .map(drop),
            Err(reason) => self.say_missing(&seen.name, seen.kind, reason).await,
        }
    }

    async fn start(&mut self, seen: &DiscoveredHook) -> Result<()> {
        let Ok(hook) = &seen.hook else {
            return self.give_place(seen).await;
        };
        let registered = self.app.store.register(&seen.name, seen.kind).await?;
        // Asked after the registration: whatever replaces the webhook from now on has another incarnation.
        let is_current = is_current(&self.app, &self.folders.endpoints, &seen.name).await?;
        let (Some(standing), true) = (registered, is_current) else {
            return Ok(()); // The change that removed or replaced it brings another look.
        };
        self.missing.remove(&seen.name);
        let consumer = match seen.kind {
            HookKind::BuiltIn => {
                HookConsumer::apart(hook.clone()).map_err(crate::domain::Error::internal)?
            }
            _ => HookConsumer::on(self.threads.clone(), hook.clone()),
        };
        let stop = self.stop.child_token();
        let delivery = Delivery::new(
            self.shared.clone(),
            Arc::new(consumer),
            standing,
            self.pace,
            stop.clone(),
        );
        let running = Running::start(hook.clone(), delivery, stop, &self.threads);
        self.running.insert(seen.name.clone(), running);
        Ok(())
    }

    /// Says of every hook that is known and was not seen that it is not there any more. Trouble with a folder is over.
    async fn note_absent(&mut self, seen: &[DiscoveredHook]) -> Result<()> {
        for hook in self.app.store.list_hooks().await? {
            if seen.iter().any(|seen| seen.name == hook.name) {
                continue;
            }
            if is_folder(&hook) {
                self.app.store.forget(&hook.name).await?;
                self.missing.remove(&hook.name);
            } else if hook.missing.as_deref() != Some(GONE) {
                self.say_missing(&hook.name, hook.kind, GONE).await?;
            }
        }
        Ok(())
    }

    /// Says it once, and again when the reason is another.
    async fn say_missing(&mut self, name: &str, kind: HookKind, reason: &str) -> Result<()> {
        if self.missing.get(name).is_some_and(|said| said == reason) {
            return Ok(());
        }
        tracing::warn!(hook = name, reason, "a hook is not there");
        let store = &self.app.store;
        store.set_missing(name, kind, reason.to_owned()).await?;
        self.missing.insert(name.to_owned(), reason.to_owned());
        Ok(())
    }
}
