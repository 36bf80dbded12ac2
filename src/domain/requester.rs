//! An actor together with the address that the request came from: what a use case needs to change something.

use super::{Actor, Attribution, By, Origin, Timestamp};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

/// An authenticated actor and the client's address. Use it wherever an [`Actor`] is enough.
#[derive(Debug, Clone)]
pub struct Requester {
    actor: Arc<Actor>,
    address: IpAddr,
}

impl Requester {
    /// `actor`, who sends requests from `address`.
    #[must_use]
    pub const fn new(actor: Arc<Actor>, address: IpAddr) -> Self {
        Self { actor, address }
    }

    /// The actor alone.
    #[must_use]
    pub const fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }

    /// Where the request comes from.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The actor as the author of a change at `at`.
    #[must_use]
    pub fn by(&self, at: Timestamp) -> By {
        self.actor.user.by(at).through(Origin::Client(self.address))
    }

    /// The actor as the author of a record at `at`.
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
