//! The keys of the lines written last, so that a redelivered event is not written again.

use std::collections::VecDeque;

/// How many keys are kept: far more than the server ever redelivers after a crash.
pub(crate) const REMEMBERED: usize = 1_024;

/// Event number and status id. The number alone may be reused after a backup is restored.
pub(crate) type Key = (u64, String);

/// The last keys, oldest first. Scanning all of them costs a thousandth of the disk write that it
/// may save.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<Key>);

impl Recent {
    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    /// Adds a key and evicts the oldest one when full.
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
    fn only_the_last_keys_are_kept() {
        let mut recent = Recent::default();
        let key = |event_id: u64| (event_id, "a".to_owned());
        for event_id in 1..=REMEMBERED as u64 {
            recent.remember(key(event_id));
        }
        recent.remember(key(5));
        assert!(recent.contains(&key(1)), "a known key takes no space");
        recent.remember(key(9_999));
        assert!(!recent.contains(&key(1)));
        assert!(recent.contains(&key(2)) && recent.contains(&key(9_999)));
        assert_eq!(recent.0.len(), REMEMBERED);
    }
}
