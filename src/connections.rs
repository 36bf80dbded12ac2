//! Who is connected, in memory alone and built anew from nothing at every start: leases with deadlines. A lease ends with its connection;
//! one that is forgotten ends by its deadline, so that nobody stays online who is gone. Source: reference 6.7.
//!
//! Going offline waits a grace with jitter: a proxy that is restarted cuts everybody, and everybody is back a moment later. Whoever reads
//! brings the time, so a lease that is over counts for nobody, even before it is swept away. Time is the machine's monotonic one: a clock
//! that is set moves nobody. Knows no socket, and nothing of what is shown.

use crate::domain::{PresencePolicy, UserId, UserStatus};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a lease lasts after its connection was heard of. Twice what a silent socket is given, which ends its lease by itself.
const LEASE: Duration = Duration::from_secs(60);

/// Everybody who is connected.
pub struct Connections {
    grace: Duration,
    heartbeat: Duration,
    everybody: Mutex<Everybody>,
    changed: Notify,
}

#[derive(Default)]
struct Everybody {
    people: HashMap<UserId, Person>,
    /// When somebody is to be looked at. A person may be in it for a time that was put off: then there is nothing to do.
    due: BinaryHeap<Reverse<(Instant, UserId)>>,
    /// Whose connections changed since somebody last asked.
    changed: HashSet<UserId>,
    leases: usize,
    next: u64,
}

#[derive(Default)]
struct Person {
    leases: Vec<Held>,
    /// What the last lease said, and until when that still counts.
    leaving: Option<(UserStatus, Instant)>,
    /// Until when the last heartbeat counts.
    heartbeat: Option<Instant>,
}

struct Held {
    id: u64,
    status: UserStatus,
    ends: Instant,
}

/// That somebody is connected, until it is dropped.
pub struct Lease {
    connections: Arc<Connections>,
    user: UserId,
    id: u64,
}

