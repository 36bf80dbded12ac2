//! What Linux tells of a process and of the machine. Elsewhere there is nothing to tell. Knows nothing of what is measured.

/// Resident memory of a process in MiB; `None` when it is not there to be seen.
pub fn resident_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    resident_in(&status)
}

/// As [`resident_mib`], from the text of `/proc/PID/status`.
pub fn resident_in(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// The time of all processors since the machine started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessorTime {
    /// All of it.
    pub all: u64,
    /// What the host of a virtual machine gave to others.
    pub stolen: u64,
}

impl ProcessorTime {
    /// Up to now.
    pub fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    /// From the text of `/proc/stat`, whose first line adds up: user, nice, system, idle, iowait, irq, softirq, steal. What follows
    /// is in there already.
    pub fn parse(stat: &str) -> Option<Self> {
        let numbers = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Option<Vec<u64>> = numbers
            .split_ascii_whitespace()
            .take(8)
            .map(|number| number.parse().ok())
            .collect();
        let ticks = ticks?;
        Some(Self {
            all: ticks.iter().sum(),
            stolen: *ticks.get(7)?,
        })
    }

    /// How much of the time from here to now was stolen, in percent. Above 5, measure again.
    pub fn stolen_percent(self) -> Option<f64> {
        Some(self.stolen_percent_until(Self::now()?))
    }

    /// As [`stolen_percent`](Self::stolen_percent), up to `later`.
    pub fn stolen_percent_until(self, later: Self) -> f64 {
        let all = later.all.saturating_sub(self.all).max(1);
        100.0 * later.stolen.saturating_sub(self.stolen) as f64 / all as f64
    }
}
