//! The state of the server, for administrators. The parts that only its process knows come from the
//! API: connections, version and start.

use crate::app::App;
use crate::domain::{Actor, DatabaseSize, Permission, Result};

/// The stored part of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerStatus {
    /// The size of the database.
    pub database: DatabaseSize,
    /// The number of hooks that cannot run or that retry a delivery. Disabled ones do not count.
    pub failing_hooks: usize,
}

/// Returns the state of the server.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn status(app: &App, actor: &Actor) -> Result<ServerStatus> {
    actor.require(Permission::ViewStatistics)?;
    let database = app.store.size().await?;
    let hooks = app.store.list_hooks().await?;
    let failing = hooks.iter().filter(|hook| hook.is_failing());
    Ok(ServerStatus {
        database,
        failing_hooks: failing.count(),
    })
}
