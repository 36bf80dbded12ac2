use super::*;
use std::net::{Ipv4Addr, Ipv6Addr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn attempts() -> LoginThrottle {
    let limit = |failures, seconds| Limit {
        failures,
        span: Duration::from_secs(seconds),
    };
    LoginThrottle {
        per_user: limit(10, 300),
        per_address: limit(50, 300),
        per_account: limit(100, 3600),
        hasher: RandomState::new(),
        state: Mutex::default(),
    }
}

/// The `n`th address from 192.0.2.0 on.
fn address(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0xc000_0200 + n))
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

/// An account's id is its username, and its email address is at example.org; `name` may be either.
impl LoginThrottle {
    fn attempt(&self, address: IpAddr, name: &str) -> Attempt {
        let attempt = self.by_name(address, &UserKey::Username(name.to_owned()));
        let id = name.to_lowercase().replace("@example.org", "");
        let exists = !name.starts_with("unknown");
        self.on(attempt, exists.then(|| UserId::new(id)).as_ref())
    }

    fn checked(&self, address: IpAddr, name: &str, seconds: i64) -> Option<Blocked> {
        blocked(&self.check(&self.attempt(address, name), at(seconds)))
    }

    fn fail(&self, address: IpAddr, name: &str, seconds: i64) -> Option<Blocked> {
        blocked(&self.failed(&self.attempt(address, name), at(seconds)))
    }

    fn succeed(&self, address: IpAddr, name: &str, seconds: i64) -> Result<()> {
        self.succeeded(&self.attempt(address, name), at(seconds))
    }
}

#[test]
fn ten_failures_block_that_user_from_that_address_for_five_minutes() {
    let attempts = attempts();
    for n in 0..10 {
        assert_eq!(attempts.fail(HERE, "bob", n), None);
    }
    let user = Some(Blocked::User);
    assert_eq!(attempts.checked(HERE, "bob", 308), user, "from the tenth");
    assert_eq!(attempts.checked(HERE, "ann", 299), None);
    assert_eq!(attempts.checked(address(1), "bob", 299), None);
    assert_eq!(
        attempts.checked(HERE, "bob", 309),
        None,
        "the block has ended"
    );
}

#[test]
fn failures_count_together_within_a_span_that_begins_with_the_first() {
    let attempts = attempts();
    for seconds in [0, 250, 250, 250, 250, 250, 250, 250, 250, 301] {
        assert_eq!(attempts.fail(HERE, "bob", seconds), None);
    }
    assert_eq!(attempts.checked(HERE, "bob", 302), None);
}

#[test]
fn fifty_failures_block_the_address() {
    let attempts = attempts();
    for n in 0..50 {
        assert_eq!(attempts.fail(HERE, &format!("user{n}"), 0), None);
    }
    assert_eq!(
        attempts.checked(HERE, "somebody", 1),
        Some(Blocked::Address)
    );
    let cheap = attempts.check_address(&attempts.attempt(HERE, "somebody"), at(1));
    assert_eq!(blocked(&cheap), Some(Blocked::Address));
}

#[test]
fn success_clears_the_name_but_not_the_address() {
    let attempts = attempts();
    for n in 0..50 {
        attempts.fail(HERE, "bob", n);
        attempts.succeed(HERE, "bob", n).unwrap_or_default();
    }
    assert_eq!(attempts.checked(HERE, "bob", 50), Some(Blocked::Address));
}

#[test]
fn attempts_allowed_before_others_failed_are_checked_again() {
    let attempts = attempts();
    for _ in 0..20 {
        assert_eq!(attempts.checked(HERE, "bob", 0), None, "twenty at once");
    }
    for n in 0..20 {
        let expected = (n >= 10).then_some(Blocked::User);
        assert_eq!(attempts.fail(HERE, "bob", 1), expected, "{n}");
    }
    let late = attempts.succeed(HERE, "bob", 1);
    assert_eq!(blocked(&late), Some(Blocked::User));
}

#[test]
fn username_and_email_share_a_limit_and_only_the_typed_name_reports_it() {
    let attempts = attempts();
    for n in 0..10 {
        let name = if n % 2 == 0 { "bob" } else { "BOB@example.org" };
        assert_eq!(attempts.fail(HERE, name, 0), None);
    }
    for name in ["bob", "bob@example.org"] {
        assert_eq!(attempts.checked(HERE, name, 1), None, "{name}");
        let right = attempts.succeed(HERE, name, 1);
        assert!(matches!(right, Err(Error::LoginRefused)), "{name}");
    }
    // A silently refused attempt counts like a wrong password, under the typed name only.
    for _ in 0..4 {
        assert_eq!(attempts.fail(HERE, "bob", 2), None);
    }
    assert_eq!(attempts.checked(HERE, "bob", 2), Some(Blocked::User));
    attempts.succeed(HERE, "bob@example.org", 300).unwrap();
}

