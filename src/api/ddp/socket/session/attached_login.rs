//! The login of a live connection.

use crate::domain::{Timestamp, User, UserId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The login of a connection.
pub(super) struct Login {
    pub(super) user: UserId,
    pub(super) token: Arc<str>,
    pub(super) ends: Option<Timestamp>,
    /// Whether it is a password login, which is restricted while the password must be changed.
    pub(super) is_by_password: bool,
    /// Whether the user must change the password before anything else. Updated with the user's
    /// record.
    pub(super) is_restricted: AtomicBool,
}

impl Login {
    /// Returns whether the connection receives no more than an anonymous one.
    pub(super) fn is_restricted(&self) -> bool {
        self.is_restricted.load(Ordering::Relaxed)
    }

    /// Updates the restriction from the user's current record.
    pub(super) fn follow(&self, user: &User) {
        let restricted = self.is_by_password && user.profile.require_password_change;
        self.is_restricted.store(restricted, Ordering::Relaxed);
    }
}
