//! Hooks as the operator sees them: position, backlog and recorded deliveries.

use super::words::words;
use super::{EventId, Timestamp};

/// A hook, installed or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its name: `a`–`z`, `0`–`9` and `-`.
    pub name: String,
    /// The kind of hook.
    pub kind: HookKind,
    /// The last event that is done, inclusive.
    pub cursor: EventId,
    /// Number of events after the cursor.
    pub lag: u64,
    /// Why the hook is disabled. `None` if it is enabled.
    pub off: Option<String>,
    /// Why the hook cannot run: it is broken or no longer installed.
    pub missing: Option<String>,
    /// The first and last event still to be replayed.
    pub replay: Option<(EventId, EventId)>,
    /// Number of deliveries that were given up and need attention.
    pub parked: u32,
    /// The last failed delivery.
    pub last_failure: Option<DeliveryRecord>,
}

impl Hook {
    /// Returns whether the hook cannot run or retries a delivery. A disabled one does not fail.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        matches!(self.state().0, "missing" | "retrying")
    }

    /// Returns the state as a word (`missing`, `off`, `retrying`, `replaying` or `running`) and its
    /// reason, if any.
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
    /// The kind of a hook.
    pub enum HookKind {
        /// Compiled in.
        BuiltIn = "built-in",
        /// An HTTP endpoint.
        Webhook = "webhook",
        /// A program.
        Exec = "exec",
        /// A WebAssembly module.
        Wasm = "wasm",
    }
}

/// The record of a delivery. A delivery that succeeds at once and leaves no notes has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// The delivered event.
    pub event: EventId,
    /// The state of the delivery.
    pub state: DeliveryState,
    /// Number of attempts.
    pub attempts: u32,
    /// The last failure in one line. Empty if none failed.
    pub reason: String,
    /// Notes that the hook left, such as the output of a program. Often empty.
    pub notes: String,
    /// The time of the last attempt.
    pub at: Timestamp,
    /// The time of the next attempt.
    pub next_at: Option<Timestamp>,
}

words! {
    /// The state of a delivery.
    pub enum DeliveryState {
        /// It failed and will be retried. Later events wait.
        Retrying = "retrying",
        /// It was given up.
        Parked = "parked",
        /// It was given up, and a retry was requested.
        Again = "again",
        /// It succeeded.
        Delivered = "delivered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_the_one_that_needs_attention_first() {
        let failure = DeliveryRecord {
            event: EventId::new(3),
            state: DeliveryState::Retrying,
            attempts: 2,
            reason: "HTTP 500".to_owned(),
            notes: String::new(),
            at: Timestamp::from_millis(0),
            next_at: None,
        };
        let mut hook = Hook {
            name: "audit".to_owned(),
            kind: HookKind::BuiltIn,
            cursor: EventId::new(2),
            lag: 1,
            off: Some("paused".to_owned()),
            missing: Some("not installed".to_owned()),
            replay: Some((EventId::new(1), EventId::new(2))),
            parked: 0,
            last_failure: Some(failure),
        };
        assert_eq!(hook.state(), ("missing", Some("not installed")));
        hook.missing = None;
        assert_eq!(hook.state(), ("off", Some("paused")));
        hook.off = None;
        assert_eq!(hook.state(), ("retrying", Some("HTTP 500")));
        if let Some(failure) = &mut hook.last_failure {
            failure.state = DeliveryState::Delivered;
        }
        assert_eq!(hook.state(), ("replaying", None));
        hook.replay = None;
        assert_eq!(hook.state(), ("running", None));
    }
}
