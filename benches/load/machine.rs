//! Process and machine statistics of Linux. Not available on other systems.

/// Returns the resident memory of a process in MiB; `None` if it cannot be read.
pub fn resident_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    resident_in(&status)
}

/// Like [`resident_mib`], from the text of `/proc/PID/status`.
pub fn resident_in(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// The time of all CPUs since the machine started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessorTime {
    /// The total time.
    pub all: u64,
    /// The time that the host of a virtual machine gave to others.
    pub stolen: u64,
}

impl ProcessorTime {
    /// Returns the times up to now.
    pub fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    /// Parses the text of `/proc/stat`. The first line is the sum: user, nice, system, idle,
    /// iowait, irq, softirq, steal. The fields after those are already included.
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

    /// Returns how much of the time from here to now was stolen, in percent. Above 5, measure
    /// again.
    pub fn stolen_percent(self) -> Option<f64> {
        Some(self.stolen_percent_until(Self::now()?))
    }

    /// Like [`stolen_percent`](Self::stolen_percent), up to `later`.
    pub fn stolen_percent_until(self, later: Self) -> f64 {
        let all = later.all.saturating_sub(self.all).max(1);
        100.0 * later.stolen.saturating_sub(self.stolen) as f64 / all as f64
    }
}
