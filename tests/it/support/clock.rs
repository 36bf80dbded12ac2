//! A clock that only tests move.

use doorsign::app::Clock;
use doorsign::domain::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// A clock that stands still until a test moves it.
pub struct ManualClock {
    millis: AtomicI64,
    moved: watch::Sender<()>,
}

impl ManualClock {
    /// 2026-01-01T00:00:00Z.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            millis: AtomicI64::new(1_767_225_600_000),
            moved: watch::Sender::new(()),
        })
    }

    pub fn advance(&self, span: Duration) {
        self.set(self.now().after(span));
    }

    /// Sets the clock to `now`, in any direction.
    pub fn set(&self, now: Timestamp) {
        self.millis.store(now.as_millis(), Ordering::SeqCst);
        self.moved.send_replace(());
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn set_by_hand(&self) -> Option<watch::Receiver<()>> {
        Some(self.moved.subscribe())
    }
}
