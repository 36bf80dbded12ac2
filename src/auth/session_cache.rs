//! Recently used sessions, so that a request with a known token needs no database query.

use super::versioned::Versioned;
use crate::domain::{Actor, LoginId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Maximum number of cached sessions. One more clears the cache, which costs each of them one
/// database query.
const CAPACITY: usize = 10_000;

/// The SHA-256 of a token. Stored instead of the token; comparing it leaks no timing information
/// about the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes the fingerprint of `token`.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// Actors by token, with the time of their last use.
#[derive(Default)]
pub struct Sessions {
    cached: RwLock<Versioned<HashMap<Fingerprint, Entry>>>,
    /// Last uses of sessions that were evicted from the cache.
    unsaved: Mutex<HashMap<LoginId, Timestamp>>,
}

struct Entry {
    actor: Arc<Actor>,
    /// Milliseconds since the Unix epoch; [`UNUSED`] if not used since the last
    /// [`Sessions::take_used`].
    used: AtomicI64,
}

const UNUSED: i64 = i64::MIN;

impl Entry {
    fn take_used(&self) -> Option<(LoginId, Timestamp)> {
        let used = self.used.swap(UNUSED, Ordering::Relaxed);
        (used != UNUSED).then(|| (self.actor.login.id.clone(), Timestamp::from_millis(used)))
    }
}

impl Sessions {
    /// Returns the cached actor of a token if it was read under this access `version`. Counts as a
    /// use at `now`.
    pub fn find(&self, version: u64, token: &Fingerprint, now: Timestamp) -> Option<Arc<Actor>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let entry = cached.at(version)?.get(token)?;
        entry.used.store(now.as_millis(), Ordering::Relaxed);
        Some(entry.actor.clone())
    }

    /// Caches an actor that was read after the store's access version was `version`. Counts as a
    /// use at `now`.
    pub fn remember(&self, version: u64, token: Fingerprint, actor: Arc<Actor>, now: Timestamp) {
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        let put_aside = |actors: HashMap<_, Entry>| self.put_aside(actors.values());
        let Some(actors) = cached.at_least(version, put_aside) else {
            return;
        };
        if actors.len() >= CAPACITY {
            self.put_aside(actors.values());
            actors.clear();
        }
        let used = AtomicI64::new(now.as_millis());
        actors.insert(token, Entry { actor, used });
    }

    /// Returns the last use of each login that was used since the last call. Not exact: a use
    /// during the call may be reported by the next one, and uses beyond the cache's capacity are
    /// dropped.
    pub fn take_used(&self) -> Vec<(LoginId, Timestamp)> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        self.put_aside(cached.newest().values());
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *unsaved).into_iter().collect()
    }

    fn put_aside<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        for (login, used) in entries.filter_map(Entry::take_used) {
            if unsaved.len() < 2 * CAPACITY || unsaved.contains_key(&login) {
                unsaved.insert(login, used);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Grants, Login, LoginKind, Profile, User, UserId, Username};

    fn actor() -> Arc<Actor> {
        actor_by("l")
    }

    /// An actor by the login with this id.
    fn actor_by(login: &str) -> Arc<Actor> {
        let (id, at) = (UserId::new("u"), Timestamp::from_millis(0));
        Arc::new(Actor {
            user: User {
                id: id.clone(),
                username: Username::stored("u".to_owned()),
                name: String::new(),
                email: None,
                roles: vec![],
                active: true,
                profile: Profile::default(),
                created_at: at,
                updated_at: at,
            },
            login: Login {
                id: LoginId::new(login),
                user: id,
                kind: LoginKind::Password,
                created_at: at,
                expires_at: None,
            },
            grants: Grants::default(),
        })
    }

    const NOW: Timestamp = Timestamp::from_millis(7);

    #[test]
    fn memory_is_bounded_and_no_last_use_is_lost() {
        let (sessions, token) = (Sessions::default(), |n: usize| {
            Fingerprint::of(&n.to_be_bytes())
        });
        for n in 0..=CAPACITY {
            sessions.remember(0, token(n), actor_by(&n.to_string()), NOW);
            if n == CAPACITY - 1 {
                assert!(
                    sessions.find(0, &token(0), NOW).is_some(),
                    "the oldest is cached"
                );
            }
        }
        assert!(sessions.cached.read().unwrap().newest().len() <= CAPACITY);
        let newest = sessions.find(0, &token(CAPACITY), NOW);
        assert!(newest.is_some(), "the newest is cached");
        assert_eq!(sessions.take_used().len(), CAPACITY + 1);
    }

    #[test]
    fn the_last_use_survives_eviction_and_is_taken_once() {
        let (sessions, token) = (Sessions::default(), Fingerprint::of(b"token"));
        sessions.remember(1, token, actor(), NOW);
        let later = Timestamp::from_millis(9);
        sessions.find(1, &token, later);
        let other = Fingerprint::of(b"other");
        sessions.remember(2, other, actor_by("m"), NOW);
        let mut used = sessions.take_used();
        used.sort_by_key(|(_, at)| at.as_millis());
        let expected = [(LoginId::new("m"), NOW), (LoginId::new("l"), later)];
        assert_eq!(used, expected);
        assert_eq!(sessions.take_used(), []);
        sessions.find(2, &other, later);
        assert_eq!(sessions.take_used(), [(LoginId::new("m"), later)]);
    }
}
