//! The run of a server: the jobs, the API, and the order in which they stop.

use super::{Server, control_socket};
use crate::api::{self, Api, Realtime};
use crate::app::App;
use crate::config::Config;
use crate::jobs::audit_retention::AuditRetention;
use crate::jobs::claim_expiry::Expiry;
use crate::jobs::event_retention::Retention;
use crate::jobs::{LastUsed, ReturnMemory};
use crate::realtime::publisher::Publisher;
use crate::store::Database;
use crate::transport::{SecurityHeaders, Slots, files, listen};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

impl Server {
    /// Serves on `listener` until `shutdown` resolves. Then, in this order:
    ///
    /// - accepts no further connections;
    /// - finishes open requests and closes live connections, as long as the limits allow;
    /// - lets the hooks finish the deliveries in progress;
    /// - commits waiting writes and closes the database.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let (stop_listening, stop_jobs) = (CancellationToken::new(), CancellationToken::new());
        let realtime = Realtime {
            runtime: self.realtime.handle().cloned(),
            stop: stop_listening.clone(),
        };

        let jobs = TaskTracker::new();
        jobs.spawn(self.supervisor.run(stop_jobs.clone()));
        jobs.spawn(self.follower.run(stop_jobs.clone()));
        start_publisher(&jobs, &self.app, &realtime, &stop_jobs);
        start_jobs(&jobs, &self.app, &self.store, &self.config, &stop_jobs);
        let is_kept = self.folder.is_some();
        if is_kept {
            start_upkeep(&jobs, &self.store, &stop_jobs);
        }
        jobs.close();
        let notices = is_kept.then(|| {
            tokio::spawn(control_socket::publish_changes(
                self.notices,
                self.store.clone(),
            ))
        });

        let site_url = listener
            .local_addr()
            .map(|address| format!("http://{address}"))
            .unwrap_or_default();
        let slots = slots(&self.config);
        let api = Api::new(self.app, &self.config, self.limits, site_url)
            .with_realtime(realtime)
            .with_slots(slots.clone())
            .with_configuration(self.configuration)
            .with_dev(self.dev);
        let api = Arc::new(api);
        tokio::spawn(ReturnMemory::new(slots.clone(), stop_listening.clone()).run());
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
        stop_jobs.cancel();
        jobs.wait().await;
        self.store.close().await;
        if let Some((folder, _)) = &self.folder {
            let _ = std::fs::remove_file(folder.socket());
        }
    }
}

fn start_publisher(
    jobs: &TaskTracker,
    app: &Arc<App>,
    realtime: &Realtime,
    stop: &CancellationToken,
) {
    let publisher = Publisher::new(app.clone(), stop.clone()).run();
    match &realtime.runtime {
        Some(threads) => jobs.spawn_on(publisher, threads),
        None => jobs.spawn(publisher),
    };
}

/// Starts the background work on stored data.
fn start_jobs(
    jobs: &TaskTracker,
    app: &Arc<App>,
    store: &Arc<dyn Database>,
    config: &Config,
    stop: &CancellationToken,
) {
    let clock = || app.clock.clone();
    let days = config.event_retention_days;
    if let Some(events) = Retention::new(store.clone(), clock(), days, stop.clone()) {
        jobs.spawn(events.run());
    }
    let audit = AuditRetention::new(store.clone(), clock(), config.audit_retention_days);
    jobs.spawn(audit.run(stop.clone()));
    jobs.spawn(Expiry::new(store.clone(), clock(), stop.clone()).run());
    jobs.spawn(LastUsed::new(app.clone(), stop.clone()).run());
}

/// Starts the upkeep of the database file.
fn start_upkeep(jobs: &TaskTracker, store: &Arc<dyn Database>, stop: &CancellationToken) {
    let (store, stop) = (store.clone(), stop.clone());
    jobs.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = store.maintain() => {}
        }
    });
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
