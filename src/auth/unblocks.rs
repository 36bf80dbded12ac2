//! Tracks which unblock requests this process has applied. Failed logins are counted in memory, but
//! the unblock command runs in another process: it writes a time to the user's row, which is read
//! here when a login is refused.

use crate::domain::{Timestamp, User, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Unblock requests since this process started. Earlier ones had nothing to lift.
pub struct Unblocks {
    since: Timestamp,
    done: Mutex<HashMap<UserId, Timestamp>>,
}

impl Unblocks {
    /// Creates the tracker for a process that starts at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            done: Mutex::default(),
        }
    }

    /// Returns `true` once per unblock of `user`; the caller then clears the failures.
    pub fn take(&self, user: &User) -> bool {
        let Some(at) = user.profile.unblocked_at else {
            return false;
        };
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let last = done.get(&user.id).copied().unwrap_or(self.since);
        if at <= last {
            return false;
        }
        done.insert(user.id.clone(), at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Profile, Username};

    fn unblocked_at(millis: Option<i64>) -> User {
        User {
            id: UserId::new("u"),
            username: Username::stored("u".to_owned()),
            name: String::new(),
            email: None,
            roles: vec![],
            active: true,
            profile: Profile {
                unblocked_at: millis.map(Timestamp::from_millis),
                ..Profile::default()
            },
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn each_unblock_since_the_start_is_taken_once() {
        let unblocks = Unblocks::new(Timestamp::from_millis(10));
        for (at, expected) in [
            (None, false),
            (Some(9), false),
            (Some(11), true),
            (Some(11), false),
            (Some(12), true),
            (Some(11), false),
        ] {
            assert_eq!(unblocks.take(&unblocked_at(at)), expected, "{at:?}");
        }
    }
}
