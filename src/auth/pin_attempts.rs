//! Wrong PINs on displays: after five, a person's PIN is blocked for five minutes. Kept in memory
//! only, like failed logins: the block slows guessing down, a restart is rare, and a person at a
//! display cannot cause one.

use super::fixed_window::{Window, Windows};
use crate::domain::{Error, Result, Timestamp, UserId};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Attempts until the block.
const MOST: u32 = 5;
/// How long an attempt counts after it, and how long the block lasts.
const SPAN: Duration = Duration::from_secs(5 * 60);

/// The attempts of everyone, by person.
#[derive(Debug, Default)]
pub struct PinAttempts(Mutex<Windows<UserId>>);

impl PinAttempts {
    /// Counts an attempt for `user`. Callers count before they check, and
    /// [forget](Self::forget) after a success.
    ///
    /// # Errors
    /// `PinBlocked` after too many, without counting.
    pub fn count(&self, user: &UserId, now: Timestamp) -> Result<()> {
        let is_over = |window: &Window| now.since(window.last) >= SPAN;
        let mut windows = self.windows();
        if let Some(window) = windows.find(user)
            && window.count >= MOST
            && !is_over(&window)
        {
            let wait = SPAN.saturating_sub(now.since(window.last));
            return Err(Error::PinBlocked { wait });
        }
        windows.make_room(1, |_, window| (!is_over(window)).then_some(window.count));
        windows.count(user.clone(), now, SPAN, is_over);
        Ok(())
    }

    /// Removes the attempts of `user`, after a success or a new PIN.
    pub fn forget(&self, user: &UserId) {
        self.windows().remove(user);
    }

    fn windows(&self) -> MutexGuard<'_, Windows<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_attempts_block_a_person_for_five_minutes_after_the_last() {
        let (attempts, at) = (PinAttempts::default(), Timestamp::from_millis);
        let (ann, bob) = (UserId::new("ann"), UserId::new("bob"));
        for n in 0..5 {
            attempts.count(&ann, at(n * 60_000)).unwrap();
        }
        let blocked = attempts.count(&ann, at(241_000)).unwrap_err();
        let expected = Duration::from_secs(299);
        assert!(matches!(blocked, Error::PinBlocked { wait } if wait == expected));
        attempts.count(&bob, at(241_000)).unwrap();
        assert!(attempts.count(&ann, at(539_999)).is_err());
        attempts.count(&ann, at(540_000)).unwrap();
        for _ in 0..4 {
            attempts.count(&ann, at(540_000)).unwrap();
        }
        assert!(attempts.count(&ann, at(540_000)).is_err());
        attempts.forget(&ann);
        attempts.count(&ann, at(540_000)).unwrap();
    }
}
