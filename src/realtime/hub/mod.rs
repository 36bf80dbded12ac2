//! Who is listening now: topics, and the mailboxes of those who listen to them. A message is made once for all; what it costs to publish
//! is as much as there are listeners to its topic. A listener who does not keep up is cut, never waited for. What must survive a crash does
//! not go through here alone: it is an event in the outbox, which is read on the way.
//!
//! Knows neither JSON nor sockets, and not what there is to tell.

mod mailbox;
mod message;

pub use mailbox::Interrupt;
pub use message::{Message, News, ShownUser, Topic};

use mailbox::Mailbox;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// Everybody who listens.
#[derive(Default)]
pub struct Live {
    topics: RwLock<HashMap<Topic, Vec<Arc<Mailbox>>>>,
    listeners: AtomicUsize,
    generation: AtomicUsize,
    /// How many listeners have something waiting for them.
    full: Arc<AtomicUsize>,
}

impl Live {
    /// Begins to listen, to nothing yet. Whoever listens first and reads the store afterwards misses nothing.
    #[must_use]
    pub fn listen(self: &Arc<Self>) -> Listener {
        self.listeners.fetch_add(1, Ordering::SeqCst);
        Listener {
            live: self.clone(),
            mailbox: Arc::new(Mailbox::new(self.full.clone())),
            topics: HashSet::new(),
        }
    }

    /// Whether anybody listens at all.
    #[must_use]
    pub fn has_listeners(&self) -> bool {
        self.listeners.load(Ordering::SeqCst) > 0
    }

    /// Whether anybody listens to `topic`.
    #[must_use]
    pub fn has(&self, topic: &Topic) -> bool {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.contains_key(topic)
    }

    /// Tells everybody who listens to `topic`. Makes nothing where nobody does.
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

    /// How many listeners have not taken yet what they were told.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.full.load(Ordering::Relaxed)
    }

    /// Has everybody who listens to anything look anew how things are, because they are otherwise and no news told so.
    pub fn ask_all_to_reload(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen = HashSet::new();
        for mailbox in topics.values().flatten() {
            // Once each, however many topics a listener has subscribed to.
            if seen.insert(Arc::as_ptr(mailbox)) {
                mailbox.overrun();
            }
        }
    }

    /// How often things have become otherwise without news.
    #[must_use]
    pub fn generation(&self) -> usize {
        self.generation.load(Ordering::SeqCst)
    }

    fn topics(&self) -> RwLockWriteGuard<'_, HashMap<Topic, Vec<Arc<Mailbox>>>> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens, until it is dropped.
pub struct Listener {
    live: Arc<Live>,
    mailbox: Arc<Mailbox>,
    topics: HashSet<Topic>,
}

impl Listener {
    /// Listens to `topic`, too. Once is enough.
    pub fn subscribe(&mut self, topic: Topic) {
        if self.topics.insert(topic.clone()) {
            let mut topics = self.live.topics();
            topics.entry(topic).or_default().push(self.mailbox.clone());
        }
    }

    /// Listens to `topic` no more. What waits of it does not come either.
    pub fn unsubscribe(&mut self, topic: &Topic) {
        if self.topics.remove(topic) {
            leave(&mut self.live.topics(), topic, &self.mailbox);
        }
    }

    /// The next messages, in the order of publishing, once there are any. Nothing is lost when this is dropped half-way.
    pub async fn next(&self) -> Vec<Arc<Message>> {
        loop {
            let mut messages = self.mailbox.take().await;
            messages.retain(|message| self.topics.contains(message.topic()));
            if !messages.is_empty() {
                return messages;
            }
        }
    }

    /// Comes back when there is trouble, however many messages wait.
    pub async fn trouble(&self) -> Interrupt {
        self.mailbox.trouble().await
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
    // The newest leave first, more often than not.
    if let Some(place) = mailboxes
        .iter()
        .rposition(|known| Arc::ptr_eq(known, mailbox))
    {
        mailboxes.swap_remove(place);
    }
    if mailboxes.is_empty() {
        topics.remove(topic);
    }
}

#[cfg(test)]
mod tests;
