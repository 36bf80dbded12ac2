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

    /// Where to run something. `None` only while it is being dropped.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
