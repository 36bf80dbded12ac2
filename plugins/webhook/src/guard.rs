//! Restricts which addresses webhooks may connect to, against server-side request forgery.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 networks that are not public, from IANA's registry of special-purpose addresses, and
/// multicast.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // This host; many systems treat it as 127.0.0.1.
    v4([10, 0, 0, 0], 8),      // Private.
    v4([100, 64, 0, 0], 10),   // Carrier-grade NAT.
    v4([127, 0, 0, 0], 8),     // Loopback.
    v4([169, 254, 0, 0], 16),  // Link-local, used by cloud metadata services.
    v4([172, 16, 0, 0], 12),   // Private.
    v4([192, 0, 0, 0], 24),    // Protocols.
    v4([192, 0, 2, 0], 24),    // Documentation.
    v4([192, 88, 99, 0], 24),  // Formerly 6to4 relays.
    v4([192, 168, 0, 0], 16),  // Private.
    v4([198, 18, 0, 0], 15),   // Benchmarks.
    v4([198, 51, 100, 0], 24), // Documentation.
    v4([203, 0, 113, 0], 24),  // Documentation.
    v4([224, 0, 0, 0], 4),     // Multicast.
    v4([240, 0, 0, 0], 4),     // Reserved, and broadcast.
];

/// Contains all public IPv6 addresses; loopback, unique local, link-local and multicast addresses
/// are outside.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// Networks within it that are not public, from IANA's registry.
const SPECIAL_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0], 23), // Protocols, including Teredo, which embeds an IPv4 address.
    v6([0x2001, 0xdb8, 0, 0], 32), // Documentation.
    v6([0x3fff, 0, 0, 0], 20), // Documentation.
];

/// Networks with an IPv4 address in the last 32 bits: IPv4-compatible (obsolete), IPv4-mapped and
/// NAT64.
const ENDING_IN_V4: [Ipv6Net; 3] = [
    v6([0, 0, 0, 0], 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    v6([0x64, 0xff9b, 0, 0], 96),
];

/// The network with an IPv4 address in the 32 bits after the prefix: 6to4.
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0], 16);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d]: [u16; 4], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Decides which addresses webhooks may connect to: public ones, and the networks that the operator
/// allows.
///
/// An IPv6 address that embeds an IPv4 address (IPv4-mapped, NAT64, 6to4) is treated as that
/// address.
#[derive(Clone, Debug)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Guard {
    /// Allows public addresses and those in `allowed`.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self {
            allowed: allowed.into(),
        }
    }

    /// Returns whether connections to `address` are allowed.
    pub fn admits(&self, address: IpAddr) -> bool {
        is_public(target(address)) || self.names(address)
    }

    /// Returns whether the operator allows a network with `address`.
    pub(crate) fn names(&self, address: IpAddr) -> bool {
        let target = target(address);
        let contains = |network: &IpNet| network.contains(&address) || network.contains(&target);
        self.allowed.iter().any(contains)
    }
}

/// Returns the destination of packets to `address`: the embedded IPv4 address, or the address
/// itself.
fn target(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [_, a, b, _, _, _, c, d] = v6.segments();
    let embedded =
        |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    if ENDING_IN_V4.iter().any(|network| network.contains(&v6)) {
        embedded(c, d).into()
    } else if SIX_TO_FOUR.contains(&v6) {
        embedded(a, b).into()
    } else {
        address
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|network| network.contains(&v4)),
        IpAddr::V6(v6) => {
            GLOBAL_V6.contains(&v6) && !SPECIAL_V6.iter().any(|network| network.contains(&v6))
        }
    }
}
