//! A unit of work on its way through the writer: its result type is hidden from the thread that runs it. Knows no transaction.

use super::error;
use super::space::SpaceClass;
use crate::domain::{Error, Fault, Result};
use crate::store::ChangeKind;
use rusqlite::Connection;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// What became of a piece of work: its result, or the panic that ended it.
pub(super) type Outcome<T> = std::result::Result<Result<T>, Box<dyn Any + Send>>;

/// A unit of work, with its result type hidden from the thread.
pub(super) trait Job: Send {
    /// Does the work; `false` when its savepoint must be rolled back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// How far it may let the file grow.
    fn room(&self) -> SpaceClass;
    /// What it changes beside rows.
    fn signals(&self) -> &'static [Signal];
    /// Whether SQLite found the database damaged while the work ran.
    fn met_damage(&self) -> bool;
    /// Answers the caller: with the work's own result, or with `failure` when the group did not commit.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

/// Why a group did not commit.
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    /// The database cannot be trusted any more.
    Broken(Fault),
}

impl Failure {
    fn error(&self) -> Error {
        match self {
            Self::Sqlite(source) => error(source),
            Self::Broken(fault) => Error::Broken(*fault),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite(source)
    }
}

/// What a job changes that somebody keeps a copy of or waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// What is kept under a version.
    ChangeKind(ChangeKind),
    /// When the next claim ends.
    Deadlines,
    /// What somebody who looks after hooks has said.
    Hooks,
    /// The audit trail.
    Audit,
}

/// A closure as a job.
pub(super) struct Write<T, F> {
    work: Option<F>,
    room: SpaceClass,
    signals: &'static [Signal],
    outcome: Option<Outcome<T>>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T, F> Write<T, F> {
    /// The job, and where its outcome will be.
    pub(super) fn new(
        work: F,
        room: SpaceClass,
        signals: &'static [Signal],
    ) -> (Self, oneshot::Receiver<Outcome<T>>) {
        let (reply, receiver) = oneshot::channel();
        let (work, outcome) = (Some(work), None);
        (
            Self {
                work,
                room,
                signals,
                outcome,
                reply,
            },
            receiver,
        )
    }
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T> + Send> Job for Write<T, F> {
    fn run(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn room(&self) -> SpaceClass {
        self.room
    }

    fn signals(&self) -> &'static [Signal] {
        self.signals
    }

    fn met_damage(&self) -> bool {
        matches!(&self.outcome, Some(Ok(Err(Error::Broken(Fault::Damaged)))))
    }

    fn answer(self: Box<Self>, failure: Option<&Failure>) {
        let outcome = match (self.outcome, failure) {
            (Some(outcome @ Err(_)), _) | (Some(outcome), None) => outcome,
            // A refusal does not stand either: the row that was in its way may be gone with the group.
            (_, Some(failure)) => Ok(Err(failure.error())),
            (None, None) => Ok(Err(Error::UNAVAILABLE)),
        };
        let _ = self.reply.send(outcome);
    }
}
