//! How many people each user watches by all of their live connections together. Knows no connection.

use crate::domain::UserId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// People that a user may watch by all connections together.
pub(super) const MOST_WATCHED_BY_USER: usize = 20_000;

/// How many people each user watches.
#[derive(Default)]
pub(in crate::api) struct Watching(Mutex<HashMap<UserId, usize>>);

/// What one connection adds to its user's number; taken back when it is dropped.
pub(super) struct Watched {
    watching: Arc<Watching>,
    user: UserId,
    count: usize,
}

impl Watching {
    /// A connection of `user` that watches nobody yet.
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
    /// Counts one more. `false`: the user watches as many as they may.
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

    /// Counts `number` less.
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
    fn a_user_watches_20000_people_by_all_connections_together() {
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
