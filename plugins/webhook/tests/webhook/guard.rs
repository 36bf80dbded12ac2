//! Which addresses may be dialled, range by range. Dials none.

use std::net::IpAddr;

use doorsign_webhook::Guard;
use ipnet::IpNet;

/// The first and last address of each non-public range, and their public neighbours.
const RANGES_V4: [(&str, &str, &str); 15] = [
    ("", "0.0.0.0/8", "1.0.0.0"),
    ("9.255.255.255", "10.0.0.0/8", "11.0.0.0"),
    ("100.63.255.255", "100.64.0.0/10", "100.128.0.0"),
    ("126.255.255.255", "127.0.0.0/8", "128.0.0.0"),
    ("169.253.255.255", "169.254.0.0/16", "169.255.0.0"),
    ("172.15.255.255", "172.16.0.0/12", "172.32.0.0"),
    ("191.255.255.255", "192.0.0.0/24", "192.0.1.0"),
    ("192.0.1.255", "192.0.2.0/24", "192.0.3.0"),
    ("192.88.98.255", "192.88.99.0/24", "192.88.100.0"),
    ("192.167.255.255", "192.168.0.0/16", "192.169.0.0"),
    ("198.17.255.255", "198.18.0.0/15", "198.20.0.0"),
    ("198.51.99.255", "198.51.100.0/24", "198.51.101.0"),
    ("203.0.112.255", "203.0.113.0/24", "203.0.114.0"),
    ("223.255.255.255", "224.0.0.0/4", ""),
    ("", "240.0.0.0/4", ""),
];

const RANGES_V6: [(&str, &str, &str); 13] = [
    ("", "::/128", ""),
    ("", "::1/128", ""),
    ("", "64:ff9b:1::/48", ""),
    ("", "100::/64", ""),
    ("2000:ffff::", "2001::/32", ""),
    ("", "2001::/23", "2001:200::"),
    ("2001:db7:ffff::", "2001:db8::/32", "2001:db9::"),
    ("3ffe:ffff::", "3fff::/20", "3fff:1000::"),
    ("", "4000::/3", ""),
    ("", "fc00::/7", ""),
    ("", "fe80::/10", ""),
    ("", "fec0::/10", ""),
    ("", "ff00::/8", ""),
];

fn admits(guard: &Guard, address: &str) -> bool {
    guard.admits(address.parse().unwrap())
}

fn guard(allowed: &[&str]) -> Guard {
    Guard::new(allowed.iter().map(|it| it.parse().unwrap()).collect())
}

#[test]
fn every_non_public_range_is_rejected_to_its_last_address() {
    let guard = guard(&[]);
    for (before, range, after) in RANGES_V4.into_iter().chain(RANGES_V6) {
        let range: IpNet = range.parse().unwrap();
        for inside in [range.network(), range.broadcast()] {
            assert!(!guard.admits(inside), "{inside}");
        }
        for outside in [before, after] {
            assert!(outside.is_empty() || admits(&guard, outside), "{outside}");
        }
    }
}

#[test]
fn public_addresses_are_admitted() {
    for address in [
        "1.1.1.1",
        "93.184.215.14",
        "2606:4700::1111",
        "2a00:1450::8a",
        "2620:fe::fe",
    ] {
        assert!(admits(&guard(&[]), address), "{address}");
    }
}

#[test]
fn an_embedded_ipv4_address_is_checked() {
    let guard = guard(&[]);
    for (private, public) in [
        ("::10.0.0.5", "::1.1.1.1"),
        ("::ffff:169.254.169.254", "::ffff:1.1.1.1"),
        ("64:ff9b::127.0.0.1", "64:ff9b::1.1.1.1"),
        ("2002:c0a8:101::1", "2002:101:101::1"),
    ] {
        assert!(!admits(&guard, private), "{private}");
        assert!(admits(&guard, public), "{public}");
    }
}

#[test]
fn only_allowed_networks_are_admitted() {
    let guard = guard(&["10.1.0.0/16", "fd00:1::/32", "192.168.1.7/32"]);
    for address in [
        "10.1.255.255",
        "::ffff:10.1.0.5",
        "64:ff9b::10.1.0.5",
        "fd00:1::5",
        "192.168.1.7",
        "1.1.1.1",
    ] {
        assert!(admits(&guard, address), "{address}");
    }
    for address in [
        "10.2.0.0",
        "::ffff:10.2.0.0",
        "fd00:2::5",
        "192.168.1.8",
        "127.0.0.1",
        "::1",
    ] {
        assert!(!admits(&guard, address), "{address}");
    }
}

#[test]
fn an_allowed_network_does_not_admit_the_other_address_family() {
    let all_v4: IpAddr = "10.0.0.1".parse().unwrap();
    assert!(!guard(&["::/0"]).admits(all_v4));
    assert!(guard(&["0.0.0.0/0"]).admits(all_v4));
    assert!(!admits(&guard(&["0.0.0.0/0"]), "fe80::1"));
}
