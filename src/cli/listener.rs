//! The address that a server listens on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use tokio::net::{TcpListener, TcpSocket};

/// Connections that may wait to be accepted: after a restart, all clients reconnect at once.
const BACKLOG: u32 = 4096;

/// The address that `listen` names: the first IPv4 one, as that one works in every container and
/// pastes into every tool; else the first.
pub(super) fn resolve(listen: &str) -> std::io::Result<SocketAddr> {
    preferred(listen.to_socket_addrs()?).ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

fn preferred(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let ipv4 = addresses.iter().find(|address| address.is_ipv4());
    ipv4.or(addresses.first()).copied()
}

/// Listens on `address`.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The connections of a server that just stopped block its address for a while.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The URL for clients on this machine: an unspecified address cannot be connected to.
pub(super) fn url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}")
}

/// Which other machines can connect, for the greeting.
pub(super) fn exposure(address: SocketAddr) -> &'static str {
    let ip = address.ip().to_canonical();
    if ip.is_unspecified() {
        ", and on all other addresses of this machine, without TLS"
    } else if ip.is_loopback() {
        ""
    } else {
        ", without TLS"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_other_machines_reach_is_reported_to_be_without_tls() {
        let reported = |address: &str| exposure(address.parse().unwrap());
        for all in ["0.0.0.0:80", "[::]:80", "[::ffff:0.0.0.0]:80"] {
            assert!(reported(all).contains("all other addresses"), "{all}");
        }
        assert_eq!(reported("192.0.2.1:80"), ", without TLS");
        for local in ["127.0.0.1:80", "[::1]:80"] {
            assert_eq!(reported(local), "", "{local}");
        }
    }

    #[test]
    fn an_unspecified_address_becomes_loopback() {
        let shown = |address: &str| url(address.parse().unwrap());
        assert_eq!(shown("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "http://[::1]:80");
        assert_eq!(shown("192.0.2.1:80"), "http://192.0.2.1:80");
    }

    #[test]
    fn a_host_name_resolves_to_its_ipv4_address() {
        let address = resolve("localhost:0").unwrap();
        assert_eq!(address.to_string(), "127.0.0.1:0");
        assert!(resolve("no such host:80").is_err());
    }

    #[test]
    fn of_several_addresses_the_first_ipv4_one_is_preferred() {
        let pick = |texts: &[&str]| {
            let picked = preferred(texts.iter().map(|text| text.parse().unwrap()));
            picked.map(|address| address.to_string())
        };
        assert_eq!(
            pick(&["[::1]:1", "10.0.0.1:1", "10.0.0.2:1"]),
            Some("10.0.0.1:1".into())
        );
        assert_eq!(pick(&["[::1]:1", "[::2]:1"]), Some("[::1]:1".into()));
        assert_eq!(pick(&[]), None);
    }
}
