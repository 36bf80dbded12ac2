//! The presence table: users, the deadlines of their leases, and whose presence changed. Does not
//! lock.

use super::person::{Held, Person};
use crate::domain::{PresencePolicy, UserId, UserStatus};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// The lifetime of a lease after the last frame: twice the time after which a silent socket is
/// closed, which ends its lease too.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// How long, at least, a presence change is remembered.
pub(super) const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// A user whose presence changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The user.
    pub user: UserId,
    /// How often it changed since the last report. With more than one change the presence may be
    /// the same as before, although a reader may have seen another one in between.
    pub times: u32,
}

#[derive(Default)]
pub(super) struct Table {
    pub(super) people: HashMap<UserId, Person>,
    /// When to check each user. A deadline may have been postponed since; then there is nothing to
    /// do.
    pub(super) due: BinaryHeap<Reverse<(Instant, UserId)>>,
    /// Users whose presence changed since the last report.
    pub(super) changed: HashMap<UserId, Waiting>,
    /// The same users by queue position, in the order of reporting.
    queue: BTreeMap<u64, UserId>,
    next_position: u64,
    /// The time of each recent presence change, reported or not.
    recent: HashMap<UserId, Instant>,
    /// How many changes there have been.
    version: u64,
    pub(super) leases: usize,
    pub(super) next: u64,
}

/// A user waiting to be reported as changed.
pub(super) struct Waiting {
    position: u64,
    /// How often their presence changed.
    times: u32,
}

impl Table {
    /// Adds a connection with `status`, or one that was forgotten before.
    pub(super) fn add(&mut self, user: &UserId, id: u64, status: UserStatus) {
        let now = Instant::now();
        self.sweep(now);
        let ends = now + LEASE;
        let person = self.people.entry(user.clone()).or_default();
        person.leases.push(Held { id, status, ends });
        person.leaving = None;
        self.leases += 1;
        self.schedule(user, ends);
        self.note(user, now);
    }

    /// Renews a lease and sets its status, if given. Returns whether anything changed; an expired
    /// lease is added again.
    pub(super) fn update(&mut self, user: &UserId, id: u64, status: Option<UserStatus>) -> bool {
        let now = Instant::now();
        self.sweep(now);
        let person = self.people.get_mut(user);
        let held = person.and_then(|p| p.leases.iter_mut().find(|held| held.id == id));
        let Some(held) = held else {
            self.add(user, id, status.unwrap_or(UserStatus::Online));
            return true;
        };
        held.ends = now + LEASE;
        let Some(status) = status.filter(|status| *status != held.status) else {
            return false;
        };
        held.status = status;
        self.note(user, now);
        true
    }

    /// Removes a lease. With a grace period, the last presence stays until it is over.
    pub(super) fn remove(&mut self, user: &UserId, id: u64, grace: Duration) {
        let now = Instant::now();
        self.sweep(now);
        let Some(person) = self.people.get_mut(user) else {
            return;
        };
        let before = person.by_connection(now);
        let Some(index) = person.leases.iter().position(|held| held.id == id) else {
            return;
        };
        person.leases.swap_remove(index);
        self.leases -= 1;
        if person.leases.is_empty() {
            person.leaving = Some((before, now + grace));
            self.schedule(user, now + grace);
        }
        self.note(user, now);
    }

    /// Returns the presence of `user` at `now` under `policy`.
    pub(super) fn status(&self, user: &UserId, policy: PresencePolicy, now: Instant) -> UserStatus {
        match (policy, self.people.get(user)) {
            (PresencePolicy::Always, _) => UserStatus::Online,
            (_, None) => UserStatus::Offline,
            (PresencePolicy::Connection, Some(person)) => person.by_connection(now),
            (PresencePolicy::Heartbeat, Some(person)) => person.by_heartbeat(now),
        }
    }

    /// Returns how many changes there have been until `now`.
    pub(super) fn sweep_version(&mut self, now: Instant) -> u64 {
        self.sweep(now);
        self.version
    }

