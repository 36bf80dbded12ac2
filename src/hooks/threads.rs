//! Dedicated threads with their own runtime, for work that must not delay anything else.

use std::io::Result;
use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime that does not block when dropped; its remaining tasks are abandoned.
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    /// Starts `count` threads called `name`.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn start(name: &str, count: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .thread_name(name)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Starts threads with a lower priority: they wait while requests need the CPUs.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn in_background(name: &str, count: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .thread_name(name)
            .enable_all()
            .on_thread_start(step_back)
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Returns the runtime's handle; `None` only while this is being dropped.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

/// On Linux, the priority belongs to a thread. Elsewhere it would apply to the whole process.
#[cfg(target_os = "linux")]
fn step_back() {
    // About a third of the CPU share of a request thread when both compete. No known system refuses
    // this; a refusal is harmless.
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
