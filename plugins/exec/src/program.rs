//! A program as a hook: when it may start, and what its end means. It does not know how a process is run.

use std::fmt::Debug;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use doorsign_file_trust::check;
use doorsign_hook::{Delivery, HookError, Pace, PostCreateHook, RETRY_WAITS, StatusCreated};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::Settings;
use crate::run::{self, Unfinished};

/// `EX_TEMPFAIL` of `sysexits.h`: not now.
const TRY_AGAIN: i32 = 75;

/// How many limits to wait for a permit: with four at once, a dozen programs that hang stand before us in vain.
const LIMITS_TO_WAIT: u32 = 3;

/// What the server is to wait beyond our own limits, so that ours strike first.
const SLACK: Duration = Duration::from_secs(5);

/// The program at one path. It is looked at only when it is started.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    path: PathBuf,
    settings: Settings,
    permits: Arc<Semaphore>,
}

impl Program {
    pub(crate) fn new(
        name: String,
        path: PathBuf,
        settings: Settings,
        permits: Arc<Semaphore>,
    ) -> Self {
        Self {
            name,
            path,
            settings,
            permits,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_at(&self, path: &Path) -> bool {
        self.path == path
    }

    /// Leave to run, in the order of asking.
    ///
    /// The wait has a limit of its own: the time that a program has is not to depend on what others do.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, HookError> {
        let wait = self.settings.limit.saturating_mul(LIMITS_TO_WAIT);
        match timeout(wait, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HookError::Retry("too many programs are running".into())),
        }
    }

    /// What a program that did not run to its end means.
    fn unfinished(&self, why: &Unfinished) -> HookError {
        match why {
            Unfinished::OverLimit => {
                HookError::Retry(format!("no end within {:?}", self.settings.limit))
            }
            Unfinished::NotStarted(error) => self.not_started(error),
            Unfinished::Lost(error) => {
                HookError::Retry(format!("its end could not be seen: {error}"))
            }
        }
    }

    /// A file that is being replaced will be there soon; one that is no program here will not become one by waiting.
    fn not_started(&self, error: &io::Error) -> HookError {
        let path = self.path.display();
        match error.kind() {
            io::ErrorKind::NotFound if self.path.exists() => {
                HookError::Permanent(format!("{path}: what its first line names is not there"))
            }
            io::ErrorKind::PermissionDenied => {
                HookError::Permanent(format!("{path} may not be executed: {error}"))
            }
            _ if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
                HookError::Permanent(format!("{path} is no program for this machine"))
            }
            _ => HookError::Retry(format!("{path} could not be started: {error}")),
        }
    }
}

#[async_trait]
impl PostCreateHook for Program {
    fn name(&self) -> &str {
        &self.name
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        self.deliver(&Delivery::new(created.clone().into(), 1))
            .await
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), HookError> {
        let _permit = self.permit().await?;
        // Right before the start: what the folder's last look has found may be seconds old.
        check(&self.path).map_err(HookError::Retry)?;
        match run::run(&self.path, &self.settings, delivery).await {
            Ok(status) => verdict(status),
            Err(why) => Err(self.unfinished(&why)),
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

/// What the end of a program means.
fn verdict(status: ExitStatus) -> Result<(), HookError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(TRY_AGAIN), _) => Err(HookError::Retry(format!("exit code {TRY_AGAIN}"))),
        (Some(code), _) => Err(HookError::Permanent(format!("exit code {code}"))),
        (None, Some(signal)) => Err(HookError::Permanent(format!("killed by signal {signal}"))),
        (None, None) => Err(HookError::Permanent(format!("ended oddly: {status}"))),
    }
}
