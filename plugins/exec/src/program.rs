//! A program as a hook: waits for a permit to run and interprets how the run ended.

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

/// `EX_TEMPFAIL` of `sysexits.h`: retry later.
const TRY_AGAIN: i32 = 75;

/// How many time limits to wait for a permit: enough for a dozen hanging programs ahead of us when
/// four run at once.
const LIMITS_TO_WAIT: u32 = 3;

/// The server's extra time beyond our limits, so that ours apply first.
const SLACK: Duration = Duration::from_secs(5);

/// The program at one path. The file is checked only when it is started.
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

    /// Waits for a permit to run, in order of arrival.
    ///
    /// The wait has its own limit: the time of a program must not depend on other programs.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, HookError> {
        let wait = self.settings.limit.saturating_mul(LIMITS_TO_WAIT);
        match timeout(wait, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HookError::Retry("too many programs are running".into())),
        }
    }

    /// Returns the error for a program that did not run to its end.
    fn unfinished(&self, why: &Unfinished) -> HookError {
        match why {
            Unfinished::OverLimit => {
                HookError::Retry(format!("not finished within {:?}", self.settings.limit))
            }
            Unfinished::NotStarted(error) => self.not_started(error),
            Unfinished::Lost(error) => {
                HookError::Retry(format!("cannot read its exit status: {error}"))
            }
        }
    }

    /// A file that is being replaced will exist soon; a file that is not a program will not become
    /// one by waiting.
    fn not_started(&self, error: &io::Error) -> HookError {
        let path = self.path.display();
        match error.kind() {
            io::ErrorKind::NotFound if self.path.exists() => HookError::Permanent(format!(
                "{path}: the interpreter in its first line does not exist"
            )),
            io::ErrorKind::PermissionDenied => {
                HookError::Permanent(format!("{path} is not executable: {error}"))
            }
            _ if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
                HookError::Permanent(format!("{path} is not a program for this machine"))
            }
            _ => HookError::Retry(format!("cannot start {path}: {error}")),
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
        // Checked right before the start: the last lookup may be seconds old.
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

/// Converts an exit status to the result of a delivery.
fn verdict(status: ExitStatus) -> Result<(), HookError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(TRY_AGAIN), _) => Err(HookError::Retry(format!("exit code {TRY_AGAIN}"))),
        (Some(code), _) => Err(HookError::Permanent(format!("exit code {code}"))),
        (None, Some(signal)) => Err(HookError::Permanent(format!("killed by signal {signal}"))),
        (None, None) => Err(HookError::Permanent(format!(
            "unexpected exit status: {status}"
        ))),
    }
}
