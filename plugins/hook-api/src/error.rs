//! How a hook says no. It does not know what the server then does about it: that is told in the crate's docs.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

/// Why a delivery failed, and whether trying again can help.
///
/// The reason is written to the server's log and kept beside a parked event: one line, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookError {
    /// It may go better later: the same event comes again.
    Retry(String),
    /// It will never succeed: the event is parked with this reason, and the next one comes.
    Permanent(String),
}

impl Display for HookError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(reason) => write!(formatter, "failed for now: {reason}"),
            Self::Permanent(reason) => write!(formatter, "failed for good: {reason}"),
        }
    }
}

impl Error for HookError {}
