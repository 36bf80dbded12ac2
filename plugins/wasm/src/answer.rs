//! Converts the end of a run into the result of a delivery.

use doorsign_hook::HookError;
use doorsign_hook_folder::RETRY_CODE;
use wasmi::{Error, TrapCode};

use crate::Settings;
use crate::load::one_line;

/// Why a run did not complete.
#[derive(Debug)]
pub(crate) enum Stopped {
    OutOfFuel,
    StartedTooLong,
    OutOfTime,
    Trapped(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        match error.as_trap_code() {
            Some(TrapCode::OutOfFuel) => Self::OutOfFuel,
            _ => Self::Trapped(error),
        }
    }
}

/// Converts the module's result. A module that sets none has processed the event.
pub(crate) fn verdict(result: Option<(i32, String)>) -> Result<(), HookError> {
    let (code, reason) = result.unwrap_or_default();
    let reason = if reason.is_empty() {
        format!("result {code}")
    } else {
        reason
    };
    match code {
        0 => Ok(()),
        RETRY_CODE => Err(HookError::Retry(reason)),
        _ => Err(HookError::Permanent(reason)),
    }
}

/// Converts an incomplete run. A module has no clock and no input besides the event, so it would
/// fail again in the same way. Only its run time depends on other factors.
pub(crate) fn refusal(stopped: Stopped, settings: &Settings) -> HookError {
    match stopped {
        Stopped::OutOfFuel => {
            HookError::Permanent(format!("ran out of fuel, {} units", settings.fuel))
        }
        Stopped::StartedTooLong => {
            HookError::Permanent("ran out of fuel in its start function".into())
        }
        Stopped::OutOfTime => HookError::Retry(format!("not finished within {:?}", settings.limit)),
        Stopped::Trapped(error) => HookError::Permanent(format!("trap: {}", one_line(&error))),
    }
}
