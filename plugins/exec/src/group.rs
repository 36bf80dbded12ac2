//! A process and all that it starts, which end together, and the bounds that they have. It does not know why.
//!
//! The one way out is a session of its own (`setsid`), which nobody takes by accident.

use std::io;

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
    /// Memory is what it can write to and nobody else sees (`RLIMIT_DATA`): of address space alone (`RLIMIT_AS`),
    /// Node.js and Java reserve far more than they use, and would not start. It comes after the start, since a bound
    /// of our own would be the server's as well: a program that forks within its first instants may do so unbounded.
    #[cfg(target_os = "linux")]
    pub(crate) fn bound(&self, memory_max_bytes: u64) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, prlimit};
        let bounds = [(Resource::Data, memory_max_bytes), (Resource::Core, 0)];
        for (what, most) in bounds {
            let most = (most < u64::MAX).then_some(most);
            let (current, maximum) = (most, most);
            prlimit(self.0, what, Rlimit { current, maximum })?;
        }
        Ok(())
    }

    /// Nowhere else can the bounds of another process be set.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn bound(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
