//! From where each account has logged in, bounded in number. Kept in memory like the counters: after
//! a restart nobody is blocked either.

use super::table::Subject;
use crate::domain::Timestamp;
use crate::network::Network;
use std::collections::HashMap;

/// Accounts kept at most; beyond it, the half that has not logged in for longest is dropped.
const ACCOUNTS: usize = 5_000;
/// Networks kept of an account, so that one account cannot displace the networks of others.
const NETWORKS: usize = 16;

#[derive(Default)]
pub(super) struct Known(HashMap<Subject, Account>);

struct Account {
    /// The one that was used last stands at the end.
    networks: Vec<Network>,
    last: Timestamp,
}

impl Known {
    /// Whether `account` has logged in from `network`.
    pub(super) fn contains(&self, account: Subject, network: Network) -> bool {
        let known = self.0.get(&account);
        known.is_some_and(|known| known.networks.contains(&network))
    }

    /// Notes that `account` has logged in from `network`.
    pub(super) fn add(&mut self, account: Subject, network: Network, now: Timestamp) {
        self.make_room();
        let known = self.0.entry(account).or_insert_with(|| Account {
            networks: Vec::new(),
            last: now,
        });
        known.last = now;
        known.networks.retain(|one| *one != network);
        if known.networks.len() == NETWORKS {
            known.networks.remove(0);
        }
        known.networks.push(network);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn make_room(&mut self) {
        if self.0.len() < ACCOUNTS {
            return;
        }
        let mut all: Vec<_> = self.0.iter().map(|(one, of)| (of.last, *one)).collect();
        let (older, last, _) = all.select_nth_unstable_by_key(ACCOUNTS / 2, |(last, _)| *last);
        for (_, account) in older.iter().chain([&*last]) {
            self.0.remove(account);
        }
    }

    #[cfg(test)]
    pub(super) fn networks(&self) -> usize {
        self.0.values().map(|of| of.networks.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn network(n: u32) -> Network {
        IpAddr::V4(Ipv4Addr::from_bits(n)).into()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn an_account_keeps_the_sixteen_networks_it_used_last() {
        let (mut known, ann) = (Known::default(), Subject(1));
        for n in 0..20 {
            known.add(ann, network(n), at(0));
            known.add(ann, network(0), at(0));
        }
        assert_eq!(known.networks(), NETWORKS);
        assert!(known.contains(ann, network(0)), "it is used all the time");
        assert!(known.contains(ann, network(19)) && !known.contains(ann, network(4)));
        assert!(!known.contains(Subject(2), network(0)));
    }

    #[test]
    fn a_flood_of_accounts_drops_those_that_are_silent_for_longest() {
        let mut known = Known::default();
        for n in 0..12_000 {
            known.add(Subject(n), network(1), at(i64::try_from(n).unwrap()));
            assert!(known.0.len() <= ACCOUNTS);
        }
        assert!(known.contains(Subject(11_999), network(1)));
        assert!(!known.contains(Subject(0), network(1)));
    }
}
