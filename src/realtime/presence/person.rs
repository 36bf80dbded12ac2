//! One who is connected: what each of their connections says, and until when that counts. Knows nobody else.

use crate::domain::UserStatus;
use tokio::time::Instant;

/// Somebody who is connected, or was a moment ago.
#[derive(Default)]
pub(super) struct Person {
    pub(super) leases: Vec<Held>,
    /// What the last lease said, and until when that still counts.
    pub(super) leaving: Option<(UserStatus, Instant)>,
    /// Until when the last heartbeat counts.
    pub(super) heartbeat: Option<Instant>,
    /// What was noted last that their connections and their heartbeats say; `None`: offline.
    pub(super) noted: Option<(UserStatus, UserStatus)>,
}

/// One connection.
pub(super) struct Held {
    pub(super) id: u64,
    pub(super) status: UserStatus,
    pub(super) ends: Instant,
}

impl Person {
    /// Online if any connection is; away if there is one; what the last one said while its grace lasts.
    pub(super) fn by_connection(&self, now: Instant) -> UserStatus {
        let live = self.leases.iter().filter(|held| now < held.ends);
        let said = live.map(|held| held.status).min_by_key(|said| match said {
            UserStatus::Online => 0,
            _ => 1,
        });
        let leaving = self.leaving.filter(|(_, until)| now < *until);
        said.or(leaving.map(|(status, _)| status))
            .unwrap_or(UserStatus::Offline)
    }

    /// Online while the last heartbeat counts.
    pub(super) fn by_heartbeat(&self, now: Instant) -> UserStatus {
        if self.heartbeat.is_some_and(|until| now < until) {
            UserStatus::Online
        } else {
            UserStatus::Offline
        }
    }

    /// Notes what is said at `now`, and answers whether that is something else than before.
    pub(super) fn note(&mut self, now: Instant) -> bool {
        let said = (self.by_connection(now), self.by_heartbeat(now));
        let said = Some(said).filter(|said| *said != (UserStatus::Offline, UserStatus::Offline));
        std::mem::replace(&mut self.noted, said) != said
    }

    /// Removes what is over at `now`, and answers when the next of the rest is; `None`: nothing is left.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
        self.leases.retain(|held| now < held.ends);
        self.leaving = self.leaving.filter(|(_, until)| now < *until);
        self.heartbeat = self.heartbeat.filter(|until| now < *until);
        let leases = self.leases.iter().map(|held| held.ends);
        let leaving = self.leaving.map(|(_, until)| until);
        leases.chain(leaving).chain(self.heartbeat).min()
    }
}
