//! Finds a request's client address when there are proxies in between.

use crate::config::Config;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use warp::http::{HeaderMap, HeaderName};

/// Reads the client's address from the header that trusted proxies set.
pub(in crate::api) struct ClientAddress {
    /// `None` only if the setting is not a valid header name, which the config rejects.
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

    /// Returns the address of the client whose request arrived over a connection from `peer`. Each
    /// proxy appends the address from which it received the request. So the header is read from its
    /// end, and an entry counts only if a trusted proxy added it.
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

    /// Returns whether a connection from `address` comes from one of `trusted_proxies`.
    pub(in crate::api) fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Warns once that the header is present but ignored. Behind a proxy that the config does not
    /// list, all clients share the proxy's address and therefore its limits.
    fn warn(&self, peer: IpAddr, header: &HeaderName, headers: &HeaderMap) {
        if self.has_warned.load(Ordering::Relaxed) || !headers.contains_key(header) {
            return;
        }
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                %header,
                "ignored a header with the client's address: the peer is not in \
                 trusted_proxies; if it is your reverse proxy, add it there, or all clients behind it share one \
                 rate limit and one block"
            );
        }
    }
}

/// Parses an address with or without a port.
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

    /// Returns the client behind `peer` and these header lines, where `10.0.0.0/8` and `fd00::/8`
    /// are trusted.
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
    fn the_client_is_the_first_untrusted_address_from_the_right() {
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
    fn headers_from_untrusted_peers_are_ignored() {
        assert_eq!(client_behind("192.0.2.1", &["192.0.2.9"]), "192.0.2.1");
        assert_eq!(client_behind("2001:db8::1", &["10.0.0.1"]), "2001:db8::1");
        let headers = HeaderMap::from_iter([(
            FORWARDED_FOR.parse().unwrap(),
            HeaderValue::from_static("192.0.2.9"),
        )]);
        let peer = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(
            trusting(&[]).of(peer, &headers),
            peer,
            "no proxy is trusted"
        );
    }

    #[test]
    fn a_header_from_an_untrusted_peer_logs_one_warning() {
        let (address, mut headers) = (trusting(&["10.0.0.0/8"]), HeaderMap::new());
        let has_warned = |address: &ClientAddress| address.has_warned.load(Ordering::Relaxed);
        let peer = IpAddr::from([192, 0, 2, 1]);
        address.of(peer, &headers);
        assert!(!has_warned(&address), "the header is absent");
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("192.0.2.9"));
        address.of(IpAddr::from([10, 0, 0, 1]), &headers);
        assert!(!has_warned(&address), "the peer is trusted");
        address.of(peer, &headers);
        assert!(has_warned(&address));
    }

    #[test]
    fn an_invalid_entry_ends_the_search_at_the_last_valid_address() {
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
