//! A process and all that it starts, which end together, and the bounds that they have. It does not know why.
//!
//! The one way out is a session of its own (`setsid`), which nobody takes by accident.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The process group of a program: killed when dropped, as when the server gives a delivery up or stops.
#[derive(Debug)]
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// The group that `child` was started as the leader of.
    pub(crate) fn led_by(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Kills whoever is left of it, once: later, its number may be another's.
    pub(crate) fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            // It fails where nobody is left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    /// Bounds what each process of it may ask for, and keeps it from leaving core files.
    ///
    /// It comes after the start, since a bound of our own, to be inherited, would be the server's as well.
    pub(crate) fn bound(&self, memory_max_bytes: u64) {
        if let Some(leader) = self.0 {
            limits::set(leader, memory_max_bytes);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(target_os = "linux")]
mod limits {
    //! Bounds of processes that run already. It does not know who they are.

    use std::fs;

    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    /// Bounds a process, and then those that it has started before: later ones inherit it.
    ///
    /// Memory is what it can write to and nobody else sees (`RLIMIT_DATA`): of address space alone (`RLIMIT_AS`),
    /// Node.js and Java reserve far more than they use, and would not start. A process that is over, or not ours to
    /// bound, is passed over.
    pub(super) fn set(process: Pid, memory_max_bytes: u64) {
        let bounds = [(Resource::Data, memory_max_bytes), (Resource::Core, 0)];
        for (what, most) in bounds.into_iter().filter(|(_, most)| *most < u64::MAX) {
            let (current, maximum) = (Some(most), Some(most));
            let _ = prlimit(Some(process), what, Rlimit { current, maximum });
        }
        let id = process.as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            if let Some(child) = child.parse().ok().and_then(Pid::from_raw) {
                set(child, memory_max_bytes);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod limits {
    //! Nowhere else can the bounds of another process be set.

    pub(super) fn set(_: rustix::process::Pid, _: u64) {}
}
