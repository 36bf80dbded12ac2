//! The jobs that wait for the writer, in the order in which they came. Knows no transaction.

use super::job::Job;
use tokio::sync::mpsc;

/// What the writer's thread is sent.
pub(super) enum Message {
    Work(Box<dyn Job>),
    Stop,
}

/// The thread's end of the channel.
pub(super) struct Waiting {
    messages: mpsc::Receiver<Message>,
    /// Taken from the channel already, and still to be done.
    head: Option<Box<dyn Job>>,
    stopped: bool,
}

impl Waiting {
    pub(super) fn new(messages: mpsc::Receiver<Message>) -> Self {
        Self {
            messages,
            head: None,
            stopped: false,
        }
    }

    /// Waits for the next job; `None` once there is to be none any more.
    pub(super) fn next(&mut self) -> Option<Box<dyn Job>> {
        if self.head.is_some() || self.stopped {
            return self.head.take();
        }
        match self.messages.blocking_recv() {
            Some(Message::Work(job)) => Some(job),
            Some(Message::Stop) | None => None,
        }
    }

    /// The next job if it is there already and `suits`; one that does not stays the next.
    pub(super) fn next_if(&mut self, suits: impl Fn(&dyn Job) -> bool) -> Option<Box<dyn Job>> {
        match self.messages.try_recv() {
            Ok(Message::Work(job)) if suits(job.as_ref()) => return Some(job),
            Ok(Message::Work(job)) => self.head = Some(job),
            Ok(Message::Stop) => self.stopped = true,
            Err(_) => {}
        }
        None
    }
}
