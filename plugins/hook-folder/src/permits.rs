//! How many hooks of a folder run at once, and how long one waits for its turn.

use std::sync::Arc;
use std::time::Duration;

use doorsign_hook::{HookError, Pace, RETRY_WAITS};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many time limits to wait for a permit: enough for a dozen hanging hooks ahead of us when four
/// run at once.
const LIMITS_TO_WAIT: u32 = 3;

/// The server's extra time beyond our limits, so that ours apply first.
const SLACK: Duration = Duration::from_secs(5);

/// Permits to run, shared by the hooks of a folder.
#[derive(Clone, Debug)]
pub struct Permits {
    semaphore: Arc<Semaphore>,
    limit: Duration,
}

impl Permits {
    /// Lets `at_once` hooks run at once, at least 1. `limit` is the time limit of each run.
    #[must_use]
    pub fn new(at_once: usize, limit: Duration) -> Self {
        let semaphore = Arc::new(Semaphore::new(at_once.max(1)));
        Self { semaphore, limit }
    }

    /// Waits for a permit to run, in order of arrival.
    ///
    /// The wait has its own limit, because the time of a hook must not depend on other hooks.
    ///
    /// # Errors
    ///
    /// `Retry` when too many hooks are running for too long.
    pub async fn acquire(&self) -> Result<OwnedSemaphorePermit, HookError> {
        let wait = self.limit.saturating_mul(LIMITS_TO_WAIT);
        match timeout(wait, Arc::clone(&self.semaphore).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HookError::Retry(
                "too many hooks of this folder are running".into(),
            )),
        }
    }

    /// Returns the pace of these hooks: time for waiting and running, and the default retries.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let limits = self.limit.saturating_mul(LIMITS_TO_WAIT + 1);
        Pace {
            limit: limits.saturating_add(SLACK),
            waits: &RETRY_WAITS,
        }
    }
}
