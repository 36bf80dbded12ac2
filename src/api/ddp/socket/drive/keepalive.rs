//! Tracks how long a client has been silent, and when to check it next.

use crate::transport::limits::Limits;
use std::pin::Pin;
use tokio::time::{Instant, Sleep, sleep_until};

/// The silence of a client.
pub(super) struct KeepAlive {
    limits: Limits,
    received: Instant,
    pinged: bool,
    /// Since when the connection is anonymous; `None` while a user is logged in.
    anonymous: Option<Instant>,
    next: Pin<Box<Sleep>>,
}

/// The result of a check.
pub(super) enum Check {
    /// The client sent something, or was pinged and may still answer.
    Alive,
    /// The client must be pinged.
    Ping,
    /// The client has been silent for too long.
    TimedOut,
    /// The client did not log in in time.
    NotLoggedIn,
}

impl KeepAlive {
    /// Starts the timers.
    pub(super) fn new(limits: Limits) -> Self {
        let received = Instant::now();
        Self {
            limits,
            received,
            pinged: false,
            anonymous: Some(received),
            next: Box::pin(sleep_until(received + limits.ping.min(limits.login))),
        }
    }

    /// Records whether a user is logged in.
    pub(super) fn logged_in(&mut self, is_logged_in: bool) {
        match (is_logged_in, self.anonymous) {
            (true, _) => self.anonymous = None,
            (false, Some(_)) => {}
            (false, None) => {
                let now = Instant::now();
                self.anonymous = Some(now);
                let next = self.next.deadline().min(now + self.limits.login);
                self.next.as_mut().reset(next);
            }
        }
    }

    /// Records that the client sent something. Does not reset a timer: the next check does.
    pub(super) fn received(&mut self) {
        self.received = Instant::now();
        self.pinged = false;
    }

    /// Waits until the next check.
    pub(super) async fn sleep(&mut self) {
        self.next.as_mut().await;
    }

    /// Checks how long the client has been silent, and schedules the next check. A check that is
    /// very late means that this process did not run and read nothing, so the client is pinged
    /// first.
    pub(super) fn check(&mut self) -> Check {
        let now = Instant::now();
        let Limits {
            ping,
            silence,
            login,
            ..
        } = self.limits;
        let was_paused = now.duration_since(self.next.deadline()) >= ping;
        if was_paused {
            self.pinged = false;
            self.received = now.checked_sub(ping).unwrap_or(now);
        }
        let silent = now.duration_since(self.received);
        let is_late = self.anonymous.is_some_and(|since| now >= since + login);
        let (result, after) = if is_late && !was_paused {
            (Check::NotLoggedIn, silence)
        } else if silent >= silence {
            (Check::TimedOut, silence)
        } else if silent >= ping && !self.pinged {
            self.pinged = true;
            (Check::Ping, silence)
        } else if self.pinged {
            (Check::Alive, silence)
        } else {
            (Check::Alive, ping)
        };
        let login = self.anonymous.map(|since| since + login);
        let next = self.received + after;
        let next = login
            .filter(|login| *login > now)
            .map_or(next, |login| login.min(next));
        self.next.as_mut().reset(next);
        result
    }
}
