//! Hooks that are WebAssembly modules in a folder. Each event gets a fresh instance of the module,
//! which sees only the event: no clock, files or network.
//!
//! This crate's `README.md` documents what a module may call and must export, with an example.

#![warn(missing_docs)]

mod answer;
mod file;
mod folder;
mod hook;
mod host;
mod load;
mod run;

use std::time::Duration;

pub use folder::{Folder, Modules};

/// Resource limits for the modules of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Memory limit of one instance, in bytes; rounded down to pages of 64 KiB.
    pub memory_max_bytes: usize,
    /// Time limit for one event. A module that exceeds it is stopped, and the event is retried.
    pub limit: Duration,
    /// Fuel limit for one event: an instruction takes about one unit. A module that exceeds it is
    /// stopped and the event is parked, because a retry would do the same.
    pub fuel: u64,
    /// How many modules run at once, over all hooks of the folder; at least 1.
    pub at_once: usize,
}

impl Default for Settings {
    /// 16 MiB, 5 seconds, 100 million units of fuel (about a second), 2 at once.
    fn default() -> Self {
        Self {
            memory_max_bytes: 16 << 20,
            limit: Duration::from_secs(5),
            fuel: 100_000_000,
            at_once: 2,
        }
    }
}
