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

    /// Returns all counters.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Window)> {
        self.0.iter()
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
        // Windows that are over need no counter, so all of theirs are removed first.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_rank_is_evicted_and_of_equals_only_as_many_as_needed() {
        let mut entries: HashMap<u32, u32> = [(1, 5), (2, 5), (3, 5), (4, 9), (5, 1)].into();
        evict_lowest(&mut entries, 0, |_, rank| *rank);
        assert_eq!(entries.len(), 5);
        evict_lowest(&mut entries, 3, |_, rank| *rank);
        let mut left: Vec<u32> = entries.values().copied().collect();
        left.sort_unstable();
        assert_eq!(left, [5, 9]);
    }

    #[test]
    fn a_window_that_is_over_begins_again_with_its_new_span() {
        let (mut windows, at) = (Windows::default(), Timestamp::from_millis);
        let span = Duration::from_secs;
        let over = |window: &Window| at(5000).since(window.began) >= window.span;
        windows.count("key", at(1000), span(60), |_| false);
        assert_eq!(windows.count("key", at(5000), span(9), over).count, 2);
        let window = *windows.count("key", at(5000), span(9), |_| true);
        assert_eq!((window.count, window.began), (1, at(5000)));
        assert_eq!((window.last, window.span), (at(5000), span(9)));
        windows.remove(&"key");
        assert!(windows.find(&"key").is_none());
    }
}
