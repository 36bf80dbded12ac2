//! Where a request comes from when proxies stand between. Does not know what depends on it.

use crate::config::Config;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use warp::http::{HeaderMap, HeaderName};

/// Reads the client's address from the header in which trusted proxies name it.
pub(in crate::api) struct ClientAddress {
    /// `None` only if the setting held no header's name, which the settings do not accept.
    header: Option<HeaderName>,
    trusted: Vec<IpNet>,
    has_warned: AtomicBool,
}

impl ClientAddress {
    pub(in crate::api) fn new(config: &Config) -> Self {
        Self {
            header: config.client_address_header.parse().ok(),
            trusted: config.trusted_proxies.clone(),
            has_warned: AtomicBool::new(false),
        }
    }

    /// The address of the client whose request came over a connection from `peer`. Each proxy has
    /// added at the header's end from whom it got the request, so the header is read from its end,
    /// and an entry is believed only when a trusted proxy has added it.
    pub(in crate::api) fn of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let Some(header) = &self.header else {
            return client;
        };
        if !self.is_trusted(client) {
            self.warn(client, header, headers);
            return client;
        }
        let lines = headers.get_all(header).iter().rev();
        let mut entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        while self.is_trusted(client)
            && let Some(earlier) = entries.next().and_then(address)
        {
            client = earlier;
        }
        client
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Says once that the header is there and not believed: behind a proxy that is not named in the
    /// settings, all clients share its address, and its limits.
    fn warn(&self, peer: IpAddr, header: &HeaderName, headers: &HeaderMap) {
        if self.has_warned.load(Ordering::Relaxed) || !headers.contains_key(header) {
            return;
        }
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                %header,
                "a header that names the client's address is ignored, because it came from an address that is not in \
                 trusted_proxies; if this is your reverse proxy, add it there: otherwise all clients behind it share one \
                 rate limit and one block"
            );
        }
    }
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

    const FORWARDED_FOR: &str = "x-forwarded-for";

    fn trusting(networks: &[&str]) -> ClientAddress {
        let networks = networks.iter().map(|network| network.parse().unwrap());
        let mut config = Config::defaults_in("data".into());
        config.trusted_proxies = networks.collect();
        ClientAddress::new(&config)
    }

    /// The client behind `peer` and these lines, where `10.0.0.0/8` and `fd00::/8` are trusted.
    fn client_behind(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(FORWARDED_FOR, line);
        }
        let trusting = trusting(&["10.0.0.0/8", "fd00::/8"]);
        trusting.of(peer.parse().unwrap(), &headers).to_string()
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
        assert_eq!(trusting(&[]).of(peer, &headers), peer, "nobody is trusted");
    }

    #[test]
    fn a_header_from_an_untrusted_peer_is_warned_of_once() {
        let (address, mut headers) = (trusting(&["10.0.0.0/8"]), HeaderMap::new());
        let has_warned = |address: &ClientAddress| address.has_warned.load(Ordering::Relaxed);
        let peer = IpAddr::from([192, 0, 2, 1]);
        address.of(peer, &headers);
        assert!(!has_warned(&address), "there is no header");
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("192.0.2.9"));
        address.of(IpAddr::from([10, 0, 0, 1]), &headers);
        assert!(!has_warned(&address), "it is believed");
        address.of(peer, &headers);
        assert!(has_warned(&address));
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
