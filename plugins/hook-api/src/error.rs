//! The errors of a hook. The crate documentation describes how the server reacts to them.

use std::time::Duration;

/// Why a delivery failed, and whether to retry.
///
/// The reason is logged and stored with a parked event: one line, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// Temporary: the same event is retried.
    #[error("temporary failure: {0}")]
    Retry(String),
    /// Like `Retry`, but not before this time has passed, as requested by the peer.
    #[error("temporary failure: {0}")]
    RetryAfter(String, Duration),
    /// Permanent: the event is parked with this reason, and the next one is delivered.
    #[error("permanent failure: {0}")]
    Permanent(String),
    /// The receiver is gone: the hook is disabled with this reason. The event is kept until the
    /// operator enables the hook again.
    #[error("receiver gone: {0}")]
    Gone(String),
}
