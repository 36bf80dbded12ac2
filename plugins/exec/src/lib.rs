//! Hooks that are programs in a folder. Each is started once per event, receives the event as JSON
//! on standard input, and answers with its exit code.
//!
//! This crate's `README.md` documents what a program can rely on, with examples.

#![warn(missing_docs)]

mod folder;
mod group;
mod program;
mod run;

use std::time::Duration;

pub use folder::{Folder, Programs};

/// Resource limits for the programs of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time limit for one run. A program that exceeds it is killed, and the event is retried.
    pub limit: Duration,
    /// How many programs run at once, over all hooks of the folder; at least 1.
    pub at_once: usize,
    /// Memory limit per process, in bytes; enforced only on Linux. `u64::MAX`: no limit.
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
