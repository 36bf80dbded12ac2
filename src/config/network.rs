//! Networks in CIDR notation, and their one spelling.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// A network, or an address alone. IPv4 that is written as IPv6 becomes IPv4, as addresses do
/// before they are compared.
pub(super) fn read(text: &str) -> Option<String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse().or_else(|_| address()).ok()?;
    let mapped = |bits: u8, address: Ipv6Addr| {
        let bits = bits.checked_sub(96)?;
        Ipv4Net::new(address.to_ipv4_mapped()?, bits).ok()
    };
    let network = match network {
        IpNet::V6(v6) => mapped(v6.prefix_len(), v6.addr()).map_or(network, IpNet::V4),
        IpNet::V4(_) => network,
    };
    Some(network.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_listed_in_one_spelling() {
        for (text, tidy) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("FD00::1/8", "fd00::/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("::1", "::1/128"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(tidy), "{text:?}");
        }
        for bad in [
            "10.0.0.0/33",
            "10.0.0/8",
            "localhost",
            "10.0.0.1:80",
            "::1,",
            "*",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
