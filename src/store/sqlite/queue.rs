//! The jobs that wait for the writer, in the order in which they came. Knows no transaction.

use super::job::Job;
use tokio::sync::{mpsc, oneshot};

/// What the writer's thread is sent.
pub(super) enum Message {
    Work(Box<dyn Job>),
    /// Once a second: time to look after the files.
    Tick,
    /// Moves the log into the database now, and answers.
    Checkpoint(oneshot::Sender<()>),
    Stop,
}

/// What the writer's thread does next.
pub(super) enum Turn {
    Work(Box<dyn Job>),
    Tick,
    Checkpoint(oneshot::Sender<()>),
}

/// The thread's end of the channel.
pub(super) struct Waiting {
    messages: mpsc::Receiver<Message>,
    /// Taken from the channel already, and still to be done.
    head: Option<Turn>,
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

    /// Waits for the next turn; `None` once there is to be none any more.
    pub(super) fn next(&mut self) -> Option<Turn> {
        if self.head.is_some() || self.stopped {
            return self.head.take();
        }
        match self.messages.blocking_recv() {
            Some(Message::Work(job)) => Some(Turn::Work(job)),
            Some(Message::Tick) => Some(Turn::Tick),
            Some(Message::Checkpoint(done)) => Some(Turn::Checkpoint(done)),
            Some(Message::Stop) | None => None,
        }
    }

    /// The next job if it is there already and `suits`; one that does not stays the next.
    pub(super) fn next_if(&mut self, suits: impl Fn(&dyn Job) -> bool) -> Option<Box<dyn Job>> {
        match self.messages.try_recv() {
            Ok(Message::Work(job)) if suits(job.as_ref()) => return Some(job),
            Ok(Message::Work(job)) => self.head = Some(Turn::Work(job)),
            Ok(Message::Tick) => self.head = Some(Turn::Tick),
            Ok(Message::Checkpoint(done)) => self.head = Some(Turn::Checkpoint(done)),
            Ok(Message::Stop) => self.stopped = true,
            Err(_) => {}
        }
        None
    }
}
