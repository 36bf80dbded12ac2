//! Limits how many refused logins become audit records. Anonymous clients cause them, so they must
//! not exhaust the writer or the disk. Beyond the limit a refusal is only logged, and the next
//! record counts the omitted ones.

use crate::domain::Timestamp;
use crate::domain::network::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Maximum records per minute for one IPv4 address or IPv6 /64 network.
pub const PER_NETWORK_AND_MINUTE: u32 = 20;
/// Maximum records per minute over all addresses.
pub const PER_MINUTE: u32 = 120;

const MINUTE: Duration = Duration::from_secs(60);

/// Counts the records of the current minute.
#[derive(Default)]
pub struct Refusals {
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    began: Option<Timestamp>,
    total: u32,
    /// At most [`PER_MINUTE`] entries.
    by_network: HashMap<Network, u32>,
    left_out: u64,
}

impl Refusals {
    /// Counts a refusal. `Some(n)`: record it; `n` refusals before it were omitted. `None`: omit
    /// it.
    pub fn count(&self, address: IpAddr, now: Timestamp) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.restart_when_over(now);
        let network = Network::from(address);
        let of_network = window.by_network.get(&network).copied().unwrap_or_default();
        if window.total >= PER_MINUTE || of_network >= PER_NETWORK_AND_MINUTE {
            window.left_out += 1;
            return None;
        }
        window.total += 1;
        window.by_network.insert(network, of_network + 1);
        Some(std::mem::take(&mut window.left_out))
    }

    /// Counts refusals that could not be stored.
    pub fn leave_out(&self, refusals: u64) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.left_out += refusals;
    }
}

impl Window {
    fn restart_when_over(&mut self, now: Timestamp) {
        let over = |began: Timestamp| now < began || now.since(began) >= MINUTE;
        if self.began.is_none_or(over) {
            *self = Self {
                began: Some(now),
                left_out: self.left_out,
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn records_per_network_are_limited_and_the_next_record_counts_the_omitted_ones() {
        let refusals = Refusals::default();
        let recorded = |seconds| refusals.count(address(1), at(seconds));
        for _ in 0..PER_NETWORK_AND_MINUTE {
            assert_eq!(recorded(0), Some(0));
        }
        assert_eq!((recorded(1), recorded(59)), (None, None));
        assert_eq!(refusals.count(address(2), at(59)), Some(2));
        assert_eq!(
            (recorded(59), recorded(60), recorded(60)),
            (None, Some(1), Some(0))
        );
    }

    #[test]
    fn records_of_all_networks_are_limited() {
        let refusals = Refusals::default();
        let recorded = (0..10_000).filter(|n| refusals.count(address(*n), at(0)).is_some());
        assert_eq!(recorded.count(), PER_MINUTE as usize);
        assert_eq!(
            refusals.window.lock().unwrap().by_network.len(),
            PER_MINUTE as usize
        );
    }

    #[test]
    fn setting_the_clock_back_starts_a_new_minute() {
        let refusals = Refusals::default();
        while refusals.count(address(1), at(1000)).is_some() {}
        assert_eq!(refusals.count(address(1), at(1)), Some(1));
    }
}
