//! Tracks how long a client has been silent, and when to check next.

use crate::transport::limits::Limits;
use std::pin::Pin;
use tokio::time::{Instant, Sleep, sleep_until};

/// The silence of a client.
pub(super) struct Watch {
    limits: Limits,
    heard: Instant,
    asked: bool,
    /// Since when the connection is anonymous; `None` while a user is logged in.
    anonymous: Option<Instant>,
    next: Pin<Box<Sleep>>,
}

/// The result of a check.
pub(super) enum Look {
    /// The client sent something, or was pinged and may still answer.
    Heard,
    /// The client must be pinged.
    Ask,
    /// The client has been silent for too long.
    GiveUp,
    /// The client did not log in in time.
    NotLoggedIn,
}

impl Watch {
    /// Starts the timers.
    pub(super) fn new(limits: Limits) -> Self {
        let heard = Instant::now();
        Self {
            limits,
            heard,
            asked: false,
            anonymous: Some(heard),
            next: Box::pin(sleep_until(heard + limits.ping.min(limits.login))),
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
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        self.asked = false;
    }

    /// Waits until the next check.
    pub(super) async fn sleep(&mut self) {
        self.next.as_mut().await;
    }

    /// Checks how long the client has been silent, and schedules the next check. A check that is
    /// very late means that this process did not run and read nothing, so the client is pinged
    /// first.
    pub(super) fn look(&mut self) -> Look {
        let now = Instant::now();
        let Limits {
            ping,
            silence,
            login,
            ..
        } = self.limits;
        let was_paused = now.duration_since(self.next.deadline()) >= ping;
        if was_paused {
            self.asked = false;
            self.heard = now.checked_sub(ping).unwrap_or(now);
        }
        let silent = now.duration_since(self.heard);
        let is_late = self.anonymous.is_some_and(|since| now >= since + login);
        let (look, after) = if is_late && !was_paused {
            (Look::NotLoggedIn, silence)
        } else if silent >= silence {
            (Look::GiveUp, silence)
        } else if silent >= ping && !self.asked {
            self.asked = true;
            (Look::Ask, silence)
        } else if self.asked {
            (Look::Heard, silence)
        } else {
            (Look::Heard, ping)
        };
        let login = self.anonymous.map(|since| since + login);
        let next = self.heard + after;
        let next = login
            .filter(|login| *login > now)
            .map_or(next, |login| login.min(next));
        self.next.as_mut().reset(next);
        look
    }
}
