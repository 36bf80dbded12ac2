//! Everybody who is connected, as it is kept: people, the deadlines of what they are by, and whose connections have changed. Knows no lock
//! and nobody who waits.

use super::Lease;
use super::person::{Held, Person};
use crate::domain::{UserId, UserStatus};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// How long a lease lasts after its connection was heard of. Twice what a silent socket is given, which ends its lease by itself.
pub(super) const LEASE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Everybody {
    pub(super) people: HashMap<UserId, Person>,
    /// When somebody is to be looked at. A person may be in it for a time that was put off: then there is nothing to do.
    pub(super) due: BinaryHeap<Reverse<(Instant, UserId)>>,
    /// Whose connections changed since somebody last asked.
    pub(super) changed: HashSet<UserId>,
    pub(super) leases: usize,
    pub(super) next: u64,
}

impl Everybody {
    /// A connection that says `status`, or says it again after it was forgotten.
    pub(super) fn add(&mut self, user: &UserId, id: u64, status: UserStatus) {
        let ends = Instant::now() + LEASE;
        let person = self.people.entry(user.clone()).or_default();
        person.leases.push(Held { id, status, ends });
        person.leaving = None;
        self.leases += 1;
        self.look(user, ends);
    }

    /// Puts off the deadline of a lease, and notes what its connection says, if it does. Whether anything is another for it: a lease whose
    /// deadline was over is taken up again.
    pub(super) fn tell(&mut self, lease: &Lease, status: Option<UserStatus>) -> bool {
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
    pub(super) fn remove(&mut self, user: &UserId, id: u64, grace: Duration) {
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
    pub(super) fn look(&mut self, user: &UserId, deadline: Instant) {
        self.due.push(Reverse((deadline, user.clone())));
        self.changed.insert(user.clone());
    }

    /// Removes what is over at `now`, and answers when to come again.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
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

    /// Whose connections have changed since they were taken last, `most` of them at the most.
    pub(super) fn take_changed(&mut self, most: usize) -> Vec<UserId> {
        let some: Vec<_> = self.changed.iter().take(most).cloned().collect();
        for user in &some {
            self.changed.remove(user);
        }
        // Room that a storm took is given back once it is over.
        if self.changed.is_empty() {
            self.changed.shrink_to(64);
            self.due.shrink_to(2 * self.due.len() + 64);
            self.people.shrink_to(2 * self.people.len() + 64);
        }
        some
    }
}
