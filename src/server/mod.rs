//! The lifecycle of a server: `open` defines the start order, `run` the shutdown order.

pub mod control_socket;
pub mod data_folder;
mod first_admin;
pub mod logging;
mod open;
mod run;
mod start_error;

pub use first_admin::FirstAdmin;
pub use start_error::StartError;

use crate::app::App;
use crate::config::{Config, EffectiveSetting};
use crate::dev::Dev;
use crate::hooks::delivery::Pace;
use crate::hooks::supervisor::Supervisor;
use crate::hooks::threads::Threads;
use crate::jobs::audit_log::Follower;
use crate::store::Database;
use crate::transport::limits::Limits;
use data_folder::{Folder, Lock};
use std::sync::Arc;
use tokio::net::UnixListener;

/// A server that is ready to listen.
pub struct Server {
    /// The handles of the use cases.
    pub app: Arc<App>,
    /// The administrator created by this start, with the generated password if there is one.
    pub first_admin: Option<FirstAdmin>,
    config: Config,
    /// The configuration with its sources, for administrators.
    configuration: Vec<EffectiveSetting>,
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

impl Server {
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

    /// Names the sources of the configuration, for administrators.
    #[must_use]
    pub fn with_configuration(self, configuration: Vec<EffectiveSetting>) -> Self {
        Self {
            configuration,
            ..self
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
}
