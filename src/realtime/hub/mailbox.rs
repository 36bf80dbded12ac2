//! The bounded queue of messages for one listener. A newer status of a user replaces an older one
//! that still waits, because a slow listener only needs the current state.

use super::{Message, News};
use crate::domain::UserId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The capacity. One message more overruns the mailbox.
pub(super) const CAPACITY: usize = 1024;

/// What interrupts a listener, ahead of all messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// There were more messages than the mailbox holds. Its content is lost; later messages are
    /// kept.
    Overrun,
    /// Logins of the listener were ended, possibly the one it uses.
    LoginsEnded,
}

pub(super) struct Mailbox {
    /// How many mailboxes are not empty, over all listeners.
    full: Arc<AtomicUsize>,
    /// The user who reads the messages. `None` without a login.
    viewer: Mutex<Option<UserId>>,
    waiting: Mutex<Waiting>,
    arrived: Notify,
    interrupted: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<Message>>,
    overrun: bool,
    logins_ended: bool,
}

impl Mailbox {
    /// Creates an empty mailbox that reports to the counter `full`.
    pub(super) fn new(full: Arc<AtomicUsize>) -> Self {
        Self {
            full,
            viewer: Mutex::default(),
            waiting: Mutex::default(),
            arrived: Notify::new(),
            interrupted: Notify::new(),
        }
    }

    /// Returns the user who reads the messages.
    pub(super) fn viewer(&self) -> MutexGuard<'_, Option<UserId>> {
        self.viewer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, message: &Arc<Message>) {
        let interrupts = self.change(|waiting| waiting.put(message));
        if interrupts {
            self.interrupted.notify_one();
        } else {
            self.arrived.notify_one();
        }
    }

    /// Clears the mailbox and interrupts the listener, as on overflow.
    pub(super) fn overrun(&self) {
        self.change(Waiting::overrun);
        self.interrupted.notify_one();
    }

    /// Waits for messages and takes all of them, in order. Takes nothing while an end of logins is
    /// unread: a listener whose login has ended receives nothing that came later.
    pub(super) async fn take(&self) -> Vec<Arc<Message>> {
        loop {
            // Taken whole, so that an idle mailbox uses no memory.
            let messages = self.change(Waiting::take);
            if !messages.is_empty() {
                return messages.into();
            }
            self.arrived.notified().await;
        }
    }

    pub(super) async fn interrupt(&self) -> Interrupt {
        loop {
            let interrupt = self.waiting().interrupt();
            if let Some(interrupt) = interrupt {
                self.arrived.notify_one(); // Messages may have been withheld.
                return interrupt;
            }
            self.interrupted.notified().await;
        }
    }

    /// Modifies the queue and updates the counter of mailboxes that are not empty.
    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.waiting();
        let was_empty = waiting.messages.is_empty();
        let changed = change(&mut waiting);
        match (was_empty, waiting.messages.is_empty()) {
            (true, false) => drop(self.full.fetch_add(1, Ordering::Relaxed)),
            (false, true) => drop(self.full.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        changed
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.change(|waiting| waiting.messages.clear());
    }
}

impl Waiting {
    /// Adds a message. Returns whether the listener is to be interrupted.
    fn put(&mut self, message: &Arc<Message>) -> bool {
        if *message.news() == News::LoginsEnded {
            self.logins_ended = true;
            return true;
        }
        if self.overrun {
            return false;
        }
        if let Some(older) = self.older_than(message) {
            self.messages.remove(older);
        }
        if self.messages.len() == CAPACITY {
            self.overrun();
            return true;
        }
        self.messages.push_back(message.clone());
        false
    }

    fn take(&mut self) -> VecDeque<Arc<Message>> {
        if self.logins_ended {
            return VecDeque::new();
        }
        std::mem::take(&mut self.messages)
    }

    fn overrun(&mut self) {
        self.messages = VecDeque::new();
        self.overrun = true;
    }

    fn interrupt(&mut self) -> Option<Interrupt> {
        if std::mem::take(&mut self.overrun) {
            return Some(Interrupt::Overrun);
        }
        std::mem::take(&mut self.logins_ended).then_some(Interrupt::LoginsEnded)
    }

    /// Returns the position of the message that `newer` replaces.
    fn older_than(&self, newer: &Message) -> Option<usize> {
        let subject = newer.subject()?;
        let is_older = |older: &Arc<Message>| {
            older.subject() == Some(subject) && older.topic() == newer.topic()
        };
        self.messages.iter().position(is_older)
    }
}