impl Connections {
    /// Nobody. Who is gone is shown so after `grace` and up to half as much again, and a heartbeat counts for `heartbeat`.
    #[must_use]
    pub fn new(grace: Duration, heartbeat: Duration) -> Arc<Self> {
        Arc::new(Self {
            grace,
            heartbeat,
            everybody: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A connection of `user`, online until it says otherwise.
    #[must_use]
    pub fn open(self: &Arc<Self>, user: UserId) -> Lease {
        let mut everybody = self.everybody();
        let id = everybody.next;
        everybody.next += 1;
        everybody.add(&user, id, UserStatus::Online);
        drop(everybody);
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
        let mut everybody = self.everybody();
        let person = everybody.people.entry(user.clone()).or_default();
        if person.heartbeat.replace(ends).is_none() {
            everybody.look(user, ends);
        }
        drop(everybody);
        self.changed.notify_one();
    }

    /// What the connections of `user` say, as far as `policy` asks them: offline when there is none.
    #[must_use]
    pub fn status(&self, user: &UserId, policy: PresencePolicy) -> UserStatus {
        let now = Instant::now();
        let everybody = self.everybody();
        match (policy, everybody.people.get(user)) {
            (PresencePolicy::Always, _) => UserStatus::Online,
            (_, None) => UserStatus::Offline,
            (PresencePolicy::Connection, Some(person)) => person.by_connection(now),
            (PresencePolicy::Heartbeat, Some(person)) => person.by_heartbeat(now),
        }
    }

    /// Forgets everybody, at once. Who is still there is known again with their next frame.
    pub fn forget(&self) {
        let mut everybody = self.everybody();
        let people = std::mem::take(&mut everybody.people);
        everybody.changed.extend(people.into_keys());
        everybody.due.clear();
        everybody.leases = 0;
        drop(everybody);
        self.changed.notify_one();
    }

    /// How many connections there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.everybody().leases
    }

    /// Whose connections have changed, `most` of them at the most, once there is somebody. Each is named once, however much has changed.
    /// Sweeps what is over meanwhile. Asked by one task.
    pub async fn changed(&self, most: usize) -> Vec<UserId> {
        loop {
            let (some, next) = {
                let mut everybody = self.everybody();
                let next = everybody.sweep(Instant::now());
                (everybody.take_changed(most), next)
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

    fn everybody(&self) -> MutexGuard<'_, Everybody> {
        self.everybody
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The grace of one who leaves now: up to half as much again by chance, so that those who were cut together do not go together.
    fn jittered_grace(&self) -> Duration {
        let mut byte = [0];
        let chance = getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0);
        self.grace.mul_f64(1.0 + chance / 2.0)
    }
}

impl Everybody {
    fn add(&mut self, user: &UserId, id: u64, status: UserStatus) {
        let ends = Instant::now() + LEASE;
        let person = self.people.entry(user.clone()).or_default();
        person.leases.push(Held { id, status, ends });
        person.leaving = None;
        self.leases += 1;
        self.look(user, ends);
    }

    /// Puts off the deadline of a lease, and notes what its connection says, if it does. Whether anything is another for it: a lease whose
    /// deadline was over is taken up again.
    fn tell(&mut self, lease: &Lease, status: Option<UserStatus>) -> bool {
        let person = self.people.get_mut(&lease.user);
        let held = person.and_then(|p| p.leases.iter_mut().find(|held| held.id == lease.id));
        let Some(held) = held else {
            self.add(&lease.user, lease.id, status.unwrap_or(UserStatus::Online));
            return true;
        };
        held.ends = Instant::now() + LEASE;
        let Some(status) = status.filter(|status| *status != held.status) else {
            return false;
        };
        held.status = status;
        self.changed.insert(lease.user.clone());
        true
    }

    /// Takes a lease back. With a grace, what was said last stands until that is over.
    fn remove(&mut self, user: &UserId, id: u64, grace: Duration) {
        let now = Instant::now();
        let Some(person) = self.people.get_mut(user) else {
            return;
        };
        let before = person.by_connection(now);
        let Some(place) = person.leases.iter().position(|held| held.id == id) else {
            return;
        };
        person.leases.swap_remove(place);
        self.leases -= 1;
        if person.leases.is_empty() {
            person.leaving = Some((before, now + grace));
        }
        self.look(user, now + grace);
    }

    /// Notes that `user` has changed, and will have to be looked at when a deadline of theirs has come.
    fn look(&mut self, user: &UserId, deadline: Instant) {
        self.due.push(Reverse((deadline, user.clone())));
        self.changed.insert(user.clone());
    }

    /// Removes what is over at `now`, and answers when to come again.
    fn sweep(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let Reverse((next, _)) = self.due.peek()?;
            if *next > now {
                return Some(*next);
            }
            let Reverse((_, user)) = self.due.pop()?;
            let Some(person) = self.people.get_mut(&user) else {
                continue;
            };
            let before = person.leases.len();
            let next = person.sweep(now);
            self.leases -= before - person.leases.len();
            match next {
                Some(next) => self.look(&user, next),
                None => {
                    self.people.remove(&user);
                    self.changed.insert(user);
                }
            }
        }
    }

    fn take_changed(&mut self, most: usize) -> Vec<UserId> {
        let some: Vec<_> = self.changed.iter().take(most).cloned().collect();
        for user in &some {
            self.changed.remove(user);
        }
        // Room that a storm took is given back once it is over.
        if self.changed.is_empty() {
            self.changed.shrink_to(64);
            self.due.shrink_to(2 * self.due.len() + 64);
        }
        some
    }
}

impl Person {
    /// Online if any connection is; away if there is one; what the last one said while its grace lasts.
    fn by_connection(&self, now: Instant) -> UserStatus {
        let live = self.leases.iter().filter(|held| now < held.ends);
        let said = live.map(|held| held.status).min_by_key(|said| match said {
            UserStatus::Online => 0,
            _ => 1,
        });
        let leaving = self.leaving.filter(|(_, until)| now < *until);
        said.or(leaving.map(|(status, _)| status))
            .unwrap_or(UserStatus::Offline)
    }

    fn by_heartbeat(&self, now: Instant) -> UserStatus {
        if self.heartbeat.is_some_and(|until| now < until) {
            UserStatus::Online
        } else {
            UserStatus::Offline
        }
    }

    /// Removes what is over at `now`, and answers when the next of the rest is; `None`: nothing is left.
    fn sweep(&mut self, now: Instant) -> Option<Instant> {
        self.leases.retain(|held| now < held.ends);
        self.leaving = self.leaving.filter(|(_, until)| now < *until);
        self.heartbeat = self.heartbeat.filter(|until| now < *until);
        let leases = self.leases.iter().map(|held| held.ends);
        let leaving = self.leaving.map(|(_, until)| until);
        leases.chain(leaving).chain(self.heartbeat).min()
    }
}

impl Lease {
    /// Says what this connection is from now on, online or away. Whether that is something else than before.
    pub fn set(&self, status: UserStatus) -> bool {
        let mut everybody = self.connections.everybody();
        let is_new = everybody.tell(self, Some(status));
        drop(everybody);
        if is_new {
            self.connections.changed.notify_one();
        }
        is_new
    }

    /// That the connection was heard of. One that was forgotten meanwhile is back.
    pub fn renew(&self) {
        if self.connections.everybody().tell(self, None) {
            self.connections.changed.notify_one();
        }
    }

    /// Ends it without a grace: its user has logged out.
    pub fn end(self) {
        self.close(Duration::ZERO);
    }

    fn close(&self, grace: Duration) {
        let mut everybody = self.connections.everybody();
        everybody.remove(&self.user, self.id, grace);
        drop(everybody);
        self.connections.changed.notify_one();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.close(self.connections.jittered_grace());
    }
}
