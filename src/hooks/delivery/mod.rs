//! The delivery loop: committed events go to each consumer, in order, at least once.
//!
//! What must survive a crash goes through here, because an event is a row in the transaction of its change; what is only interesting
//! now does not. One task per consumer, so that a stuck one delays itself alone. While somebody is told of an event no transaction is
//! open. How often an event has failed, and when it is tried again, is a row as well: a new start does not begin anew.
//!
//! Knows neither hooks nor sockets; they implement [`Consumer`].

mod attempt;
mod consumer_loop;
mod feed;
mod outcome;
mod pace;

pub use consumer_loop::{BATCH, Delivery, SAVE, Shared};
pub use feed::Feed;
pub use pace::Pace;

use crate::domain::Event;
use async_trait::async_trait;
use std::time::Duration;

/// Somebody who is told of every event.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The name its cursor is kept under.
    fn name(&self) -> &str;

    /// How patient the loop is with it.
    fn pace(&self) -> Pace;

    /// Comes back when the consumer can take a delivery. There is no time limit on it.
    async fn ready(&self) {}

    /// Takes one event, as attempt number `attempt`, from 1. May be dropped half-way, and may see the same event again.
    async fn deliver(&self, event: &Event, attempt: u32) -> Outcome;
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What is to be remembered of it; often empty.
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
    /// It may work later.
    Retry(String),
    /// It may work later, and not before this long.
    RetryAfter(String, Duration),
    /// It never will.
    Permanent(String),
    /// Nobody is there any more to be told of anything.
    Gone(String),
}

impl Failure {
    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Retry(reason)
            | Self::RetryAfter(reason, _)
            | Self::Permanent(reason)
            | Self::Gone(reason) => reason,
        }
    }

    /// How long to wait for the next attempt, where the loop itself would wait for `wait`; `None`: there is to be none.
    fn wait(&self, wait: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Retry(_) => wait,
            Self::RetryAfter(_, least) => wait.map(|wait| wait.max(*least)),
            Self::Permanent(_) | Self::Gone(_) => None,
        }
    }
}
