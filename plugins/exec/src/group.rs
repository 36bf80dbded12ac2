//! The process group of a program: everything it starts ends together, within resource limits.
//!
//! A program can escape only by creating its own session (`setsid`), which does not happen by
//! accident.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The process group of a program. Killed when dropped, for example when a delivery times out or
/// the server stops.
#[derive(Debug)]
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// Returns the group led by `child`.
    pub(crate) fn led_by(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Kills the remaining processes, once: later, the id may belong to another group.
    pub(crate) fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            // It fails when no process is left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    /// Limits the memory of each process and disables core files.
    ///
    /// Called after the start, because a limit to be inherited would also apply to the server.
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
    //! Resource limits of running processes.

    use std::fs;

    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    /// Limits a process, and then the children it has already started; later ones inherit the
    /// limits.
    ///
    /// Memory means private writable memory (`RLIMIT_DATA`). A limit on address space (`RLIMIT_AS`)
    /// would keep Node.js and Java from starting, because they reserve far more than they use.
    /// Ignores a process that has ended or that we may not limit.
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
    //! Other systems cannot limit another process.

    pub(super) fn set(_: rustix::process::Pid, _: u64) {}
}
