//! A module as a hook: waits for a permit, runs on a blocking thread, and stops when the delivery
//! is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use doorsign_hook::{Delivery, HookError, Pace, PostCreateHook, RETRY_WAITS, StatusCreated};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wasmi::Module;

use crate::Settings;
use crate::run;

/// How many time limits to wait for a permit: enough for six hanging modules ahead of us when two
/// run at once.
const LIMITS_TO_WAIT: u32 = 3;

/// The server's extra time beyond our limits, so that ours apply first.
const SLACK: Duration = Duration::from_secs(5);

/// A module, named after its file.
#[derive(Debug)]
pub(crate) struct Hook {
    name: String,
    module: Module,
    settings: Settings,
    permits: Arc<Semaphore>,
}

impl Hook {
    pub(crate) fn new(
        name: String,
        module: Module,
        settings: Settings,
        permits: Arc<Semaphore>,
    ) -> Self {
        Self {
            name,
            module,
            settings,
            permits,
        }
    }

    /// Waits for a permit to run, in order of arrival. The thread holds it, because it can outlast
    /// the delivery by a slice.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, HookError> {
        let wait = self.settings.limit.saturating_mul(LIMITS_TO_WAIT);
        match timeout(wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HookError::Retry("too many modules are running".into())),
        }
    }
}

#[async_trait]
impl PostCreateHook for Hook {
    fn name(&self) -> &str {
        &self.name
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        self.deliver(&Delivery::new(created.clone().into(), 1))
            .await
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), HookError> {
        let permit = self.permit().await?;
        let stop = StopWhenDropped::default();
        let (module, settings) = (self.module.clone(), self.settings);
        let (event, stopped) = (delivery.event.json(), Arc::clone(&stop.0));
        let ended = spawn_blocking(move || {
            let _permit = permit;
            run::run(&module, event, &settings, &stopped)
        });
        match ended.await {
            Ok((answer, notes)) => {
                delivery.note(&notes);
                answer
            }
            Err(lost) if lost.is_panic() => {
                Err(HookError::Permanent("the interpreter failed".into()))
            }
            Err(lost) => Err(HookError::Retry(format!("cannot run it: {lost}"))),
        }
    }

    fn pace(&self) -> Option<Pace> {
        let limits = self.settings.limit.saturating_mul(LIMITS_TO_WAIT + 1);
        Some(Pace {
            limit: limits.saturating_add(SLACK),
            waits: &RETRY_WAITS,
        })
    }
}

/// Stops the thread of a delivery that was dropped, for example at shutdown.
#[derive(Default)]
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
