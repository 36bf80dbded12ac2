//! Hooks as their operator sees them: how far each has come, and what is to be told of its deliveries. Knows nothing of what a hook
//! does, nor of who calls it.

use super::words::words;
use super::{EventId, Timestamp};

/// A hook, here or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its name: `a`–`z`, `0`–`9` and `-`.
    pub name: String,
    /// What kind of hook it is.
    pub kind: HookKind,
    /// The event up to which it is done, inclusive.
    pub cursor: EventId,
    /// How many events come after that one.
    pub lag: u64,
    /// Why nothing is delivered, where somebody has switched it off; `None`: it is on.
    pub off: Option<String>,
    /// Why nothing can be delivered, where it is broken or not there any more.
    pub missing: Option<String>,
    /// The events that it is told once more, with the first and the last of those that are left.
    pub replay: Option<(EventId, EventId)>,
    /// How many deliveries were given up and wait for somebody to look at them.
    pub parked: u32,
    /// What became of its last failed delivery.
    pub last_failure: Option<DeliveryRecord>,
}

impl Hook {
    /// How it stands, in a word: `missing`, `off`, `retrying`, `replaying` or `running`; and why, where that is to be told.
    #[must_use]
    pub fn state(&self) -> (&'static str, Option<&str>) {
        let failed = self.last_failure.as_ref();
        let retrying = failed.filter(|failed| failed.state == DeliveryState::Retrying);
        match (&self.missing, &self.off) {
            (Some(reason), _) => ("missing", Some(reason)),
            (None, Some(reason)) => ("off", Some(reason)),
            (None, None) if retrying.is_some() => {
                ("retrying", retrying.map(|failed| &*failed.reason))
            }
            (None, None) if self.replay.is_some() => ("replaying", None),
            (None, None) => ("running", None),
        }
    }
}

words! {
    /// What kind of hook it is.
    pub enum HookKind {
        /// Compiled in.
        BuiltIn = "built-in",
        /// An endpoint that is told over HTTP.
        Webhook = "webhook",
        /// A program.
        Exec = "exec",
        /// A WebAssembly module.
        Wasm = "wasm",
    }
}

/// What is to be told of a delivery. Of one that succeeds at once, with nothing said, there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Which event.
    pub event: EventId,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed last, in one line; empty: it never did.
    pub reason: String,
    /// What the hook left to be remembered, such as the output of a program; often empty.
    pub notes: String,
    /// When it was last tried.
    pub at: Timestamp,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
}

words! {
    /// What became of a delivery.
    pub enum DeliveryState {
        /// It failed, and is tried again; whatever comes after it waits.
        Retrying = "retrying",
        /// It was given up.
        Parked = "parked",
        /// It was given up, and somebody wants it tried once more.
        Again = "again",
        /// It succeeded.
        Delivered = "delivered",
    }
}
