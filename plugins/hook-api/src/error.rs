//! The errors of a hook. The crate documentation describes how the server reacts to them.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Why a delivery failed, and whether to retry.
///
/// The reason is logged and stored with a parked event: one line, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookError {
    /// Temporary: the same event is retried.
    Retry(String),
    /// Like `Retry`, but not before this time has passed, as requested by the peer.
    RetryAfter(String, Duration),
    /// Permanent: the event is parked with this reason, and the next one is delivered.
    Permanent(String),
    /// The receiver is gone: the hook is disabled with this reason. The event is kept until the
    /// operator enables the hook again.
    Gone(String),
}

impl Display for HookError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(reason) | Self::RetryAfter(reason, _) => {
                write!(formatter, "temporary failure: {reason}")
            }
            Self::Permanent(reason) => write!(formatter, "permanent failure: {reason}"),
            Self::Gone(reason) => write!(formatter, "receiver gone: {reason}"),
        }
    }
}

impl Error for HookError {}
