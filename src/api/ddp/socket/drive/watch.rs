//! How long a client has been silent, and when that is to be looked at. Knows nothing of what it says.

use crate::transport::limits::Limits;
use std::pin::Pin;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the client has said nothing.
pub(super) struct Watch {
    limits: Limits,
    heard: Instant,
    asked: bool,
    /// Since when nobody is logged in; `None`: somebody is.
    anonymous: Option<Instant>,
    next: Pin<Box<Sleep>>,
}

/// What a look at the client's silence comes to.
pub(super) enum Look {
    /// It was heard of, or has been asked and may still answer.
    Heard,
    /// It is to be asked whether it is there.
    Ask,
    /// It has been silent for too long.
    GiveUp,
    /// It has not logged in in time.
    NotLoggedIn,
}

impl Watch {
    /// Begins now.
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

    /// Takes notice of whether somebody is logged in.
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

    /// The client was heard of. Costs no timer: the next look finds out.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        self.asked = false;
    }

    /// Until the next look.
    pub(super) async fn sleep(&mut self) {
        self.next.as_mut().await;
    }

    /// Looks how long it has been silent, and says when to look next. A look that comes much too late means that this process did
    /// not run meanwhile: nothing was heard because nothing was listened to, so the client is asked first.
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
