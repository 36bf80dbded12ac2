//! Injected faults: which requests are affected, how, and how often.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maximum number of pending faults.
const MOST: usize = 1000;

/// A fault to inject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The affected path; `*` for any.
    pub route: String,
    /// The affected method; `None` for any.
    pub method: Option<String>,
    /// How long to delay the request.
    pub wait: Duration,
    /// What happens then; `None`: the request is handled normally.
    pub effect: Option<Effect>,
    /// How many more requests are affected.
    pub left: u32,
}

/// The effect of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The request is answered with this status.
    Status(u16, Option<FaultBody>),
    /// The connection is closed without a response.
    Drop,
}

/// A body that replaces the usual one of the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultBody {
    /// The value of `Content-Type`.
    pub content_type: String,
    /// The bytes to send.
    pub text: String,
}

/// The maximum number of faults is pending.
#[derive(Debug)]
pub struct TooMany;

/// The pending faults, oldest first.
#[derive(Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Adds a fault after the pending ones.
    ///
    /// # Errors
    /// [`TooMany`] beyond 1000.
    pub fn add(&self, fault: Fault) -> Result<(), TooMany> {
        let mut waiting = self.lock();
        if waiting.len() >= MOST {
            return Err(TooMany);
        }
        waiting.push_back(fault);
        Ok(())
    }

    /// Returns the fault for a request: the oldest match, whose count is reduced. `route` is the
    /// path in the route table, `path` the requested one; a fault may name either.
    pub fn take(
        &self,
        method: &str,
        route: &str,
        path: &str,
    ) -> Option<(Duration, Option<Effect>)> {
        let mut waiting = self.lock();
        let at = waiting.iter().position(|fault| {
            let on_route = fault.route == "*" || fault.route == route || fault.route == path;
            on_route && fault.method.as_deref().is_none_or(|known| known == method)
        })?;
        let fault = waiting.get_mut(at)?;
        let met = (fault.wait, fault.effect.clone());
        fault.left -= 1;
        if fault.left == 0 {
            waiting.remove(at);
        }
        Some(met)
    }

    /// Returns the pending faults, oldest first.
    pub fn list(&self) -> Vec<Fault> {
        self.lock().iter().cloned().collect()
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(route: &str, method: Option<&str>, millis: u64, left: u32) -> Fault {
        Fault {
            route: route.to_owned(),
            method: method.map(str::to_owned),
            wait: Duration::from_millis(millis),
            effect: None,
            left,
        }
    }

    #[test]
    fn the_oldest_matching_fault_applies_as_often_as_set() {
        let faults = Faults::default();
        for fault in [
            fault("/a", Some("POST"), 1, 1),
            fault("/a/:id", None, 2, 2),
            fault("/b/7", None, 3, 1),
            fault("*", Some("GET"), 4, 1),
        ] {
            faults.add(fault).unwrap();
        }
        for (method, route, path, met) in [
            ("POST", "/c", "/c", None),
            ("GET", "/a", "/a", Some(4)),
            ("GET", "/a", "/a", None),
            ("POST", "/a", "/a", Some(1)),
            ("POST", "/a/:id", "/a/1", Some(2)),
            ("GET", "/a/:id", "/a/2", Some(2)),
            ("GET", "/a/:id", "/a/3", None),
            ("GET", "/b/:id", "/b/8", None),
            ("GET", "/b/:id", "/b/7", Some(3)),
        ] {
            let wait = faults.take(method, route, path).map(|(wait, _)| wait);
            assert_eq!(wait, met.map(Duration::from_millis), "{method} {path}");
        }
        assert_eq!(faults.list(), []);
    }

    #[test]
    fn memory_is_bounded() {
        let faults = Faults::default();
        let add = |_| faults.add(fault("*", None, 0, 1));
        assert_eq!((0..MOST + 1).map(add).filter(Result::is_ok).count(), MOST);
    }
}
