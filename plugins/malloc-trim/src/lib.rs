//! Returns freed memory to the system. The only crate here with `unsafe`: the declaration of one
//! glibc function.
//!
//! glibc returns only the free memory at the end of a heap. After many connections have closed, a
//! few small allocations that remain keep megabytes of free memory below them resident.
//! `malloc_trim` returns whole free pages anywhere.

#![warn(missing_docs)]

/// Returns whole pages of freed memory to the system. Takes milliseconds per 10 MiB of free memory,
/// during which other threads may wait for memory. Does nothing with other allocators than glibc's.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::malloc_trim(0);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    // SAFETY: the signature is that of `malloc.h`, and any thread may call it at any time with any
    // number (malloc_trim(3)).
    unsafe extern "C" {
        /// Returns 1 if memory was returned to the system.
        pub(super) safe fn malloc_trim(pad: usize) -> c_int;
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    #[test]
    fn free_memory_below_a_live_allocation_is_returned() {
        const KIB: usize = 1024;
        let mut all: Vec<Box<[u8]>> = (0..16 * KIB).map(|_| vec![1; 2 * KIB].into()).collect();
        let last = all.pop();
        drop(all);
        let before = resident_kib();
        super::trim();
        let after = resident_kib();
        assert!(after + 20 * KIB < before, "{before} KiB, {after} KiB");
        drop(last);
    }

    fn resident_kib() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let mut lines = status.lines();
        let resident = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
