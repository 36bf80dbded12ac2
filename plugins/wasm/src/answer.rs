//! What the end of a run means to the server. It does not know how a module is run.

use doorsign_hook::HookError;
use wasmi::{Error, TrapCode};

use crate::Settings;
use crate::load::one_line;

/// What the exit code of this number means to programs, too: not now.
const TRY_AGAIN: i32 = 75;

/// Why a run came to no end of its own.
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

/// What the module has answered; one that says nothing has dealt with the event.
pub(crate) fn verdict(result: Option<(i32, String)>) -> Result<(), HookError> {
    let (code, reason) = result.unwrap_or_default();
    let reason = if reason.is_empty() {
        format!("result {code}")
    } else {
        reason
    };
    match code {
        0 => Ok(()),
        TRY_AGAIN => Err(HookError::Retry(reason)),
        _ => Err(HookError::Permanent(reason)),
    }
}

/// A module has no clock and nobody to ask, so that it would do the same again; only the time that it takes is up to
/// others as well.
pub(crate) fn refusal(stopped: Stopped, settings: &Settings) -> HookError {
    match stopped {
        Stopped::OutOfFuel => {
            HookError::Permanent(format!("ran out of fuel, {} units", settings.fuel))
        }
        Stopped::StartedTooLong => {
            HookError::Permanent("ran out of fuel in its start function".into())
        }
        Stopped::OutOfTime => HookError::Retry(format!("no end within {:?}", settings.limit)),
        Stopped::Trapped(error) => HookError::Permanent(format!("trap: {}", one_line(&error))),
    }
}
