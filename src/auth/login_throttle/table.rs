//! The failed-login counters, bounded in number.

use crate::domain::Timestamp;
use crate::domain::network::Network;
use std::collections::HashMap;

/// Maximum number of counters. Beyond it, those furthest from a block are evicted first, and the
/// least recently changed among equals. A flood of new names never lifts a block.
const CAPACITY: usize = 20_000;

/// What a counter counts: failures from a network, of a subject, or of a subject from a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) network: Option<Network>,
    pub(super) subject: Option<Subject>,
}

/// A keyed hash of the typed name or of the account id, because names can be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Subject(pub(super) u64);

#[derive(Debug, Clone, Copy)]
pub(super) struct Failures {
    pub(super) count: u32,
    /// When the first failure was counted.
    pub(super) since: Timestamp,
    /// When the last failure was counted.
    pub(super) last: Timestamp,
}

#[derive(Default)]
pub(super) struct Table(HashMap<Key, Failures>);

impl Table {
    pub(super) fn find(&self, key: Key) -> Option<Failures> {
        self.0.get(&key).copied()
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.0.remove(&key);
    }

    /// Removes every counter of these subjects.
    pub(super) fn remove_subjects(&mut self, subjects: &[Subject]) {
        let is_listed = |key: &Key| key.subject.is_some_and(|one| subjects.contains(&one));
        self.0.retain(|key, _| !is_listed(key));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one failure to the counter of `key`. Restarts the counter if its span is over.
    pub(super) fn count(&mut self, key: Key, now: Timestamp, is_over: impl Fn(&Failures) -> bool) {
        let none = Failures {
            count: 0,
            since: now,
            last: now,
        };
        let counted = self.0.entry(key).or_insert(none);
        if is_over(counted) {
            *counted = none;
        }
        counted.count = counted.count.saturating_add(1);
        counted.last = now;
    }

    /// Makes room for `further` counters. `weight` is how close a counter is to a block; `None`
    /// when its span is over.
    pub(super) fn make_room(
        &mut self,
        further: usize,
        weight: impl Fn(&Key, &Failures) -> Option<u32>,
    ) {
        if self.0.len() + further <= CAPACITY {
            return;
        }
        self.0
            .retain(|key, failures| weight(key, failures).is_some());
        let surplus = self.0.len().saturating_sub(CAPACITY / 2);
        if surplus == 0 {
            return;
        }
        let order = |(key, failures): (&Key, &Failures)| {
            let weight = weight(key, failures).unwrap_or_default();
            (weight, failures.last, *key)
        };
        let mut all: Vec<_> = self.0.iter().map(order).collect();
        let (less, last, _) =
            all.select_nth_unstable_by_key(surplus - 1, |(weight, last, _)| (*weight, *last));
        for (_, _, key) in less.iter().chain([&*last]) {
            self.0.remove(key);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[cfg(test)]
    pub(super) const CAPACITY: usize = CAPACITY;
}
