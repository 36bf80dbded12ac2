//! Threads of their own for what must not hold up anybody else, with a runtime on them. Knows nothing of what runs there.

use std::io::Result;
use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime that keeps nobody waiting when it is dropped: what runs on it then is left to itself.
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    /// Starts `count` threads of this `name`.
    ///
    /// # Errors
    /// When the machine refuses a thread.
    pub(crate) fn start(name: &str, count: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .thread_name(name)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Threads that get what the others leave: while requests have work for the processors, what runs here waits.
    ///
    /// # Errors
    /// When the machine refuses a thread.
    pub(crate) fn in_background(name: &str, count: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .thread_name(name)
            .enable_all()
            .on_thread_start(step_back)
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where to run something. `None` only while it is being dropped.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

/// On Linux, a priority is a thread's own. Elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn step_back() {
    // A third of what a request's thread gets where both want a processor. Refused nowhere that is known, and no harm where it is.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 5);
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
