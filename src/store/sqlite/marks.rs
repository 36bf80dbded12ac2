//! What everybody may know about the newest commit without asking SQLite. Knows nothing of who looks.

use crate::domain::EventId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// The marks of [`Store::committed`](crate::store::Store::committed) and
/// [`Store::access_version`](crate::store::Store::access_version). Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Marks {
    newest: watch::Sender<EventId>,
    access: Arc<AtomicU64>,
}

impl Marks {
    pub(super) fn new(newest: EventId) -> Self {
        Self {
            newest: watch::Sender::new(newest),
            access: Arc::default(),
        }
    }

    /// Tells that a commit is durable: `newest` is the newest event now, `access` whether who may do what has changed.
    pub(super) fn raise(&self, newest: EventId, access: bool) {
        if access {
            self.access.fetch_add(1, Ordering::SeqCst);
        }
        self.newest
            .send_if_modified(|mark| std::mem::replace(mark, newest.max(*mark)) < newest);
    }

    pub(super) fn committed(&self) -> watch::Receiver<EventId> {
        self.newest.subscribe()
    }

    pub(super) fn access_version(&self) -> u64 {
        self.access.load(Ordering::SeqCst)
    }
}
