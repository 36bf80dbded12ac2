//! The presence of one user: the status of each connection and its deadline.

use crate::domain::UserStatus;
use tokio::time::Instant;

/// A user who is connected, or was until recently.
#[derive(Default)]
pub(super) struct Person {
    pub(super) leases: Vec<Held>,
    /// The last presence and the end of its grace period.
    pub(super) leaving: Option<(UserStatus, Instant)>,
    /// Until when the last heartbeat is valid.
    pub(super) heartbeat: Option<Instant>,
    /// The last recorded presence, by connection and by heartbeat; `None` when offline by both.
    pub(super) noted: Option<(UserStatus, UserStatus)>,
    /// When that changed.
    pub(super) changed: Option<Instant>,
}

/// A connection.
pub(super) struct Held {
    pub(super) id: u64,
    pub(super) status: UserStatus,
    pub(super) ends: Instant,
}

impl Person {
    /// Returns online if any connection is, away if there is one, and the last presence during the
    /// grace period.
    pub(super) fn by_connection(&self, now: Instant) -> UserStatus {
        let live = self.leases.iter().filter(|held| now < held.ends);
        let status = live
            .map(|held| held.status)
            .min_by_key(|status| match status {
                UserStatus::Online => 0,
                _ => 1,
            });
        let leaving = self.leaving.filter(|(_, until)| now < *until);
        status
            .or(leaving.map(|(status, _)| status))
            .unwrap_or(UserStatus::Offline)
    }

    /// Returns online while the last heartbeat is valid.
    pub(super) fn by_heartbeat(&self, now: Instant) -> UserStatus {
        if self.heartbeat.is_some_and(|until| now < until) {
            UserStatus::Online
        } else {
            UserStatus::Offline
        }
    }

    /// Records the presence at `now` and returns whether it changed.
    pub(super) fn note(&mut self, now: Instant) -> bool {
        let status = (self.by_connection(now), self.by_heartbeat(now));
        let noted =
            Some(status).filter(|status| *status != (UserStatus::Offline, UserStatus::Offline));
        let is_new = std::mem::replace(&mut self.noted, noted) != noted;
        if is_new {
            self.changed = Some(now);
        }
        is_new
    }

    /// Removes what has expired at `now` and returns the next deadline; `None` if nothing is left.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
        self.leases.retain(|held| now < held.ends);
        self.leaving = self.leaving.filter(|(_, until)| now < *until);
        self.heartbeat = self.heartbeat.filter(|until| now < *until);
        let leases = self.leases.iter().map(|held| held.ends);
        let leaving = self.leaving.map(|(_, until)| until);
        leases.chain(leaving).chain(self.heartbeat).min()
    }
}
