//! Counters over fixed windows, bounded in number. A window begins with the first event. They are
//! kept in memory only: forgetting them at a restart is better than filling a disk. Here, because
//! both failed logins and the API's rate limits may use it.

use crate::domain::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Maximum number of counters. Beyond it, expired ones are evicted first, then the lowest-ranking
/// until half are left. So the next full scan is that many new keys away.
pub const CAPACITY: usize = 20_000;

/// The events counted under one key.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The number of events.
    pub count: u32,
    /// When the first event was counted.
    pub began: Timestamp,
    /// When the last event was counted.
    pub last: Timestamp,
    /// The length of the window.
    pub span: Duration,
}

/// Counters by key.
#[derive(Debug)]
pub struct Windows<K>(HashMap<K, Window>);

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Windows<K> {
    /// Returns the counter of `key`.
    pub fn find(&self, key: &K) -> Option<Window> {
        self.0.get(key).copied()
    }

    /// Counts an event, and returns the counter. A counter that is new, or whose window `is_over`,
    /// begins a window of this `span`.
    pub fn count(
        &mut self,
        key: K,
        now: Timestamp,
        span: Duration,
        is_over: impl Fn(&Window) -> bool,
    ) -> &mut Window {
        let new = Window {
            count: 0,
            began: now,
            last: now,
            span,
        };
        let window = self.0.entry(key).or_insert(new);
        if is_over(window) {
            *window = new;
        }
        window.count = window.count.saturating_add(1);
        window.last = now;
        window
    }

    /// Makes room for `further` counters. `rank` orders the counters, lowest first in the order of
    /// eviction; `None` when the window is over.
    pub fn make_room<R: Ord + Copy>(
        &mut self,
        further: usize,
        rank: impl Fn(&K, &Window) -> Option<R>,
    ) {
        if self.0.len() + further <= CAPACITY {
            return;
        }
        self.0.retain(|key, window| rank(key, window).is_some());
        let surplus = self.0.len().saturating_sub(CAPACITY / 2);
        evict_lowest(&mut self.0, surplus, |key, window| rank(key, window));
    }

    /// Removes the counter of `key`.
    pub fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }

    /// Keeps only the counters whose key `is_kept`.
    pub fn retain(&mut self, is_kept: impl Fn(&K) -> bool) {
        self.0.retain(|key, _| is_kept(key));
    }

    /// Removes all counters.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the number of counters.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// Removes the `surplus` entries of the lowest rank; among equals, any.
pub(super) fn evict_lowest<K: Hash + Eq, V, R: Ord + Copy>(
    entries: &mut HashMap<K, V>,
    surplus: usize,
    rank: impl Fn(&K, &V) -> R,
) {
    if surplus == 0 {
        return;
    }
    let mut ranks: Vec<R> = entries
        .iter()
        .map(|(key, value)| rank(key, value))
        .collect();
    let (lower, last, _) = ranks.select_nth_unstable(surplus - 1);
    let last = *last;
    let mut ties = lower.iter().filter(|rank| **rank == last).count() + 1;
    entries.retain(|key, value| {
        let rank = rank(key, value);
        let is_tie = rank == last && ties > 0;
        ties -= usize::from(is_tie);
        rank >= last && !is_tie
    });
}