    /// Returns how long ago the connections of `user` changed the presence. `None` if that is not
    /// remembered.
    pub(super) fn age(&self, user: &UserId, now: Instant) -> Option<Duration> {
        let held = self.people.get(user).and_then(|person| person.changed);
        let at = held.or_else(|| self.recent.get(user).copied())?;
        Some(now.duration_since(at))
    }

    /// Lists the users whose presence changed within `span` before `now`.
    pub(super) fn changed_within(&self, span: Duration, now: Instant) -> Vec<UserId> {
        let is_recent = |at: &Instant| now.duration_since(*at) <= span;
        let recent = self.recent.iter().filter(|(_, at)| is_recent(at));
        recent.map(|(user, _)| user.clone()).collect()
    }

    /// Records a heartbeat that is valid until `ends`.
    pub(super) fn beat(&mut self, user: &UserId, ends: Instant) {
        let now = Instant::now();
        self.sweep(now);
        let person = self.people.entry(user.clone()).or_default();
        if person.heartbeat.replace(ends).is_none() {
            self.schedule(user, ends);
        }
        self.note(user, now);
    }

    /// Forgets all users.
    pub(super) fn forget(&mut self) {
        for (user, person) in std::mem::take(&mut self.people) {
            if person.noted != Person::default().noted {
                self.mark(user);
            }
        }
        self.due.clear();
        self.leases = 0;
    }

    /// Removes what has expired at `now` and returns the next deadline. Runs before every change,
    /// because a reader may have seen the expiry.
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
            self.note(&user, now);
            match next {
                Some(next) => self.schedule(&user, next),
                None => drop(self.people.remove(&user)),
            }
        }
    }

    /// Takes up to `most` changed users. Those who wait longest come first, so that a burst delays
    /// no user beyond its own duration.
    pub(super) fn take_changed(&mut self, most: usize) -> Vec<Changed> {
        let mut some = Vec::new();
        while some.len() < most
            && let Some((_, user)) = self.queue.pop_first()
        {
            let times = self
                .changed
                .remove(&user)
                .map_or(0, |waiting| waiting.times);
            some.push(Changed { user, times });
        }
        // Release memory after a connection storm.
        if self.changed.is_empty() {
            self.changed.shrink_to(64);
            self.due.shrink_to(2 * self.due.len() + 64);
            self.people.shrink_to(2 * self.people.len() + 64);
        }
        some
    }

    /// Takes one user out of the queue and returns how often their presence changed.
    pub(super) fn take_one(&mut self, user: &UserId) -> u32 {
        let Some(waiting) = self.changed.remove(user) else {
            return 0;
        };
        self.queue.remove(&waiting.position);
        waiting.times
    }

    /// Schedules a check of `user` at `deadline`.
    fn schedule(&mut self, user: &UserId, deadline: Instant) {
        self.due.push(Reverse((deadline, user.clone())));
    }

    /// Records the presence of `user` at `now` and marks the user if it changed.
    fn note(&mut self, user: &UserId, now: Instant) {
        if let Some(person) = self.people.get_mut(user)
            && person.note(now)
        {
            self.mark(user.clone());
        }
    }

    fn mark(&mut self, user: UserId) {
        let now = Instant::now();
        self.version += 1;
        // Drop old entries whenever the map is about to grow.
        if self.recent.len() == self.recent.capacity() {
            self.recent
                .retain(|_, at| now.duration_since(*at) < REMEMBERED);
            self.recent.shrink_to(2 * self.recent.len());
        }
        self.recent.insert(user.clone(), now);
        let (queue, next_position) = (&mut self.queue, &mut self.next_position);
        let waiting = self.changed.entry(user.clone()).or_insert_with(|| {
            let position = *next_position;
            *next_position += 1;
            queue.insert(position, user);
            Waiting { position, times: 0 }
        });
        waiting.times = waiting.times.saturating_add(1);
    }
}
