//! What waits for one listener, bounded. While it waits, what is newer about somebody takes the place of what is older: a listener who
//! comes late wants to know how things are. Knows no topic and no listener.

use super::{Message, News};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Messages that may wait. One more, and the listener has been too slow.
pub(super) const CAPACITY: usize = 1024;

/// What a listener has to know before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// There were more messages than a mailbox holds. What was in it is gone, and what comes from then on is kept again.
    Overrun,
    /// Logins of the listener were ended, perhaps the one that it listens by.
    LoginsEnded,
}

pub(super) struct Mailbox {
    /// How many mailboxes have something in them, of all.
    full: Arc<AtomicUsize>,
    waiting: Mutex<Waiting>,
    told: Notify,
    troubled: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<Message>>,
    overrun: bool,
    logins_ended: bool,
}

impl Mailbox {
    /// An empty one among those that `full` counts.
    pub(super) fn new(full: Arc<AtomicUsize>) -> Self {
        Self {
            full,
            waiting: Mutex::default(),
            told: Notify::new(),
            troubled: Notify::new(),
        }
    }

    pub(super) fn put(&self, message: &Arc<Message>) {
        let is_trouble = self.change(|waiting| waiting.put(message));
        if is_trouble {
            self.troubled.notify_one();
        } else {
            self.told.notify_one();
        }
    }

    /// Everything is lost, as when there was too much.
    pub(super) fn overrun(&self) {
        self.change(Waiting::overrun);
        self.troubled.notify_one();
    }

    /// Everything that waits, in its order, once something does. Nothing is taken while the end of logins has not been looked
    /// at: a listener whose login has ended is given nothing that came later.
    pub(super) async fn take(&self) -> Vec<Arc<Message>> {
        loop {
            // Taken whole: an idle mailbox holds no memory.
            let messages = self.change(Waiting::take);
            if !messages.is_empty() {
                return messages.into();
            }
            self.told.notified().await;
        }
    }

    pub(super) async fn trouble(&self) -> Interrupt {
        loop {
            let trouble = self.waiting().trouble();
            if let Some(trouble) = trouble {
                self.told.notify_one(); // Messages may have been held back.
                return trouble;
            }
            self.troubled.notified().await;
        }
    }

    /// Changes what waits, and the count of those where something does.
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
    /// Whether there is trouble now.
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

    fn trouble(&mut self) -> Option<Interrupt> {
        if std::mem::take(&mut self.overrun) {
            return Some(Interrupt::Overrun);
        }
        std::mem::take(&mut self.logins_ended).then_some(Interrupt::LoginsEnded)
    }

    /// Where the message waits that nobody need hear once they have heard `newer`.
    fn older_than(&self, newer: &Message) -> Option<usize> {
        let subject = newer.subject()?;
        let is_older = |older: &Arc<Message>| {
            older.subject() == Some(subject) && older.topic() == newer.topic()
        };
        self.messages.iter().position(is_older)
    }
}
