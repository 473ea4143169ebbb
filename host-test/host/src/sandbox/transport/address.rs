//! What kind of place an IP address is. No I/O.
//!
//! From the special-purpose registries of IANA for IPv4 and IPv6 (RFC 6890 and its successors), and the
//! addresses at which clouds serve credentials to whatever runs inside of them. The standard library knows
//! a part of this, and not in its stable functions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use AddrClass::{Loopback, Private, Public, Reserved};

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddrClass {
    /// Somewhere on the internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of a house, a company or a provider of access, with what it is called.
    Private(&'static str),
    /// Nowhere that a request to a server belongs, with what it is called.
    Reserved(&'static str),
}

/// Which places a connection may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The internet.
    Public,
    /// The internet and private networks.
    Private,
    /// This machine, and nothing else: what is allowed in plain text must not leave it.
    Loopback,
}

impl Reach {
    /// Whether a connection may be made to this address.
    pub fn admits(self, address: IpAddr) -> bool {
        match AddrClass::of(address) {
            AddrClass::Public => self != Reach::Loopback,
            AddrClass::Private(_) => self == Reach::Private,
            AddrClass::Loopback => self == Reach::Loopback,
            AddrClass::Reserved(_) => false,
        }
    }
}

/// Networks, the narrower ones first: the first that holds an address says what it is.
const V4: [(Ipv4Addr, u32, AddrClass); 22] = [
    // Connecting to the unspecified address reaches this machine.
    (Ipv4Addr::UNSPECIFIED, 32, Loopback),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Reserved("an address of \"this network\"")),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private("a private network")),
    (Ipv4Addr::new(100, 100, 100, 200), 32, METADATA),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private("a network shared behind a provider's NAT")),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback),
    (Ipv4Addr::new(168, 63, 129, 16), 32, METADATA),
    (Ipv4Addr::new(169, 254, 169, 254), 32, METADATA),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LINK_LOCAL),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private("a private network")),
    (Ipv4Addr::new(192, 0, 0, 192), 32, METADATA),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved("an address for protocols")),
    (Ipv4Addr::new(192, 0, 2, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved("a relay from IPv6 to IPv4")),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private("a private network")),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reserved("a network for benchmarks")),
    (Ipv4Addr::new(198, 51, 100, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(203, 0, 113, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Reserved("a multicast address")),
    (Ipv4Addr::BROADCAST, 32, Reserved("the broadcast address")),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved("a reserved address")),
    (Ipv4Addr::UNSPECIFIED, 0, Public),
];

/// The same for IPv6. Only 2000::/3 is given out as global unicast, so whatever else is not named here
/// falls to the last line.
const V6: [(Ipv6Addr, u32, AddrClass); 15] = [
    (Ipv6Addr::UNSPECIFIED, 128, Loopback),
    (Ipv6Addr::LOCALHOST, 128, Loopback),
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128, METADATA),
    // Amazon's services of an instance: credentials at ::254, those of a pod at ::23, and more.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32, METADATA),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private("a private network")),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Reserved("a multicast address")),
    // Teredo, benchmarks, ORCHID and other experiments.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reserved("an address for protocols")),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, DOCUMENTATION),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, EMBEDDED),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, DOCUMENTATION),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Public),
    // Translated, compatible, and what networks use inside: `::127.0.0.1`, `::ffff:0:127.0.0.1`,
    // `64:ff9b:1::/48`.
    (Ipv6Addr::UNSPECIFIED, 8, EMBEDDED),
    (Ipv6Addr::UNSPECIFIED, 0, Reserved("an address that is not given out")),
];

const METADATA: AddrClass = Reserved("where a cloud keeps credentials");
const LINK_LOCAL: AddrClass = Reserved("a link-local address");
const DOCUMENTATION: AddrClass = Reserved("an address for documentation");
const EMBEDDED: AddrClass = Reserved("an IPv4 address inside of IPv6");

/// The prefix under which networks without IPv4 reach it (RFC 6052): there, most names of the internet
/// have such addresses only.
const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

impl AddrClass {
    /// The place of an address.
    pub fn of(address: IpAddr) -> AddrClass {
        match address {
            IpAddr::V4(address) => v4(address),
            IpAddr::V6(address) => v6(address),
        }
    }
}

fn v4(address: Ipv4Addr) -> AddrClass {
    let bits = address.to_bits();
    let holds = |network: Ipv4Addr, length: u32| {
        (bits ^ network.to_bits()).checked_shr(32 - length).is_none_or(|differ| differ == 0)
    };
    first(V4.iter().map(|(network, length, place)| (holds(*network, *length), *place)))
}

fn v6(address: Ipv6Addr) -> AddrClass {
    // The same machine, written differently: the system sends IPv4.
    if let Some(mapped) = address.to_ipv4_mapped() {
        return v4(mapped);
    }
    let bits = address.to_bits();
    if address.segments().starts_with(&NAT64) {
        let [.., a, b, c, d] = address.octets();
        return if v4(Ipv4Addr::new(a, b, c, d)) == Public { Public } else { EMBEDDED };
    }
    let holds = |network: Ipv6Addr, length: u32| {
        (bits ^ network.to_bits()).checked_shr(128 - length).is_none_or(|differ| differ == 0)
    };
    first(V6.iter().map(|(network, length, place)| (holds(*network, *length), *place)))
}

/// The place of the first network that holds the address; the last one of each table holds all.
fn first(mut networks: impl Iterator<Item = (bool, AddrClass)>) -> AddrClass {
    networks.find(|(holds, _)| *holds).map_or(Reserved("an unknown address"), |(_, place)| place)
}

#[cfg(test)]
#[path = "tests/address.rs"]
mod tests;
