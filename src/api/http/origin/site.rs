//! Web origins and authorities, normalised for comparison: lower case, default ports added, IPv6
//! addresses shortened.

use std::net::Ipv6Addr;

/// A host with an optional port, as in `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Authority {
    pub(in crate::api) host: String,
    pub(in crate::api) port: Option<u16>,
}

/// Scheme, host and port of a web page (RFC 6454, section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Authority {
    /// Parses an authority; `None` when it is invalid or contains a user name.
    pub(in crate::api) fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (text, ""),
        };
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            "" => None,
            port if is_number => Some(port.parse().ok()?),
            _ => return None,
        };
        let host = normalised(host)?;
        Some(Self { host, port })
    }
}

impl Origin {
    /// Returns the origin of an `http` or `https` URL; `None` for everything else, such as `null`.
    pub(in crate::api) fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = match scheme {
            http if http.eq_ignore_ascii_case("http") => Scheme::Http,
            https if https.eq_ignore_ascii_case("https") => Scheme::Https,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let Authority { host, port } = Authority::parse(authority)?;
        let port = port.unwrap_or(scheme.port());
        Some(Self { scheme, host, port })
    }

    pub(in crate::api) fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether both have the same host, and either the same port or each its scheme's
    /// default port. The scheme may differ, because a proxy may terminate TLS.
    pub(in crate::api) fn is_at(&self, other: &Self) -> bool {
        self.host == other.host && self.special_port() == other.special_port()
    }

    /// Returns whether a request with this `Host` may have been sent to this origin. Proxies drop
    /// the port or add their own. So two sites differ only if both have a non-default port and the
    /// ports differ.
    pub(in crate::api) fn answers_to(&self, host: &Authority) -> bool {
        let sent = host.port.filter(|port| ![80, 443].contains(port));
        let same_port = match (self.special_port(), sent) {
            (Some(own), Some(sent)) => own == sent,
            _ => true,
        };
        self.host == host.host && same_port
    }

    fn special_port(&self) -> Option<u16> {
        Some(self.port).filter(|port| *port != self.scheme.port())
    }
}

/// Returns a host in lower case, without the trailing dot of an absolute name. International names
/// arrive as punycode and are compared as such.
fn normalised(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty() && host.bytes().all(is_part)).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own(origin: &str, host: &str) -> bool {
        let own = Origin::of_url(origin).zip(Authority::parse(host));
        own.is_some_and(|(origin, host)| origin.answers_to(&host))
    }

    #[test]
    fn spellings_of_one_origin_are_equal() {
        for (one, other) in [
            ("https://chat.example", "HTTPS://Chat.Example:443/"),
            ("http://chat.example", "http://chat.example.:80"),
            ("http://[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000/path"),
            (
                "https://xn--mnchen-3ya.example",
                "https://XN--MNCHEN-3YA.example",
            ),
        ] {
            assert!(Origin::of_url(one).is_some(), "{one}");
            assert_eq!(Origin::of_url(one), Origin::of_url(other), "{other}");
        }
        for (one, other) in [
            ("https://chat.example", "http://chat.example"),
            ("https://chat.example", "https://chat.example:8443"),
            ("https://chat.example", "https://chat.example.org"),
        ] {
            assert_ne!(Origin::of_url(one), Origin::of_url(other), "{other}");
        }
        for none in [
            "null",
            "",
            "chat.example",
            "ftp://a",
            "https://",
            "https://u@a",
            "http://a:x",
            "http://a:65536",
            "http://[::1",
            "http://a b",
        ] {
            assert_eq!(Origin::of_url(none), None, "{none:?}");
        }
    }

    #[test]
    fn proxies_may_drop_the_port_or_add_their_own() {
        for (origin, host) in [
            ("https://chat.example", "chat.example"),
            ("https://chat.example", "chat.example:443"),
            ("https://chat.example", "chat.example:80"),
            ("https://chat.example", "CHAT.example:8080"),
            ("https://chat.example:8443", "chat.example"),
            ("http://chat.example:3000", "chat.example:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
            ("http://[::1]", "[0::1]"),
        ] {
            assert!(is_own(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://chat.example.evil.org", "chat.example"),
            ("https://evil.org", "chat.example"),
            ("http://localhost:5173", "localhost:3000"),
            ("null", "chat.example"),
        ] {
            assert!(!is_own(origin, host), "{origin} {host}");
        }
    }
}
