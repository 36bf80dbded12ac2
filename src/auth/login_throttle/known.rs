//! The networks from which each account has logged in, bounded in number. Caches the stored logins,
//! plus logins that ended since the start. Missing accounts are loaded at their next attempt.

use crate::auth::fixed_window::evict_lowest;
use crate::domain::Timestamp;
use crate::domain::network::Network;
use std::collections::HashMap;

/// Maximum number of accounts. Beyond it, the half with the oldest logins is evicted.
const ACCOUNTS: usize = 5_000;
/// Maximum number of networks per account, so that one account cannot displace those of others.
pub(super) const NETWORKS: usize = 16;

/// A keyed hash of the typed name or of the account id, because names can be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Subject(pub(super) u64);

#[derive(Default)]
pub(super) struct Known(HashMap<Subject, Account>);

struct Account {
    /// Least recently used first.
    networks: Vec<Network>,
    last: Timestamp,
    /// Whether the networks of the stored logins were loaded.
    is_loaded: bool,
}

impl Known {
    /// Returns whether `account` has logged in from `network`.
    pub(super) fn contains(&self, account: Subject, network: Network) -> bool {
        let known = self.0.get(&account);
        known.is_some_and(|known| known.networks.contains(&network))
    }

    /// Returns whether the stored logins of `account` were loaded.
    pub(super) fn is_loaded(&self, account: Subject) -> bool {
        self.0.get(&account).is_some_and(|known| known.is_loaded)
    }

    /// Adds the networks of the stored logins of `account`, newest first, as older than the known
    /// ones. An account without stored logins is the first to be evicted, so that a flood of names
    /// costs others nothing.
    pub(super) fn load(
        &mut self,
        account: Subject,
        stored: impl IntoIterator<Item = (Network, Timestamp)>,
    ) {
        let known = self.entry(account);
        known.is_loaded = true;
        for (network, used_at) in stored {
            known.last = known.last.max(used_at);
            if known.networks.len() < NETWORKS && !known.networks.contains(&network) {
                known.networks.insert(0, network);
            }
        }
    }

    /// Records that `account` has logged in from `network`.
    pub(super) fn add(&mut self, account: Subject, network: Network, now: Timestamp) {
        let known = self.entry(account);
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

    fn entry(&mut self, account: Subject) -> &mut Account {
        self.make_room();
        self.0.entry(account).or_insert_with(|| Account {
            networks: Vec::new(),
            last: Timestamp::from_millis(0),
            is_loaded: false,
        })
    }

    fn make_room(&mut self) {
        if self.0.len() < ACCOUNTS {
            return;
        }
        evict_lowest(&mut self.0, ACCOUNTS / 2 + 1, |_, account| account.last);
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
        assert!(known.contains(ann, network(0)), "it is used continually");
        assert!(known.contains(ann, network(5)), "sixteen different ones");
        assert!(known.contains(ann, network(19)) && !known.contains(ann, network(4)));
        assert!(!known.contains(Subject(2), network(0)));
    }

    #[test]
    fn stored_networks_are_older_than_those_used_since() {
        let (mut known, ann) = (Known::default(), Subject(1));
        known.add(ann, network(0), at(100));
        assert!(!known.is_loaded(ann));
        known.load(ann, (0..20).map(|n| (network(n), at(50))));
        assert!(known.is_loaded(ann));
        assert_eq!(known.networks(), NETWORKS);
        assert!(known.contains(ann, network(15)) && !known.contains(ann, network(16)));
        known.add(ann, network(99), at(101));
        assert!(!known.contains(ann, network(15)), "the oldest one");
        assert!(known.contains(ann, network(0)), "it was used since");
    }

    #[test]
    fn accounts_without_a_stored_login_evict_no_others() {
        let (mut known, ann) = (Known::default(), Subject(0));
        known.load(ann, [(network(1), at(1))]);
        for n in 1..12_000 {
            known.load(Subject(n), []);
            assert!(known.0.len() <= ACCOUNTS);
        }
        assert!(known.contains(ann, network(1)));
    }

    #[test]
    fn a_flood_of_accounts_evicts_the_least_recently_used() {
        let mut known = Known::default();
        for n in 0..12_000 {
            known.add(Subject(n), network(1), at(i64::try_from(n).unwrap()));
            assert!(known.0.len() <= ACCOUNTS);
        }
        assert!(known.contains(Subject(11_999), network(1)));
        assert!(!known.contains(Subject(0), network(1)));
    }
    #[test]
    fn an_account_that_logs_in_again_is_kept() {
        let mut known = Known::default();
        let mut add = |n: u64, millis: u64| {
            let now = at(i64::try_from(millis).unwrap());
            known.add(Subject(n), network(1), now);
        };
        (0..4_000).for_each(|n| add(n, n));
        add(0, 4_000);
        (4_001..6_000).for_each(|n| add(n, n));
        assert!(known.contains(Subject(0), network(1)));
        assert!(!known.contains(Subject(1), network(1)));
    }
}
