//! What a method knows of its caller, and of the caller's live connection: the lease of its user and
//! its call counts.

use crate::api::http::rate_limit::RateLimit;
use crate::domain::{Actor, UserStatus};
use crate::realtime::presence::Lease;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The caller of a method.
#[derive(Clone, Copy)]
pub(in crate::api) struct Caller<'a> {
    /// The user; `None` without a login.
    pub(in crate::api) actor: Option<&'a Arc<Actor>>,
    /// The live connection of the call; `None` over REST.
    pub(in crate::api) connection: Option<&'a Connection>,
    /// The client's address.
    pub(in crate::api) address: IpAddr,
}

/// A live connection, as methods see it.
#[derive(Default)]
pub(in crate::api) struct Connection {
    pub(super) calls: RateLimit<&'static str>,
    /// The lease of the logged-in user; `None` without a login.
    lease: Mutex<Option<Lease>>,
}

impl Connection {
    /// Holds the lease of a newly logged-in user, and drops that of the previous one.
    pub(in crate::api) fn enter(&self, lease: Lease) {
        *self.lease() = Some(lease);
    }

    /// Ends the lease, because the user logged out.
    pub(in crate::api) fn leave(&self) {
        let lease = self.lease().take();
        if let Some(lease) = lease {
            lease.end();
        }
    }

    /// Renews the lease, because the client sent something.
    pub(in crate::api) fn renew(&self) {
        if let Some(lease) = &*self.lease() {
            lease.renew();
        }
    }

    /// Sets the status of this connection, online or away. Returns whether that changed it.
    pub(super) fn set(&self, status: UserStatus) -> bool {
        self.lease().as_ref().is_some_and(|lease| lease.set(status))
    }

    fn lease(&self) -> MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
