//! What everybody may know about the newest commit without asking SQLite. Knows nothing of who looks.

use super::job::Touches;
use crate::domain::EventId;
use crate::store::Part;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// Every mark there is: what to raise when anything may have changed.
pub(super) const EVERYTHING: &[Touches] = &[
    Touches::Part(Part::Access),
    Touches::Part(Part::CustomStatuses),
    Touches::Deadlines,
    Touches::Hooks,
    Touches::Audit,
];

/// The marks of [`Store`](crate::store::Store). Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Marks {
    newest: watch::Sender<EventId>,
    access: Arc<AtomicU64>,
    custom_statuses: Arc<AtomicU64>,
    deadlines: watch::Sender<()>,
    hooks: watch::Sender<()>,
    audited: watch::Sender<()>,
}

impl Marks {
    pub(super) fn new(newest: EventId) -> Self {
        Self {
            newest: watch::Sender::new(newest),
            access: Arc::default(),
            custom_statuses: Arc::default(),
            deadlines: watch::Sender::new(()),
            hooks: watch::Sender::new(()),
            audited: watch::Sender::new(()),
        }
    }

    /// Announces a durable commit: `newest` is the newest event now, and `touched` is what has changed. The versions rise
    /// before the mark, so that whoever sees an event finds no copy that is older than it.
    pub(super) fn raise<'a>(&self, newest: EventId, touched: impl Iterator<Item = &'a Touches>) {
        for touched in touched {
            match touched {
                Touches::Part(part) => {
                    self.counter(*part).fetch_add(1, Ordering::SeqCst);
                }
                Touches::Deadlines => {
                    self.deadlines.send_replace(());
                }
                Touches::Hooks => {
                    self.hooks.send_replace(());
                }
                Touches::Audit => {
                    self.audited.send_replace(());
                }
            }
        }
        self.newest
            .send_if_modified(|mark| std::mem::replace(mark, newest.max(*mark)) < newest);
    }

    /// The newest event that is announced.
    pub(super) fn newest(&self) -> EventId {
        *self.newest.borrow()
    }

    pub(super) fn committed(&self) -> watch::Receiver<EventId> {
        self.newest.subscribe()
    }

    pub(super) fn deadlines(&self) -> watch::Receiver<()> {
        self.deadlines.subscribe()
    }

    pub(super) fn hooks(&self) -> watch::Receiver<()> {
        self.hooks.subscribe()
    }

    pub(super) fn audited(&self) -> watch::Receiver<()> {
        self.audited.subscribe()
    }

    pub(super) fn version(&self, part: Part) -> u64 {
        self.counter(part).load(Ordering::SeqCst)
    }

    fn counter(&self, part: Part) -> &AtomicU64 {
        match part {
            Part::Access => &self.access,
            Part::CustomStatuses => &self.custom_statuses,
        }
    }
}
