//! How long a client has been silent, and when that is to be looked at. Knows nothing of what it says.

use crate::limits::Limits;
use std::pin::Pin;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the client has said nothing.
pub(super) struct Watch {
    limits: Limits,
    heard: Instant,
    asked: bool,
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
}

impl Watch {
    /// Begins now.
    pub(super) fn new(limits: Limits) -> Self {
        let heard = Instant::now();
        Self {
            limits,
            heard,
            asked: false,
            next: Box::pin(sleep_until(heard + limits.ping)),
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

    /// Looks how long it has been silent, and says when to look next.
    pub(super) fn look(&mut self) -> Look {
        let silent = self.heard.elapsed();
        let (look, after) = if silent >= self.limits.silence {
            (Look::GiveUp, self.limits.silence)
        } else if silent >= self.limits.ping && !self.asked {
            self.asked = true;
            (Look::Ask, self.limits.silence)
        } else if self.asked {
            (Look::Heard, self.limits.silence)
        } else {
            (Look::Heard, self.limits.ping)
        };
        self.next.as_mut().reset(self.heard + after);
        look
    }
}
