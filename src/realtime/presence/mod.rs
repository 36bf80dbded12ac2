//! Who is connected, in memory alone and built anew from nothing at every start: leases with deadlines. A lease ends with its connection;
//! one that is forgotten ends by its deadline, so that nobody stays online who is gone. Source: compatibility 9.7.
//!
//! Going offline waits a grace with jitter: a proxy that is restarted cuts table, and table is back a moment later. Whoever reads
//! brings the time, so a lease that is over counts for nobody, even before it is swept away. Time is the machine's monotonic one: a clock
//! that is set moves nobody. Knows no socket, and nothing of what is shown.

mod person;
mod table;

use crate::domain::{PresencePolicy, UserId, UserStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use table::Table;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Table who is connected.
pub struct PresenceRegistry {
    grace: Duration,
    heartbeat: Duration,
    table: Mutex<Table>,
    changed: Notify,
}

/// That somebody is connected, until it is dropped.
pub struct Lease {
    connections: Arc<PresenceRegistry>,
    user: UserId,
    id: u64,
}

/// That somebody's connections say something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whose.
    pub user: UserId,
    /// How often that has become so since it was last told. After more than once it may be what was said before, and yet somebody may have
    /// seen otherwise in between.
    pub times: u32,
}

impl PresenceRegistry {
    /// Nobody. Who is gone is shown so after `grace` and up to half as much again, and a heartbeat counts for `heartbeat`.
    #[must_use]
    pub fn new(grace: Duration, heartbeat: Duration) -> Arc<Self> {
        Arc::new(Self {
            grace,
            heartbeat,
            table: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A connection of `user`, online until it says otherwise.
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

    /// Takes a sign of life of `user` that comes without a connection.
    pub fn beat(&self, user: &UserId) {
        let ends = Instant::now() + self.heartbeat;
        self.table().beat(user, ends);
        self.changed.notify_one();
    }

    /// What the connections of `user` say, as far as `policy` asks them: offline when there is none.
    #[must_use]
    pub fn status(&self, user: &UserId, policy: PresencePolicy) -> UserStatus {
        self.table().status(user, policy, Instant::now())
    }

    /// As [`status`](Self::status), and how often that has changed since it was last looked at so, or named as [`changed`](Self::changed).
    #[must_use]
    pub fn look(&self, user: &UserId, policy: PresencePolicy) -> (UserStatus, u32) {
        let now = Instant::now();
        let mut table = self.table();
        table.sweep(now);
        let times = table.take_one(user);
        (table.status(user, policy, now), times)
    }

    /// Forgets table, at once. Who is still there is known again with their next frame.
    pub fn forget(&self) {
        self.table().forget();
        self.changed.notify_one();
    }

    /// Table of whom there is something to say.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        self.table().people.keys().cloned().collect()
    }

    /// Whose connections say something else than they did `span` ago, or have in between; of the last ten minutes at most.
    #[must_use]
    pub fn changed_within(&self, span: Duration) -> Vec<UserId> {
        let now = Instant::now();
        let mut table = self.table();
        table.sweep(now);
        table.changed_within(span, now)
    }

    /// How many connections there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.table().leases
    }

    /// Whose connections say something else than before, `most` of them at the most, once there is somebody. Each is named once, however
    /// often that was. Sweeps what is over meanwhile. Asked by one task.
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
            let told = self.changed.notified();
            match next {
                Some(next) => drop(tokio::time::timeout_at(next, told).await),
                None => told.await,
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The grace of one who leaves now: up to half as much again by chance, so that those who were cut together do not go together.
    fn jittered_grace(&self) -> Duration {
        let mut byte = [0];
        let chance = getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0);
        self.grace.mul_f64(1.0 + chance / 2.0)
    }
}

impl Lease {
    /// Says what this connection is from now on, online or away. Whether that is something else than before.
    pub fn set(&self, status: UserStatus) -> bool {
        let mut table = self.connections.table();
        let is_new = table.tell(self, Some(status));
        drop(table);
        if is_new {
            self.connections.changed.notify_one();
        }
        is_new
    }

    /// That the connection was heard of. One that was forgotten meanwhile is back.
    pub fn renew(&self) {
        if self.connections.table().tell(self, None) {
            self.connections.changed.notify_one();
        }
    }

    /// Ends it without a grace: its user has logged out.
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
