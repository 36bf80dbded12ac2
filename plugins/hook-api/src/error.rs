//! How a hook says no. It does not know what the server then does about it: that is told in the crate's docs.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Why a delivery failed, and whether trying again can help.
///
/// The reason is written to the server's log and kept beside a parked event: one line, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookError {
    /// It may go better later: the same event comes again.
    Retry(String),
    /// As `Retry`, and it has no purpose to come again before this long: a peer has said so.
    RetryAfter(String, Duration),
    /// It will never succeed: the event is parked with this reason, and the next one comes.
    Permanent(String),
    /// Nobody is there to take events any more: the hook is switched off with this reason, and the event kept for when
    /// the operator switches it on again.
    Gone(String),
}

impl Display for HookError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(reason) | Self::RetryAfter(reason, _) => {
                write!(formatter, "failed for now: {reason}")
            }
            Self::Permanent(reason) => write!(formatter, "failed for good: {reason}"),
            Self::Gone(reason) => write!(formatter, "nobody there any more: {reason}"),
        }
    }
}

impl Error for HookError {}
