//! Hooks that are programs in a folder: each is started once for each event, is given the event as JSON on its
//! standard input, and answers by its exit code. It knows nothing of the server beyond the hook contract.
//!
//! What a program may rely on, with worked examples, is in this crate's `README.md`.

#![warn(missing_docs)]

mod folder;
mod group;
mod program;
mod run;

use std::time::Duration;

pub use folder::Folder;

/// What the programs of a folder may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time for one run. Whoever is not done by then is killed, and the event comes again later.
    pub limit: Duration,
    /// How many programs run at once, over all hooks of the folder; at least 1.
    pub at_once: usize,
    /// How much memory each process may ask for, in bytes; only Linux keeps to it. `u64::MAX`: no bound.
    pub memory_max_bytes: u64,
}

impl Default for Settings {
    /// 10 seconds, 4 at once, 512 MiB.
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(10),
            at_once: 4,
            memory_max_bytes: 512 << 20,
        }
    }
}
