//! A job for the writer. Its result type is hidden from the writer thread.

use super::error::error;
use crate::domain::{Error, Fault, Outage, Result};
use crate::store::sql::{Signal, SpaceClass};
use rusqlite::Connection;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// The outcome of a job: its result, or the panic that ended it.
pub(super) type Outcome<T> = std::result::Result<Result<T>, Box<dyn Any + Send>>;

/// A unit of work with its result type erased.
pub(super) trait Job: Send {
    /// Runs the job. Returns `false` if its savepoint must be rolled back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// How far the job may grow the file.
    fn space(&self) -> SpaceClass;
    /// The signals that it raises after the commit.
    fn signals(&self) -> &'static [Signal];
    /// Whether SQLite found the database damaged during the job.
    fn met_damage(&self) -> bool;
    /// Sends the result to the caller: the job's own, or `failure` if the group did not commit.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

/// Why a group did not commit.
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    /// The database can no longer be trusted.
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

/// A closure as a job.
pub(super) struct Write<T, F> {
    work: F,
    space: SpaceClass,
    signals: &'static [Signal],
    outcome: Option<Outcome<T>>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T, F> Write<T, F> {
    /// Creates the job and the receiver of its outcome.
    pub(super) fn new(
        space: SpaceClass,
        signals: &'static [Signal],
        work: F,
    ) -> (Self, oneshot::Receiver<Outcome<T>>) {
        let (reply, receiver) = oneshot::channel();
        let job = Self {
            work,
            space,
            signals,
            outcome: None,
            reply,
        };
        (job, receiver)
    }
}

impl<T: Send, F: Fn(&Connection) -> Result<T> + Send> Job for Write<T, F> {
    fn run(&mut self, connection: &Connection) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn space(&self) -> SpaceClass {
        self.space
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
            // A rejection does not stand either: the conflicting row may have been rolled back with
            // the group.
            (_, Some(failure)) => Ok(Err(failure.error())),
            (None, None) => Ok(Err(Error::unavailable(Outage::Stopping))),
        };
        let _ = self.reply.send(outcome);
    }
}
