//! Faults that requests are to meet: which request, what happens to it, and how often. Knows no status code.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Faults that may wait to be met.
const MOST: usize = 1000;

/// Something that requests are to meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The path that it waits on; `*` for any.
    pub route: String,
    /// The method that it waits for; `None` for any.
    pub method: Option<String>,
    /// How long the request waits first.
    pub wait: Duration,
    /// What becomes of it then; `None`: it is answered as ever.
    pub effect: Option<Effect>,
    /// How many requests are still to meet it.
    pub left: u32,
}

/// What a request comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is told that there were too many.
    TooManyRequests,
    /// It is told that the server failed.
    Failure,
    /// Its connection is closed without a word.
    Drop,
}

/// There are as many faults as may wait.
#[derive(Debug)]
pub struct TooMany;

/// The faults that wait, oldest first.
#[derive(Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Adds one behind those that wait.
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

    /// What a request meets: the oldest fault that fits, which counts it. `route` is the path as the table of routes has it, `path` as
    /// it was asked for: a fault may name either.
    pub fn meet(
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
        let met = (fault.wait, fault.effect);
        fault.left -= 1;
        if fault.left == 0 {
            waiting.remove(at);
        }
        Some(met)
    }

    /// Those that wait, oldest first.
    pub fn list(&self) -> Vec<Fault> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets all of them.
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
    fn the_oldest_fault_that_fits_is_met_as_often_as_it_says() {
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
            let wait = faults.meet(method, route, path).map(|(wait, _)| wait);
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
