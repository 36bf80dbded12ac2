//! The actors seen lately, so that a request with a known token asks no database. Correct by construction: everything in here was
//! read under one access version of the store, and is worth nothing under another.

use crate::domain::Actor;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Actors at most; one more empties the cache, which costs each of them one look into the database.
const CAPACITY: usize = 10_000;

/// A token's SHA-256: what is remembered instead of the token, and compared without telling by its timing how much was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of `token`.
    #[must_use]
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// Actors by the token they came with.
#[derive(Default)]
pub struct Sessions(RwLock<Seen>);

#[derive(Default)]
struct Seen {
    version: u64,
    actors: HashMap<Fingerprint, Arc<Actor>>,
}

impl Sessions {
    /// The actor behind a token, if it was remembered under this access `version`.
    pub fn find(&self, version: u64, token: &Fingerprint) -> Option<Arc<Actor>> {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if seen.version == version {
            seen.actors.get(token).cloned()
        } else {
            None
        }
    }

    /// Remembers an actor that was read from the store after its access version had been `version`.
    pub fn remember(&self, version: u64, token: Fingerprint, actor: Arc<Actor>) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.version < version || seen.actors.len() >= CAPACITY {
            seen.actors.clear();
            seen.version = seen.version.max(version);
        }
        if seen.version == version {
            seen.actors.insert(token, actor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Grants, Login, LoginId, LoginKind, Profile, Timestamp, User, UserId, Username,
    };

    fn actor() -> Arc<Actor> {
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
                id: LoginId::new("l"),
                user: id,
                kind: LoginKind::Password,
                created_at: at,
                expires_at: None,
            },
            grants: Grants::default(),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_never_found_after_it() {
        let (sessions, token) = (Sessions::default(), Fingerprint::of(b"token"));
        sessions.remember(1, token, actor());
        assert!(sessions.find(1, &token).is_some());
        assert!(sessions.find(2, &token).is_none());
        sessions.remember(2, Fingerprint::of(b"other"), actor());
        sessions.remember(1, token, actor()); // A slow reader, overtaken by the change.
        assert!(sessions.find(2, &token).is_none() && sessions.find(1, &token).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let sessions = Sessions::default();
        for n in 0..=CAPACITY {
            sessions.remember(0, Fingerprint::of(&n.to_be_bytes()), actor());
        }
        assert!(sessions.0.read().unwrap().actors.len() <= CAPACITY);
        assert!(
            sessions
                .find(0, &Fingerprint::of(&CAPACITY.to_be_bytes()))
                .is_some(),
            "the newest is in"
        );
    }
}
