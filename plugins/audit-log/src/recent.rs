//! The pairs of event and status that were written last, so that a redelivered one is not written again.
//! It does not know files: whoever reads them fills it.

use std::collections::VecDeque;

/// How many pairs are remembered: far more than the server ever delivers again after a crash.
pub(crate) const REMEMBERED: usize = 1_024;

/// Event number and status id; the number alone may be used again after a restored backup.
pub(crate) type Key = (u64, String);

/// The last pairs, oldest first. A scan of them all costs a thousandth of the disk write that it may spare.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<Key>);

impl Recent {
    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    /// Adds a pair, and forgets the oldest one where there is no more room.
    pub(crate) fn remember(&mut self, key: Key) {
        if self.contains(&key) {
            return;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_pairs_are_remembered() {
        let mut recent = Recent::default();
        let key = |event_id: u64| (event_id, "a".to_owned());
        for event_id in 1..=REMEMBERED as u64 {
            recent.remember(key(event_id));
        }
        recent.remember(key(5));
        assert!(
            recent.contains(&key(1)),
            "a pair known already takes no room"
        );
        recent.remember(key(9_999));
        assert!(!recent.contains(&key(1)));
        assert!(recent.contains(&key(2)) && recent.contains(&key(9_999)));
        assert_eq!(recent.0.len(), REMEMBERED);
    }
}
