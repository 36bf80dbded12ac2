//! The delivery loop: sends committed events to each consumer, in order and at least once.
//!
//! Anything that must survive a crash goes through here, because an event is a row in the
//! transaction of its change. Each consumer has its own task, so that a stuck consumer delays only
//! itself. No transaction is open during a delivery. Failure counts and retry times are stored as
//! well, so that a restart does not reset them.
//!
//! Does not depend on hooks or sockets; they implement [`Consumer`].

mod attempt;
mod consumer_loop;
mod feed;
mod outcome;
mod pace;

pub use consumer_loop::{BATCH, Delivery, SAVE_INTERVAL, Shared};
pub use feed::Feed;
pub use pace::Pace;

use crate::domain::Event;
use async_trait::async_trait;
use std::time::Duration;

/// Receives every event.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The name under which its cursor is stored.
    fn name(&self) -> &str;

    /// Its time limit and retry waits.
    fn pace(&self) -> Pace;

    /// Resolves when the consumer can take a delivery. No time limit applies.
    async fn ready(&self) {}

    /// Processes one event; `attempt` counts from 1. The future may be dropped midway, and the same
    /// event may be delivered again.
    async fn deliver(&self, event: &Event, attempt: u32) -> Outcome;
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The failure, if any.
    pub failure: Option<Failure>,
    /// Text to store with the delivery; often empty.
    pub notes: String,
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            notes: String::new(),
        }
    }
}

/// Why a delivery failed, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Temporary: retry later.
    Retry(String),
    /// Temporary: retry, but not before this time has passed.
    RetryAfter(String, Duration),
    /// Permanent: do not retry.
    Permanent(String),
    /// The receiver is gone: disable the consumer.
    Gone(String),
}

impl Failure {
    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Retry(reason)
            | Self::RetryAfter(reason, _)
            | Self::Permanent(reason)
            | Self::Gone(reason) => reason,
        }
    }

    /// Returns how long to wait before the next attempt, given the loop's own `wait`; `None` after
    /// the last attempt.
    fn wait(&self, wait: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Retry(_) => wait,
            Self::RetryAfter(_, least) => wait.map(|wait| wait.max(*least)),
            Self::Permanent(_) | Self::Gone(_) => None,
        }
    }
}
