//! The client of an open connection: whether it has a login, and what it holds until then.

use crate::domain::network::Network;
use crate::transport::budget::{ByteBudget, Reserved};
use crate::transport::idle::IdleTimer;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The state of an open connection's client.
pub struct Client {
    has_login: AtomicBool,
    pub(super) opened: Instant,
    timer: IdleTimer,
    /// `None` if its connections are not counted.
    pub(super) network: Option<Network>,
    bodies: ByteBudget,
    answers: ByteBudget,
    /// Bytes counted against the budget until login.
    held: Mutex<Option<Reserved>>,
    task: Mutex<Task>,
}

/// The task that runs the connection.
#[derive(Default)]
enum Task {
    #[default]
    NotYet,
    Running(AbortHandle),
    Evicted,
}

impl Client {
    pub(super) fn new(network: Option<Network>, bodies: ByteBudget, answers: ByteBudget) -> Self {
        Self {
            has_login: AtomicBool::new(false),
            opened: Instant::now(),
            timer: IdleTimer::start(),
            network,
            bodies,
            answers,
            held: Mutex::default(),
            task: Mutex::default(),
        }
    }

    /// Records that the client has shown a valid login.
    pub fn logged_in(&self) {
        if !self.has_login() {
            self.has_login.store(true, Ordering::Relaxed);
            self.release();
        }
    }

    /// Records that the client has no login any more.
    pub fn logged_out(&self) {
        self.has_login.store(false, Ordering::Relaxed);
    }

    /// Returns whether the client has shown a valid login.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.has_login.load(Ordering::Relaxed)
    }

    /// The budget for large bodies and frames of all clients without a login.
    #[must_use]
    pub fn anonymous_bodies(&self) -> &ByteBudget {
        &self.bodies
    }

    /// The budget that large responses to all clients share.
    #[must_use]
    pub fn answers(&self) -> &ByteBudget {
        &self.answers
    }

    /// Releases the HTTP bytes, when another protocol takes over.
    pub(crate) fn release(&self) {
        drop(self.held().take());
    }

    /// Sets the task that runs the connection. Aborts it at once if the connection was evicted
    /// meanwhile.
    pub(crate) fn runs_in(&self, task: AbortHandle) {
        let mut current = self.task();
        match *current {
            Task::Evicted => task.abort(),
            _ => *current = Task::Running(task),
        }
    }

    /// Returns the client's idle timer.
    pub(crate) fn timer(&self) -> &IdleTimer {
        &self.timer
    }

    pub(super) fn is_evictable(&self) -> bool {
        !self.has_login() && matches!(*self.task(), Task::Running(_))
    }

    pub(super) fn evict(&self) -> bool {
        match std::mem::replace(&mut *self.task(), Task::Evicted) {
            Task::Running(task) => task.abort(),
            Task::NotYet | Task::Evicted => return false,
        }
        true
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Option<Reserved>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
