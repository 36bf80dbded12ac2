//! Live topics and the mailboxes of their listeners. A message is built once for all listeners;
//! publishing costs as much as the topic has listeners. A listener that cannot keep up is
//! interrupted, never waited for. Nothing here survives a crash: durable changes are events in the
//! outbox.

mod mailbox;
mod message;

pub use mailbox::Interrupt;
pub use message::{Form, Message, News, ShownUser, Topic};

use crate::domain::UserId;
use mailbox::Mailbox;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// All listeners.
#[derive(Default)]
pub struct Live {
    topics: RwLock<HashMap<Topic, Vec<Arc<Mailbox>>>>,
    listeners: AtomicUsize,
    generation: AtomicUsize,
    /// How many listeners have waiting messages.
    full: Arc<AtomicUsize>,
}

impl Live {
    /// Creates a listener without topics. Subscribe before you read the store and you miss nothing.
    #[must_use]
    pub fn listen(self: &Arc<Self>) -> Listener {
        self.listeners.fetch_add(1, Ordering::SeqCst);
        Listener {
            live: self.clone(),
            mailbox: Arc::new(Mailbox::new(self.full.clone())),
            topics: HashSet::new(),
        }
    }

    /// Returns the number of listeners.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listeners.load(Ordering::SeqCst)
    }

    /// Returns whether there is any listener.
    #[must_use]
    pub fn has_listeners(&self) -> bool {
        self.count() > 0
    }

    /// Returns whether `topic` has a listener.
    #[must_use]
    pub fn has(&self, topic: &Topic) -> bool {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.contains_key(topic)
    }

    /// Publishes to all listeners of `topic`. Builds no message without listeners.
    pub fn publish(&self, topic: &Topic, news: impl FnOnce() -> News) {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let Some(mailboxes) = topics.get(topic) else {
            return;
        };
        let message = Arc::new(Message::new(topic.clone(), news()));
        for mailbox in mailboxes {
            mailbox.put(&message);
        }
    }

    /// Publishes news that have two forms to the listeners of `topic`, to each in the form that
    /// `choose` returns for its viewer. Builds no form that no listener receives.
    pub fn publish_by_viewer(
        &self,
        topic: &Topic,
        choose: impl Fn(Option<&UserId>) -> Form,
        forms: [&dyn Fn() -> News; 2],
    ) {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let mut messages = [None, None];
        for mailbox in topics.get(topic).into_iter().flatten() {
            let form = choose(mailbox.viewer().as_ref());
            let form = match form {
                Form::First => 0,
                Form::Second => 1,
                Form::Neither => continue,
            };
            let build = || Arc::new(Message::new(topic.clone(), forms[form]()));
            mailbox.put(messages[form].get_or_insert_with(build));
        }
    }

    /// Returns how many listeners have not yet taken their messages.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.full.load(Ordering::Relaxed)
    }

    /// Asks every listener to re-read its state after a change that published no message.
    pub fn ask_all_to_reload(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let mut asked = HashSet::new();
        for mailbox in topics.values().flatten() {
            // Once per listener, regardless of its number of topics.
            if asked.insert(Arc::as_ptr(mailbox)) {
                mailbox.overrun();
            }
        }
    }

    /// Returns how often the state has changed without a message.
    #[must_use]
    pub fn generation(&self) -> usize {
        self.generation.load(Ordering::SeqCst)
    }

    fn topics(&self) -> RwLockWriteGuard<'_, HashMap<Topic, Vec<Arc<Mailbox>>>> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener; dropping it unsubscribes.
pub struct Listener {
    live: Arc<Live>,
    mailbox: Arc<Mailbox>,
    topics: HashSet<Topic>,
}

impl Listener {
    /// Sets the user who reads the messages; `None` without a login. A listener starts without one.
    pub fn set_viewer(&self, viewer: Option<UserId>) {
        *self.mailbox.viewer() = viewer;
    }

    /// Subscribes to `topic`. Repeated calls have no effect.
    pub fn subscribe(&mut self, topic: Topic) {
        if self.topics.insert(topic.clone()) {
            let mut topics = self.live.topics();
            topics.entry(topic).or_default().push(self.mailbox.clone());
        }
    }

    /// Unsubscribes from `topic`. Waiting messages of the topic are discarded as well.
    pub fn unsubscribe(&mut self, topic: &Topic) {
        if self.topics.remove(topic) {
            leave(&mut self.live.topics(), topic, &self.mailbox);
        }
    }

    /// Waits for the next messages, in publishing order. Cancel-safe.
    pub async fn next(&self) -> Vec<Arc<Message>> {
        loop {
            let mut messages = self.mailbox.take().await;
            messages.retain(|message| self.topics.contains(message.topic()));
            if !messages.is_empty() {
                return messages;
            }
        }
    }

    /// Resolves on an interrupt, regardless of waiting messages.
    pub async fn interrupt(&self) -> Interrupt {
        self.mailbox.interrupt().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut topics = self.live.topics();
        for topic in &self.topics {
            leave(&mut topics, topic, &self.mailbox);
        }
        self.live.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

fn leave(topics: &mut HashMap<Topic, Vec<Arc<Mailbox>>>, topic: &Topic, mailbox: &Arc<Mailbox>) {
    let Some(mailboxes) = topics.get_mut(topic) else {
        return;
    };
    // Search from the end: recent subscribers usually leave first.
    if let Some(index) = mailboxes
        .iter()
        .rposition(|known| Arc::ptr_eq(known, mailbox))
    {
        mailboxes.swap_remove(index);
    }
    if mailboxes.is_empty() {
        topics.remove(topic);
    }
}

#[cfg(test)]
mod tests;
