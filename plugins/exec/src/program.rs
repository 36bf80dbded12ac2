//! A program as a hook: waits for a permit to run and interprets how the run ended.

use std::fmt::Debug;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use async_trait::async_trait;
use doorsign_file_trust::check;
use doorsign_hook::{Delivery, HookError, Pace, PostCreateHook, StatusCreated};
use doorsign_hook_folder::{Permits, RETRY_CODE};

use crate::Settings;
use crate::run::{self, Unfinished};

/// The program at one path. The file is checked only when it is started.
#[derive(Debug)]
pub struct Program {
    name: String,
    path: PathBuf,
    settings: Settings,
    permits: Permits,
}

impl Program {
    pub(crate) fn new(name: &str, path: &Path, settings: Settings, permits: Permits) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            settings,
            permits,
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
        let _permit = self.permits.acquire().await?;
        // Checked right before the start: the last lookup may be seconds old.
        check(&self.path).map_err(HookError::Retry)?;
        match run::run(&self.path, &self.settings, delivery).await {
            Ok(status) => verdict(status),
            Err(why) => Err(self.unfinished(&why)),
        }
    }

    fn pace(&self) -> Option<Pace> {
        Some(self.permits.pace())
    }
}

/// Converts an exit status to the result of a delivery.
fn verdict(status: ExitStatus) -> Result<(), HookError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(RETRY_CODE), _) => Err(HookError::Retry(format!("exit code {RETRY_CODE}"))),
        (Some(code), _) => Err(HookError::Permanent(format!("exit code {code}"))),
        (None, Some(signal)) => Err(HookError::Permanent(format!("killed by signal {signal}"))),
        (None, None) => Err(HookError::Permanent(format!(
            "unexpected exit status: {status}"
        ))),
    }
}
