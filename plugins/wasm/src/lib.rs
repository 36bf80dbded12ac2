//! Hooks that are WebAssembly modules in a folder: each event gets a fresh instance of the module, which sees the
//! event and nothing else, neither clock nor files nor network. It knows nothing of the server beyond the hook
//! contract.
//!
//! What a module may call and must export, with a worked example, is in this crate's `README.md`.

#![warn(missing_docs)]

mod answer;
mod file;
mod folder;
mod hook;
mod host;
mod load;
mod run;

use std::time::Duration;

pub use folder::Folder;

/// What the modules of a folder may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How much memory one instance may have, in bytes; rounded down to pages of 64 KiB.
    pub memory_max_bytes: usize,
    /// Time for one event. Whoever is not done by then is stopped, and the event comes again later.
    pub limit: Duration,
    /// How much work one event may be, in units of fuel: an instruction takes about one. Whoever needs more is
    /// stopped, and the event parked, since the same would happen again.
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
