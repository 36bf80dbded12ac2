//! The queue of jobs for the writer, in order of arrival.

use super::job::Job;
use tokio::sync::{mpsc, oneshot};

/// Maximum number of queued jobs. Further ones fail with "unavailable".
pub(super) const QUEUE: usize = 4096;

/// A message to the writer thread.
pub(super) enum Message {
    Work(Box<dyn Job>),
    /// Once a second: time for maintenance.
    Tick,
    /// Runs a checkpoint now, and replies.
    Checkpoint(oneshot::Sender<()>),
    Stop,
}

/// The next task of the writer thread.
pub(super) enum Task {
    Work(Box<dyn Job>),
    Tick,
    Checkpoint(oneshot::Sender<()>),
}

/// The receiving end of the queue.
pub(super) struct JobQueue {
    messages: mpsc::Receiver<Message>,
    /// Already taken from the channel, but not processed yet.
    head: Option<Task>,
    stopped: bool,
}

impl JobQueue {
    pub(super) fn new(messages: mpsc::Receiver<Message>) -> Self {
        Self {
            messages,
            head: None,
            stopped: false,
        }
    }

    /// Waits for the next task. `None` after a stop.
    pub(super) fn next(&mut self) -> Option<Task> {
        if self.head.is_some() || self.stopped {
            return self.head.take();
        }
        match self.messages.blocking_recv() {
            Some(Message::Work(job)) => Some(Task::Work(job)),
            Some(Message::Tick) => Some(Task::Tick),
            Some(Message::Checkpoint(done)) => Some(Task::Checkpoint(done)),
            Some(Message::Stop) | None => None,
        }
    }

    /// Returns the next job if it is already queued and `suits`. Otherwise it stays at the head of
    /// the queue.
    pub(super) fn next_if(&mut self, suits: impl Fn(&dyn Job) -> bool) -> Option<Box<dyn Job>> {
        match self.messages.try_recv() {
            Ok(Message::Work(job)) if suits(job.as_ref()) => return Some(job),
            Ok(Message::Work(job)) => self.head = Some(Task::Work(job)),
            Ok(Message::Tick) => self.head = Some(Task::Tick),
            Ok(Message::Checkpoint(done)) => self.head = Some(Task::Checkpoint(done)),
            Ok(Message::Stop) => self.stopped = true,
            Err(_) => {}
        }
        None
    }
}
