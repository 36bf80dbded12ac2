//! Presence: which users are connected, as leases with deadlines. Kept in memory only and empty
//! after a start. A lease ends with its connection; a forgotten one ends at its deadline, so that
//! no user stays online by mistake. Source: compatibility 9.7.
//!
//! Going offline waits for a grace period with jitter: when a proxy restarts, all connections drop
//! and return a moment later. Readers pass the current time, so an expired lease is ignored even
//! before it is swept. Time is monotonic: setting the clock changes no presence.

mod person;
mod table;

use crate::domain::{PresencePolicy, UserId, UserStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
pub use table::Changed;
use table::Table;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The presence of all users.
pub struct PresenceRegistry {
    grace: Duration,
    heartbeat: Duration,
    table: Mutex<Table>,
    changed: Notify,
}

/// Guard: the user counts as connected until it is dropped.
pub struct Lease {
    connections: Arc<PresenceRegistry>,
    user: UserId,
    id: u64,
}

impl PresenceRegistry {
    /// Creates an empty registry. A user goes offline after `grace` plus up to 50 %; a heartbeat is
    /// valid for `heartbeat`.
    #[must_use]
    pub fn new(grace: Duration, heartbeat: Duration) -> Arc<Self> {
        Arc::new(Self {
            grace,
            heartbeat,
            table: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Opens a connection of `user`, online until [`Lease::set`].
    #[must_use]
    pub fn open(self: &Arc<Self>, user: UserId) -> Lease {
        let mut table = self.table();
        let id = table.next;
        table.next += 1;
        table.add(&user, id, UserStatus::Online);
        drop(table);
        self.changed.notify_one();
        let connections = self.clone();
        Lease {
            connections,
            user,
            id,
        }
    }

    /// Records a heartbeat of `user`, which needs no connection.
    pub fn beat(&self, user: &UserId) {
        let ends = Instant::now() + self.heartbeat;
        self.table().beat(user, ends);
        self.changed.notify_one();
    }

    /// Returns the presence of `user` under `policy`: offline without a connection.
    #[must_use]
    pub fn status(&self, user: &UserId, policy: PresencePolicy) -> UserStatus {
        self.table().status(user, policy, Instant::now())
    }

    /// Like [`status`](Self::status), and returns how long ago the connections of `user` changed.
    /// `None` if that is not remembered.
    #[must_use]
    pub fn status_and_age(
        &self,
        user: &UserId,
        policy: PresencePolicy,
    ) -> (UserStatus, Option<Duration>) {
        let now = Instant::now();
        let mut table = self.table();
        table.sweep(now);
        (table.status(user, policy, now), table.age(user, now))
    }

    /// Returns a number that rises with every change of a user's presence.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.table().sweep_version(Instant::now())
    }

    /// Like [`status`](Self::status), and returns how often that changed since the last call of
    /// this or the last report by [`changed`](Self::changed).
    #[must_use]
    pub fn status_and_changes(&self, user: &UserId, policy: PresencePolicy) -> (UserStatus, u32) {
        let now = Instant::now();
        let mut table = self.table();
        table.sweep(now);
        let times = table.take_one(user);
        (table.status(user, policy, now), times)
    }

    /// Drops all leases at once. A connected user is known again after their next frame.
    pub fn forget(&self) {
        self.table().forget();
        self.changed.notify_one();
    }

    /// Lists the users with a lease, a heartbeat or a grace period.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        self.table().people.keys().cloned().collect()
    }

    /// Lists the users whose presence changed within `span`, up to the last ten minutes.
    #[must_use]
    pub fn changed_within(&self, span: Duration) -> Vec<UserId> {
        let now = Instant::now();
        let mut table = self.table();
        table.sweep(now);
        table.changed_within(span, now)
    }

    /// Returns the number of connections.
    #[must_use]
    pub fn count(&self) -> usize {
        self.table().leases
    }

    /// Waits for users whose presence changed and returns up to `most` of them, each once. Sweeps
    /// expired leases meanwhile. Call it from one task only.
    pub async fn changed(&self, most: usize) -> Vec<Changed> {
        loop {
            let (some, next) = {
                let mut table = self.table();
                let next = table.sweep(Instant::now());
                (table.take_changed(most), next)
            };
            if !some.is_empty() {
                return some;
            }
            let notified = self.changed.notified();
            match next {
                Some(next) => drop(tokio::time::timeout_at(next, notified).await),
                None => notified.await,
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the grace period for a user who leaves now, plus a random 0–50 %, so that users who
    /// were cut together do not go offline together.
    fn jittered_grace(&self) -> Duration {
        let mut byte = [0];
        let chance = getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0);
        self.grace.mul_f64(1.0 + chance / 2.0)
    }
}

impl Lease {
    /// Sets the status of this connection, online or away. Returns whether it changed.
    pub fn set(&self, status: UserStatus) -> bool {
        let mut table = self.connections.table();
        let is_new = table.update(&self.user, self.id, Some(status));
        drop(table);
        if is_new {
            self.connections.changed.notify_one();
        }
        is_new
    }

    /// Renews the lease. A forgotten lease is registered again.
    pub fn renew(&self) {
        if self.connections.table().update(&self.user, self.id, None) {
            self.connections.changed.notify_one();
        }
    }

    /// Ends the lease without a grace period, on logout.
    pub fn end(self) {
        self.close(Duration::ZERO);
    }

    fn close(&self, grace: Duration) {
        let mut table = self.connections.table();
        table.remove(&self.user, self.id, grace);
        drop(table);
        self.connections.changed.notify_one();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.close(self.connections.jittered_grace());
    }
}

#[cfg(test)]
mod tests;
