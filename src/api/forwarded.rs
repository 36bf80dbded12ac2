//! Where a request comes from when proxies stand between, by the header `X-Forwarded-For`. Knows nothing of what depends on it.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use warp::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client whose request came over a connection from `peer`. Each proxy has added at the header's end from whom it
/// got the request, so it is read from there, and a word is believed only when a `trusted` proxy has said it.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut told = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut client = peer.to_canonical();
    while is_trusted(&client)
        && let Some(earlier) = told.next().and_then(address)
    {
        client = earlier;
    }
    client
}

/// An address with a port or without one.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare.parse::<IpAddr>();
    let address = address.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp::http::HeaderValue;

    /// The client behind `peer` and these lines, where `10.0.0.0/8` and `fd00::/8` are trusted.
    fn client_behind(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(FORWARDED_FOR, line);
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn the_client_is_the_first_from_the_right_who_is_not_trusted() {
        for (peer, lines, expected) in [
            ("10.0.0.1", &[][..], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.9, 192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.1 ,10.0.0.3,fd00::2"], "192.0.2.1"),
            (
                "10.0.0.1",
                &["192.0.2.9", "192.0.2.1, 10.0.0.2"],
                "192.0.2.1",
            ),
            ("10.0.0.1", &["10.0.0.4", "10.0.0.3, 10.0.0.2"], "10.0.0.4"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            assert_eq!(client_behind(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn who_is_not_trusted_is_not_believed() {
        assert_eq!(client_behind("192.0.2.1", &["192.0.2.9"]), "192.0.2.1");
        assert_eq!(client_behind("2001:db8::1", &["10.0.0.1"]), "2001:db8::1");
        let headers = HeaderMap::from_iter([(
            FORWARDED_FOR.parse().unwrap(),
            HeaderValue::from_static("192.0.2.9"),
        )]);
        let peer = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(client(peer, &headers, &[]), peer, "nobody is trusted");
    }

    #[test]
    fn what_is_no_address_ends_the_search_at_the_last_good_one() {
        for bad in [
            "unknown",
            "",
            "10.0.0",
            "10.0.0.256",
            "_secret",
            "é",
            "[10.0.0.1",
        ] {
            let line = format!("192.0.2.9, {bad}, 10.0.0.2");
            assert_eq!(client_behind("10.0.0.1", &[&line]), "10.0.0.2", "{bad:?}");
            assert_eq!(client_behind("10.0.0.1", &[bad]), "10.0.0.1", "{bad:?}");
        }
    }

    #[test]
    fn addresses_may_have_ports_and_be_ipv4_written_as_ipv6() {
        for (entry, expected) in [
            ("192.0.2.1:567", "192.0.2.1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1"),
        ] {
            assert_eq!(
                client_behind("::ffff:10.0.0.1", &[entry]),
                expected,
                "{entry}"
            );
        }
    }
}
