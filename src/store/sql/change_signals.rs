//! Signals about the newest commit, which readers can check without querying SQLite.

use super::Signal;
use crate::domain::EventId;
use crate::store::ChangeKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// Every signal. Raised when anything may have changed.
pub const EVERYTHING: &[Signal] = &[
    Signal::ChangeKind(ChangeKind::Access),
    Signal::ChangeKind(ChangeKind::CustomStatuses),
    Signal::ChangeKind(ChangeKind::StatusVisibility),
    Signal::ChangeKind(ChangeKind::Displays),
    Signal::Deadlines,
    Signal::Hooks,
    Signal::Audit,
];

/// The signals of [`Store`](crate::store::Store). Clones share their state.
#[derive(Clone)]
pub struct ChangeSignals {
    newest: watch::Sender<EventId>,
    access: Arc<AtomicU64>,
    custom_statuses: Arc<AtomicU64>,
    status_visibility: Arc<AtomicU64>,
    displays: Arc<AtomicU64>,
    deadlines: watch::Sender<()>,
    hooks: watch::Sender<()>,
    audited: watch::Sender<()>,
}

impl ChangeSignals {
    /// Starts after the `newest` event.
    pub fn new(newest: EventId) -> Self {
        Self {
            newest: watch::Sender::new(newest),
            access: Arc::default(),
            custom_statuses: Arc::default(),
            status_visibility: Arc::default(),
            displays: Arc::default(),
            deadlines: watch::Sender::new(()),
            hooks: watch::Sender::new(()),
            audited: watch::Sender::new(()),
        }
    }

    /// Announces a durable commit with its newest event and its signals. The versions rise before
    /// the position, so that a reader that sees an event finds no older cached copy.
    pub fn raise<'a>(&self, newest: EventId, touched: impl Iterator<Item = &'a Signal>) {
        for touched in touched {
            match touched {
                Signal::ChangeKind(part) => {
                    self.counter(*part).fetch_add(1, Ordering::SeqCst);
                }
                Signal::Deadlines => {
                    self.deadlines.send_replace(());
                }
                Signal::Hooks => {
                    self.hooks.send_replace(());
                }
                Signal::Audit => {
                    self.audited.send_replace(());
                }
            }
        }
        self.newest
            .send_if_modified(|mark| std::mem::replace(mark, newest.max(*mark)) < newest);
    }

    /// Returns the newest announced event.
    pub fn newest(&self) -> EventId {
        *self.newest.borrow()
    }

    /// Notifies of the newest announced event.
    pub fn committed(&self) -> watch::Receiver<EventId> {
        self.newest.subscribe()
    }

    /// Notifies after commits with [`Signal::Deadlines`].
    pub fn deadlines(&self) -> watch::Receiver<()> {
        self.deadlines.subscribe()
    }

    /// Notifies after commits with [`Signal::Hooks`].
    pub fn hooks(&self) -> watch::Receiver<()> {
        self.hooks.subscribe()
    }

    /// Notifies after commits with [`Signal::Audit`].
    pub fn audited(&self) -> watch::Receiver<()> {
        self.audited.subscribe()
    }

    /// Returns the number of announced changes of `part`.
    pub fn version(&self, part: ChangeKind) -> u64 {
        self.counter(part).load(Ordering::SeqCst)
    }

    fn counter(&self, part: ChangeKind) -> &AtomicU64 {
        match part {
            ChangeKind::Access => &self.access,
            ChangeKind::CustomStatuses => &self.custom_statuses,
            ChangeKind::StatusVisibility => &self.status_visibility,
            ChangeKind::Displays => &self.displays,
        }
    }
}
