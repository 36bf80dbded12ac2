//! A module as a hook: waits for a permit, runs on a blocking thread, and stops when the delivery
//! is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use doorsign_hook::{Delivery, HookError, Pace, PostCreateHook, StatusCreated};
use doorsign_hook_folder::Permits;
use tokio::task::spawn_blocking;
use wasmi::Module;

use crate::Settings;
use crate::run;

/// A module, named after its file.
#[derive(Debug)]
pub struct Hook {
    name: String,
    module: Module,
    settings: Settings,
    permits: Permits,
}

impl Hook {
    pub(crate) fn new(name: &str, module: Module, settings: Settings, permits: Permits) -> Self {
        Self {
            name: name.to_owned(),
            module,
            settings,
            permits,
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
        // Held by the thread, because it can outlast the delivery by a slice.
        let permit = self.permits.acquire().await?;
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
        Some(self.permits.pace())
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
