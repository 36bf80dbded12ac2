//! Counts how many users each user watches, over all of their live connections.

use crate::domain::UserId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Maximum number of users that a user may watch over all connections.
pub(super) const MOST_WATCHED_BY_USER: usize = 20_000;

/// The number of watched users, by user.
#[derive(Default)]
pub(in crate::api) struct Watching(Mutex<HashMap<UserId, usize>>);

/// One connection's share of its user's count, which is subtracted on drop.
pub(super) struct Watched {
    watching: Arc<Watching>,
    user: UserId,
    count: usize,
}

impl Watching {
    /// Creates the share of a connection of `user`, which starts at zero.
    pub(super) fn begin(self: &Arc<Self>, user: UserId) -> Watched {
        let watching = self.clone();
        Watched {
            watching,
            user,
            count: 0,
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// Adds one. Returns `false` if the user has reached the maximum.
    pub(super) fn add(&mut self) -> bool {
        let mut counts = self.watching.counts();
        let count = counts.entry(self.user.clone()).or_default();
        let has_room = *count < MOST_WATCHED_BY_USER;
        if has_room {
            *count += 1;
            self.count += 1;
        }
        has_room
    }

    /// Subtracts `number`.
    pub(super) fn remove(&mut self, number: usize) {
        let mut counts = self.watching.counts();
        self.count -= number;
        if let Some(count) = counts.get_mut(&self.user) {
            *count -= number;
            if *count == 0 {
                counts.remove(&self.user);
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.remove(self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_may_watch_20000_users_over_all_connections() {
        let watching = Arc::new(Watching::default());
        let ann = || watching.begin(UserId::new("ann"));
        let (mut one, mut other) = (ann(), ann());
        assert!((0..15_000).all(|_| one.add()));
        assert_eq!((0..15_000).filter(|_| other.add()).count(), 5_000);
        assert!(watching.begin(UserId::new("bob")).add());
        one.remove(1);
        assert!(other.add() && !other.add());
        drop(one);
        assert!(other.add());
        drop(other);
        assert!(watching.counts().is_empty());
    }
}
