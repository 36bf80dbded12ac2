//! Reaps orphans if the process is PID 1, as in a container without an init. Processes that exec
//! hooks leave behind become its children and would stay zombies forever. Children that the server
//! started itself are left alone: the code that started them reads their exit statuses.

use rustix::process::{Pid, WaitOptions, waitpid};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Time between two scans for zombies. A zombie that is still there at the next scan is an orphan:
/// our own children are reaped within milliseconds.
const INTERVAL: Duration = Duration::from_secs(10);

/// A zombie, by process id and start time, because ids are reused.
type Zombie = (i32, u64);

/// Reaps until the runtime ends; returns at once if the process is not PID 1.
pub(super) async fn run() {
    if std::process::id() != 1 {
        return;
    }
    let mut reaper = Reaper::default();
    let mut scans = tokio::time::interval(INTERVAL);
    loop {
        scans.tick().await;
        reaper.scan(1);
    }
}

#[derive(Default)]
struct Reaper {
    /// The zombies of the last scan.
    seen: HashSet<Zombie>,
}

impl Reaper {
    /// Reaps the children of `parent` that were zombies at the last scan already.
    fn scan(&mut self, parent: i32) {
        let zombies: HashSet<Zombie> = zombies_of(parent).collect();
        for (id, _) in zombies.intersection(&self.seen) {
            // Fails if other code reaped it first.
            let _ = waitpid(Pid::from_raw(*id), WaitOptions::NOHANG);
        }
        self.seen = zombies;
    }
}

fn zombies_of(parent: i32) -> impl Iterator<Item = Zombie> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(move |process| zombie(&process.path(), parent))
}

/// The process below `/proc`, if it is a zombie and a child of `parent`. Source:
/// `proc_pid_stat(5)`.
fn zombie(process: &Path, parent: i32) -> Option<Zombie> {
    let id = process.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name of the program can hold anything, spaces and parentheses included.
    let (_, stat) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = stat.split(' ').collect();
    let is_zombie = *fields.first()? == "Z" && fields.get(1)?.parse() == Ok(parent);
    let started = fields.get(19)?.parse().ok()?;
    is_zombie.then_some((id, started))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// A child that ended and was not waited for.
    fn ended() -> Child {
        let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        child
    }

    fn own() -> i32 {
        i32::try_from(std::process::id()).unwrap()
    }

    /// Its output closes a moment before it becomes a zombie.
    fn is_zombie(child: &Child) -> bool {
        let id = i32::try_from(child.id()).unwrap();
        zombies_of(own()).any(|(zombie, _)| zombie == id)
    }

    #[test]
    fn a_zombie_is_reaped_at_the_second_look_and_not_before() {
        let mut child = ended();
        while !is_zombie(&child) {
            std::thread::yield_now();
        }
        let mut reaper = Reaper::default();
        reaper.scan(own());
        assert!(is_zombie(&child));
        reaper.scan(own());
        assert!(!is_zombie(&child));
        assert!(child.wait().is_err(), "its status is gone");
    }
}