#[test]
fn a_hundred_failures_from_anywhere_block_an_account_for_an_hour_from_new_addresses() {
    let attempts = attempts();
    attempts.succeed(HERE, "bob", 0).unwrap();
    attempts.recognise(address(999), &UserId::new("bob".to_owned()), at(0));
    for n in 0..100 {
        assert_eq!(attempts.fail(address(n), "bob", 0), None);
        assert_eq!(attempts.fail(address(n), "unknown", 0), None);
    }
    for name in ["bob", "unknown"] {
        let user = Some(Blocked::User);
        assert_eq!(attempts.checked(address(1000), name, 3599), user, "{name}");
        assert_eq!(attempts.checked(address(1000), name, 3600), None, "{name}");
    }
    assert_eq!(attempts.checked(address(1000), "ann", 1), None);
    for known in [HERE, address(999)] {
        assert_eq!(attempts.checked(known, "bob", 1), None, "bob was there");
        attempts.succeed(known, "bob@example.org", 1).unwrap();
    }
    let silent = attempts.succeed(address(1000), "bob@example.org", 1);
    assert!(matches!(silent, Err(Error::LoginRefused)), "{silent:?}");
}

#[test]
fn failures_from_known_networks_do_not_block_elsewhere() {
    let attempts = attempts();
    attempts.succeed(HERE, "bob", 0).unwrap();
    for n in 0..200 {
        attempts.fail(HERE, "bob", n * 310);
    }
    assert_eq!(attempts.checked(address(1), "bob", 200 * 310), None);
}

#[test]
fn a_confirmed_password_counts_together_with_logins() {
    let attempts = attempts();
    for _ in 0..10 {
        attempts.fail(HERE, "bob", 0);
    }
    let confirming = attempts.by_account(HERE, &UserId::new("bob".to_owned()));
    let result = attempts.check(&confirming, at(1));
    assert_eq!(blocked(&result), Some(Blocked::User));
}

#[test]
fn an_ipv6_network_counts_as_one_address() {
    let attempts = attempts();
    let v6 = |network, host| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, network, host, 0, 0, 1));
    for n in 0..10 {
        attempts.fail(v6(1, n), "bob", 0);
    }
    let user = Some(Blocked::User);
    assert_eq!(attempts.checked(v6(1, 99), "bob", 0), user);
    assert_eq!(attempts.checked(v6(2, 0), "bob", 0), None);
}

#[test]
fn memory_is_bounded_and_counters_closest_to_a_block_are_kept() {
    let attempts = attempts();
    for _ in 0..10 {
        attempts.fail(address(0), "ann", 0);
    }
    let (flood, name) = (
        |n: u32| IpAddr::V4(Ipv4Addr::from_bits(n)),
        |n: u32| format!("unknown{n}"),
    );
    for n in 0..30_000_u32 {
        attempts.fail(flood(n), &name(n), i64::from(n) / 1000);
    }
    assert!(attempts.lock().failures.size() <= crate::auth::fixed_window::CAPACITY);
    let user = Some(Blocked::User);
    assert_eq!(attempts.checked(address(0), "ann", 30), user);
    for _ in 0..9 {
        attempts.fail(flood(29_999), &name(29_999), 30);
    }
    let newest = attempts.checked(flood(29_999), &name(29_999), 30);
    assert_eq!(newest, user, "the newest are still counted");
}

#[test]
fn among_equals_the_least_recently_changed_are_evicted() {
    let attempts = attempts();
    let name = |n: u32| format!("unknown{n}");
    let spread = |n: u32| address(n / 40);
    attempts.fail(spread(0), &name(0), 0);
    attempts.fail(spread(0), &name(1), 1);
    attempts.fail(spread(0), &name(0), 2);
    for n in 2..10_000 {
        attempts.fail(spread(n), &name(n), 3);
    }
    let failures = |n| {
        let attempt = attempts.attempt(spread(n), &name(n));
        let [key, _] = attempt.counters(attempt.name, true);
        attempts.lock().failures.find(&key.unwrap())
    };
    assert_eq!(failures(0).map(|of| of.count), Some(2));
    assert!(failures(1).is_none(), "unchanged since the first second");
}

#[test]
fn counters_that_are_over_make_room_before_any_other() {
    let attempts = attempts();
    let name = |n: u32| format!("unknown{n}");
    for n in 0..8_000 {
        attempts.fail(address(n), &name(n), 0);
    }
    let kept = attempts.lock().failures.size();
    assert!(kept > 12_000, "{kept} are counted at once");
    for n in 8_000..14_000 {
        attempts.fail(address(n), &name(n), 3600);
    }
    let counted = |n: u32| {
        let attempt = attempts.attempt(address(n), &name(n));
        let [key, _] = attempt.counters(attempt.name, true);
        attempts.lock().failures.find(&key.unwrap()).is_some()
    };
    assert!(!counted(0) && (8_000..14_000).all(counted));
}

#[test]
fn forget_lifts_blocks_and_forgets_known_networks() {
    let attempts = attempts();
    attempts.succeed(HERE, "bob", 0).unwrap();
    for n in 0..10 {
        attempts.fail(HERE, "ann", n);
    }
    attempts.forget();
    assert_eq!(attempts.checked(HERE, "ann", 10), None);
    for n in 0..100 {
        attempts.fail(address(n), "bob", 10);
    }
    let user = Some(Blocked::User);
    assert_eq!(
        attempts.checked(HERE, "bob", 11),
        user,
        "bob is unknown here"
    );
}

#[test]
fn a_clock_that_was_set_back_ends_a_block() {
    let attempts = attempts();
    for n in 1000..1010 {
        attempts.fail(HERE, "bob", n);
    }
    assert_eq!(attempts.checked(HERE, "bob", 1008), None);
    assert_eq!(attempts.checked(HERE, "bob", 1009), Some(Blocked::User));
}
