//! What methods know of the live connection that they are called by: whose lease it holds, and how often it has called. Knows no socket.

use super::limit::Calls;
use crate::domain::UserStatus;
use crate::realtime::presence::Lease;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A live connection, as methods see it.
#[derive(Default)]
pub(in crate::api) struct Connection {
    pub(super) calls: Calls<&'static str>,
    /// That its user is connected; `None`: nobody is logged in.
    lease: Mutex<Option<Lease>>,
}

impl Connection {
    /// Somebody has logged in by it, in the place of who had before.
    pub(in crate::api) fn enter(&self, lease: Lease) {
        *self.lease() = Some(lease);
    }

    /// Its user has logged out.
    pub(in crate::api) fn leave(&self) {
        let lease = self.lease().take();
        if let Some(lease) = lease {
            lease.end();
        }
    }

    /// It was heard of.
    pub(in crate::api) fn renew(&self) {
        if let Some(lease) = &*self.lease() {
            lease.renew();
        }
    }

    /// What it says of its user: online or away. Whether that is something new.
    pub(super) fn set(&self, status: UserStatus) -> bool {
        self.lease().as_ref().is_some_and(|lease| lease.set(status))
    }

    fn lease(&self) -> MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
