//! The last result of the check of the database, for probes.

use crate::app::App;
use crate::service::health;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a result is reused, so that clients without a login cannot keep the database busy.
const REUSE_TIME: Duration = Duration::from_secs(1);
/// A database that takes longer to answer is not ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Health {
    /// The database can be used.
    Ok,
    /// It cannot be read, does not answer, or refuses every write.
    Degraded,
}

/// Checks the database, and keeps the last result with its time.
#[derive(Default)]
pub(in crate::api) struct Readiness(Mutex<Option<(Instant, Health)>>);

impl Readiness {
    /// Returns the health of the database, at most a second old. Concurrent callers share one
    /// check.
    pub(in crate::api) async fn check(&self, app: &App) -> Health {
        let mut last = self.0.lock().await;
        if let Some((at, health)) = *last
            && at.elapsed() < REUSE_TIME
        {
            return health;
        }
        let health = match timeout(CHECK_TIMEOUT, health::check(app)).await {
            Ok(Ok(())) => Health::Ok,
            Ok(Err(_)) | Err(_) => Health::Degraded,
        };
        *last = Some((Instant::now(), health));
        health
    }
}
