//! A rate limit: a maximum number of calls by one key in a window that begins with the first call.

use crate::auth::fixed_window::{Window, Windows};
use crate::domain::Timestamp;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often something may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Calls per window.
    pub calls: u32,
    /// Length of a window.
    pub span: Duration,
}

/// A caller's quota after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls per window.
    pub limit: u32,
    /// Calls left in this window.
    pub remaining: u32,
    /// When the window ends.
    pub reset: Timestamp,
    /// How long to wait, if this call exceeded the limit.
    pub wait: Option<Duration>,
}

/// Counts calls by a key, such as a client and a route.
pub struct RateLimit<K>(Mutex<Windows<K>>);

impl<K> Default for RateLimit<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> RateLimit<K> {
    /// Counts a call under `key`. A refused call does not extend the window.
    pub fn count(&self, key: K, limit: Limit, now: Timestamp) -> Quota {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| now.since(window.began) >= window.span;
        // A window that begins in the future was counted before the clock was set back.
        let rank = |_: &K, window: &Window| {
            (window.began <= now && !is_over(window)).then_some(window.began)
        };
        windows.make_room(1, rank);
        let window = windows.count(key, now, limit.span, is_over);
        // If the clock was set back, callers wait no longer than one window by the new time.
        window.began = window.began.min(now);
        let reset = window.began.after(window.span);
        Quota {
            limit: limit.calls,
            remaining: limit.calls.saturating_sub(window.count),
            reset,
            wait: (window.count > limit.calls).then(|| reset.since(now)),
        }
    }

    /// Clears all counts.
    pub fn forget(&self) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::fixed_window::CAPACITY;

    const HERE: u32 = u32::MAX;
    const LIMIT: Limit = Limit {
        calls: 3,
        span: Duration::from_secs(60),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    /// Returns how many seconds each of `calls` calls at this time has to wait; 0 when it is
    /// allowed.
    fn waits(limit: &RateLimit<u32>, seconds: i64, calls: usize) -> Vec<u64> {
        let call = |_| limit.count(HERE, LIMIT, at(seconds));
        let wait = |quota: Quota| quota.wait.map_or(0, |wait| wait.as_secs());
        (0..calls).map(call).map(wait).collect()
    }

    #[test]
    fn a_window_begins_with_the_first_call_and_counts_down_until_it_refuses() {
        let limit = RateLimit::default();
        for (seconds, remaining, wait) in
            [(7, 2, None), (8, 1, None), (66, 0, None), (66, 0, Some(1))]
        {
            let expected = Quota {
                limit: 3,
                remaining,
                reset: at(67),
                wait: wait.map(Duration::from_secs),
            };
            assert_eq!(limit.count(HERE, LIMIT, at(seconds)), expected);
        }
        let next = limit.count(HERE, LIMIT, at(67));
        assert_eq!((next.remaining, next.reset), (2, at(127)));
    }

    #[test]
    fn refused_calls_do_not_extend_the_window() {
        let limit = RateLimit::default();
        assert_eq!(waits(&limit, 0, 5), [0, 0, 0, 60, 60]);
        assert_eq!(waits(&limit, 59, 2), [1, 1]);
        assert_eq!(waits(&limit, 60, 4), [0, 0, 0, 60]);
    }

    #[test]
    fn keys_are_counted_apart() {
        let limit = RateLimit::default();
        for key in [HERE, 1] {
            assert_eq!(limit.count(key, LIMIT, at(0)).remaining, 2, "{key}");
        }
        assert_eq!(limit.count(HERE, LIMIT, at(0)).remaining, 1);
    }

    #[test]
    fn setting_the_clock_back_blocks_callers_for_at_most_one_window() {
        let limit = RateLimit::default();
        assert_eq!(waits(&limit, 100_000, 4), [0, 0, 0, 60]);
        assert_eq!(waits(&limit, 0, 1), [60], "the window continues");
        assert_eq!(waits(&limit, 60, 4), [0, 0, 0, 60]);
    }

    #[test]
    fn memory_is_bounded_under_a_flood_of_keys() {
        // All in one millisecond, spread over time, and with a clock that runs backwards.
        for step in [0, 1, -1] {
            let limit = RateLimit::default();
            for n in 0..3 * u32::try_from(CAPACITY).unwrap() {
                let now = at(step * i64::from(n) / 1000);
                assert_eq!(limit.count(n, LIMIT, now).remaining, 2);
                assert!(limit.0.lock().unwrap().size() <= CAPACITY);
            }
        }
    }

    #[test]
    fn expired_windows_are_evicted_first_then_the_oldest() {
        let limit = RateLimit::default();
        let capacity = u32::try_from(CAPACITY).unwrap();
        let call = |n: u32, seconds| limit.count(n, LIMIT, at(seconds)).remaining;
        for n in 0..capacity {
            call(n, if n == 0 { 1 } else { 0 });
        }
        // Now every window except the first has expired.
        call(capacity, 60);
        assert_eq!(limit.0.lock().unwrap().size(), 2);
        assert_eq!(call(0, 60), 1);
        for n in 1..capacity - 1 {
            call(n, 60);
        }
        assert_eq!(limit.0.lock().unwrap().size(), CAPACITY);
        call(capacity + 1, 60);
        assert_eq!(limit.0.lock().unwrap().size(), CAPACITY / 2 + 1);
        assert_eq!(call(0, 60), 2, "the oldest was evicted");
        assert_eq!(call(capacity + 1, 60), 1, "the newest was not");
    }
}
