//! Failed logins: who has to wait. Kept in memory, since a restart that forgives is better than a disk that fills. A name is counted
//! whether or not somebody has it, so that being blocked tells nothing. Knows nothing of passwords.

use crate::config::Config;
use crate::domain::{Blocked, Error, Result, Timestamp};
use crate::network::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Names and addresses counted at most; beyond, the longest silent are forgotten.
const CAPACITY: usize = 20_000;

/// Counts failed logins over a span of time that begins with the first. The one that is too many blocks for as long again.
pub struct Attempts {
    per_user: u32,
    per_address: u32,
    span: Duration,
    failures: Mutex<HashMap<Key, Failures>>,
}

/// Whose failures: a network's, or a network's with one name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    network: Network,
    name: Option<String>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// When the first was counted.
    since: Timestamp,
    /// When the last was counted.
    last: Timestamp,
}

impl Attempts {
    /// With the limits of the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            per_user: config.login_failures_per_user,
            per_address: config.login_failures_per_address,
            span: Duration::from_secs(config.login_block_seconds.into()),
            failures: Mutex::default(),
        }
    }

    /// Whether an attempt may be made. Asked before the password is looked at, and again by the other two when it has been: what was
    /// allowed before others failed is not judged after them, so that many attempts at once are no more worth than one after the other.
    ///
    /// # Errors
    /// `LoginBlocked` when there were too many failures.
    pub fn check(&self, address: IpAddr, name: &str, now: Timestamp) -> Result<()> {
        self.refuse(&self.lock(), &keys(address, name), now)
    }

    /// The password was right: the name is forgiven.
    ///
    /// # Errors
    /// `LoginBlocked`, without a word on the password, when there were too many failures meanwhile.
    pub fn succeeded(&self, address: IpAddr, name: &str, now: Timestamp) -> Result<()> {
        let keys = keys(address, name);
        let mut failures = self.lock();
        self.refuse(&failures, &keys, now)?;
        failures.remove(&keys[0]);
        Ok(())
    }

    /// The password was wrong: counts against the name and the address.
    ///
    /// # Errors
    /// As for [`succeeded`](Self::succeeded); what is refused does not count.
    pub fn failed(&self, address: IpAddr, name: &str, now: Timestamp) -> Result<()> {
        let keys = keys(address, name);
        let mut failures = self.lock();
        self.refuse(&failures, &keys, now)?;
        self.make_room(&mut failures, now);
        for key in keys {
            let none = Failures {
                count: 0,
                since: now,
                last: now,
            };
            let counted = failures.get(&key).filter(|f| !self.is_over(&key, f, now));
            let counted = counted.copied().unwrap_or(none);
            let one_more = Failures {
                count: counted.count.saturating_add(1),
                last: now,
                ..counted
            };
            failures.insert(key, one_more);
        }
        Ok(())
    }

    /// Forgets every failure.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn refuse(
        &self,
        failures: &HashMap<Key, Failures>,
        keys: &[Key; 2],
        now: Timestamp,
    ) -> Result<()> {
        for (key, blocked) in keys.iter().zip([Blocked::User, Blocked::Address]) {
            if let Some(until) = self.full(failures, key, now) {
                return Err(Error::LoginBlocked { blocked, until });
            }
        }
        Ok(())
    }

    fn full(
        &self,
        failures: &HashMap<Key, Failures>,
        key: &Key,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let failed = failures.get(key)?;
        (self.is_full(key, failed) && !self.is_over(key, failed, now))
            .then(|| failed.last.after(self.span))
    }

    fn is_full(&self, key: &Key, failed: &Failures) -> bool {
        let limit = match key.name {
            Some(_) => self.per_user,
            None => self.per_address,
        };
        failed.count >= limit
    }

    fn is_over(&self, key: &Key, failed: &Failures, now: Timestamp) -> bool {
        let began = if self.is_full(key, failed) {
            failed.last
        } else {
            failed.since
        };
        now < began || now.since(began) >= self.span
    }

    fn make_room(&self, failures: &mut HashMap<Key, Failures>, now: Timestamp) {
        if failures.len() + 2 > CAPACITY {
            failures.retain(|key, failed| !self.is_over(key, failed, now));
        }
        if failures.len() + 2 > CAPACITY {
            let mut times: Vec<_> = failures.values().map(|failed| failed.since).collect();
            let (_, middle, _) = times.select_nth_unstable(failures.len() / 2);
            let middle = *middle;
            failures.retain(|_, failed| failed.since > middle);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys(address: IpAddr, name: &str) -> [Key; 2] {
    let network = address.into();
    // A name can be as long as a body; what is kept of it is bounded.
    let name = name.chars().take(64).collect();
    [
        Key {
            network,
            name: Some(name),
        },
        Key {
            network,
            name: None,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn attempts() -> Attempts {
        Attempts {
            per_user: 10,
            per_address: 50,
            span: Duration::from_secs(300),
            failures: Mutex::default(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    fn blocked(result: &Result<()>) -> Option<Blocked> {
        match result {
            Ok(()) => None,
            Err(Error::LoginBlocked { blocked, .. }) => Some(*blocked),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn ten_failures_block_that_user_from_that_address_for_five_minutes() {
        let attempts = attempts();
        for n in 0..10 {
            assert_eq!(blocked(&attempts.failed(HERE, "bob", at(n))), None);
        }
        assert_eq!(
            blocked(&attempts.check(HERE, "bob", at(308))),
            Some(Blocked::User),
            "five minutes from the tenth, which was at 9"
        );
        assert_eq!(
            blocked(&attempts.check(HERE, "ann", at(299))),
            None,
            "others are not"
        );
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(
            blocked(&attempts.check(elsewhere, "bob", at(299))),
            None,
            "nor is bob from elsewhere"
        );
        assert_eq!(
            blocked(&attempts.check(HERE, "bob", at(309))),
            None,
            "five minutes later it is over"
        );
    }

    #[test]
    fn fifty_failures_block_the_address() {
        let attempts = attempts();
        for n in 0..50 {
            assert_eq!(
                blocked(&attempts.failed(HERE, &format!("user{n}"), at(0))),
                None
            );
        }
        assert_eq!(
            blocked(&attempts.check(HERE, "somebody", at(1))),
            Some(Blocked::Address)
        );
    }

    #[test]
    fn success_forgives_the_name_and_not_the_address() {
        let attempts = attempts();
        for n in 0..50 {
            attempts.failed(HERE, "bob", at(n)).unwrap();
            attempts.succeeded(HERE, "bob", at(n)).unwrap_or_default();
        }
        assert_eq!(
            blocked(&attempts.check(HERE, "bob", at(50))),
            Some(Blocked::Address)
        );
    }

    #[test]
    fn what_was_allowed_before_others_failed_is_not_judged_after_them() {
        let attempts = attempts();
        for _ in 0..20 {
            assert_eq!(
                blocked(&attempts.check(HERE, "bob", at(0))),
                None,
                "twenty at once"
            );
        }
        for n in 0..20 {
            let expected = (n >= 10).then_some(Blocked::User);
            assert_eq!(
                blocked(&attempts.failed(HERE, "bob", at(1))),
                expected,
                "{n}"
            );
        }
        assert_eq!(
            blocked(&attempts.succeeded(HERE, "bob", at(1))),
            Some(Blocked::User)
        );
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let attempts = attempts();
        for n in 0..10 {
            attempts
                .failed(
                    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, n, 0, 0, 1)),
                    "bob",
                    at(0),
                )
                .unwrap();
        }
        let same = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 99, 0, 0, 1));
        let other = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1));
        assert_eq!(
            blocked(&attempts.check(same, "bob", at(0))),
            Some(Blocked::User)
        );
        assert_eq!(blocked(&attempts.check(other, "bob", at(0))), None);
    }

    #[test]
    fn memory_is_bounded_under_a_flood_of_addresses() {
        let attempts = attempts();
        for n in 0..30_000_u32 {
            attempts
                .failed(
                    IpAddr::V4(Ipv4Addr::from_bits(n)),
                    "bob",
                    at(i64::from(n) / 1000),
                )
                .unwrap();
        }
        assert!(attempts.lock().len() <= CAPACITY);
        let newest = IpAddr::V4(Ipv4Addr::from_bits(29_999));
        for _ in 0..9 {
            attempts.failed(newest, "bob", at(30)).unwrap();
        }
        assert_eq!(
            blocked(&attempts.failed(newest, "bob", at(30))),
            Some(Blocked::User),
            "the newest are still counted"
        );
    }
}
