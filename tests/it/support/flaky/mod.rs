//! A store that fails or pauses on request, and a server on it. All other work is done by a real
//! store.

mod methods;
mod server;

pub use server::FlakyServer;

use crate::support::look_again;
use doorsign::domain::{By, Error, Origin, Outage, Result, Timestamp, UserId, UserPatch, Username};
use doorsign::store::Database;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Busy or stopping.
    Unavailable,
    /// The disk cannot be read.
    DiskFailing,
    /// An internal error with this text.
    Internal(&'static str),
    /// A panic with this text.
    Panic(&'static str),
}

/// Work that runs in the middle of a call.
type Interruption = Box<dyn FnOnce() + Send>;

/// A store whose methods fail on request, once or until it is healed, and can be interrupted.
pub struct FlakyStore {
    store: Arc<dyn Database>,
    next: Mutex<Option<(&'static str, Fault)>>,
    broken: Mutex<Option<(&'static str, Fault)>>,
    interruption: Mutex<Option<(&'static str, Interruption)>>,
    failures: AtomicUsize,
    hidden: Mutex<Option<UserId>>,
    overtaking: Mutex<Option<(UserId, UserPatch)>>,
}

impl FlakyStore {
    fn new(store: Arc<dyn Database>) -> Self {
        Self {
            store,
            next: Mutex::default(),
            broken: Mutex::default(),
            interruption: Mutex::default(),
            failures: AtomicUsize::default(),
            hidden: Mutex::default(),
            overtaking: Mutex::default(),
        }
    }

    /// Applies `patch` right before the next `update_user`, as if another client had been faster.
    pub fn overtake(&self, id: UserId, patch: UserPatch) {
        *self.overtaking.lock().unwrap() = Some((id, patch));
    }

    async fn overtaken(&self, method: &str) -> Result<()> {
        let faster = match method {
            "update_user" => self.overtaking.lock().unwrap().take(),
            _ => None,
        };
        if let Some((id, patch)) = faster {
            let by = By {
                user: id.clone(),
                username: Username::stored("faster".to_owned()),
                at: Timestamp::from_millis(0),
                origin: Origin::Server,
            };
            self.store.update_user(id, patch, by).await?;
        }
        Ok(())
    }

    /// Lets the next call of `method` fail. Replaces an earlier fault.
    pub fn fail_once(&self, method: &'static str, fault: Fault) {
        *self.next.lock().unwrap() = Some((method, fault));
    }

    /// Lets every call of `method` fail from now on, until [`heal`](Self::heal).
    pub fn break_down(&self, method: &'static str, fault: Fault) {
        *self.broken.lock().unwrap() = Some((method, fault));
    }

    /// Makes the presence snapshot of this user unreadable from now on.
    pub fn hide_snapshot(&self, user: UserId) {
        *self.hidden.lock().unwrap() = Some(user);
    }

    /// Waits until something has failed.
    pub async fn fails(&self) {
        self.fails_times(1).await;
    }

    /// Waits until calls have failed this many times.
    pub async fn fails_times(&self, times: usize) {
        while self.failures() < times {
            look_again().await;
        }
    }

    /// How many calls have failed.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::SeqCst)
    }

    /// Ends the effect of [`break_down`](Self::break_down).
    pub fn heal(&self) {
        *self.broken.lock().unwrap() = None;
    }

    /// Runs `work` inside the next call of `method`: before the call does anything, except for
    /// `version`, whose caller gets the version from before `work`. This is the injected delay of
    /// the race tests.
    pub fn interrupt(&self, method: &'static str, work: impl FnOnce() + Send + 'static) {
        *self.interruption.lock().unwrap() = Some((method, Box::new(work)));
    }

    /// Whether the interruption has begun.
    pub fn is_interrupted(&self) -> bool {
        self.interruption.lock().unwrap().is_none()
    }

    /// The store behind this one, which neither fails nor can be interrupted.
    pub fn sound(&self) -> &dyn Database {
        &*self.store
    }

    fn meet(&self, method: &str) {
        let due = self
            .interruption
            .lock()
            .unwrap()
            .take_if(|(name, _)| *name == method);
        if let Some((_, work)) = due {
            work();
        }
    }

    /// Whether the fault has occurred.
    pub fn has_failed(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    fn pass(&self, method: &str) -> Result<()> {
        self.meet(method);
        let broken = *self.broken.lock().unwrap();
        let fault = self
            .next
            .lock()
            .unwrap()
            .take_if(|(name, _)| *name == method)
            .or_else(|| broken.filter(|(name, _)| *name == method));
        if fault.is_some() {
            self.failures.fetch_add(1, Ordering::SeqCst);
        }
        match fault.map(|(_, fault)| fault) {
            None => Ok(()),
            Some(Fault::Unavailable) => Err(Error::UNAVAILABLE),
            Some(Fault::DiskFailing) => Err(Error::unavailable(Outage::DiskFailing)),
            Some(Fault::Internal(text)) => Err(Error::internal(text)),
            Some(Fault::Panic(text)) => panic!("{text}"),
        }
    }
}

/// Waits for `work` inside a call that cannot wait. Needs a runtime with several threads.
pub fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}
