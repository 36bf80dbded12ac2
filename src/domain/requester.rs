//! The actor of a request with the client's address.

use super::{Actor, Attribution, By, Origin, Timestamp};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

/// An authenticated actor and the client's address. Can be used wherever an [`Actor`] is expected.
#[derive(Debug, Clone)]
pub struct Requester {
    actor: Arc<Actor>,
    address: IpAddr,
}

impl Requester {
    /// Creates a requester for `actor` at `address`.
    #[must_use]
    pub const fn new(actor: Arc<Actor>, address: IpAddr) -> Self {
        Self { actor, address }
    }

    /// Returns the actor.
    #[must_use]
    pub const fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }

    /// Returns the client's address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the actor as the author of a change at `at`.
    #[must_use]
    pub fn by(&self, at: Timestamp) -> By {
        self.actor.user.by(at).through(Origin::Client(self.address))
    }

    /// Returns the actor as the author of a record at `at`.
    #[must_use]
    pub fn attribution(&self, at: Timestamp) -> Attribution {
        self.by(at).attribution()
    }
}

impl Deref for Requester {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}
