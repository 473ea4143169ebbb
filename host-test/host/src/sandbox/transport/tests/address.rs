//! The table of places, line by line, and against the recorded one.

use super::*;
use crate::plugin::Origin;
use proptest::prelude::*;
use std::path::Path;

/// The first and the last address of each network, and their neighbours, which are something else.
const EDGES: [(&str, AddrClass); 96] = [
    ("0.0.0.0", Loopback),
    ("0.0.0.1", Reserved("an address of \"this network\"")),
    ("0.255.255.255", Reserved("an address of \"this network\"")),
    ("1.0.0.0", Public),
    ("9.255.255.255", Public),
    ("10.0.0.0", Private("a private network")),
    ("10.255.255.255", Private("a private network")),
    ("11.0.0.0", Public),
    ("100.63.255.255", Public),
    ("100.64.0.0", Private("a network shared behind a provider's NAT")),
    ("100.100.100.200", METADATA),
    ("100.100.100.201", Private("a network shared behind a provider's NAT")),
    ("100.127.255.255", Private("a network shared behind a provider's NAT")),
    ("100.128.0.0", Public),
    ("126.255.255.255", Public),
    ("127.0.0.0", Loopback),
    ("127.255.255.255", Loopback),
    ("128.0.0.0", Public),
    ("168.63.129.15", Public),
    ("168.63.129.16", METADATA),
    ("168.63.129.17", Public),
    ("169.253.255.255", Public),
    ("169.254.0.0", LINK_LOCAL),
    ("169.254.169.254", METADATA),
    ("169.254.255.255", LINK_LOCAL),
    ("169.255.0.0", Public),
    ("172.15.255.255", Public),
    ("172.16.0.0", Private("a private network")),
    ("172.31.255.255", Private("a private network")),
    ("172.32.0.0", Public),
    ("192.0.0.0", Reserved("an address for protocols")),
    ("192.0.0.192", METADATA),
    ("192.0.0.255", Reserved("an address for protocols")),
    ("192.0.1.0", Public),
    ("192.0.2.0", DOCUMENTATION),
    ("192.0.2.255", DOCUMENTATION),
    ("192.0.3.0", Public),
    ("192.88.98.255", Public),
    ("192.88.99.0", Reserved("a relay from IPv6 to IPv4")),
    ("192.88.99.255", Reserved("a relay from IPv6 to IPv4")),
    ("192.88.100.0", Public),
    ("192.167.255.255", Public),
    ("192.168.0.0", Private("a private network")),
    ("192.168.255.255", Private("a private network")),
    ("192.169.0.0", Public),
    ("198.17.255.255", Public),
    ("198.18.0.0", Reserved("a network for benchmarks")),
    ("198.19.255.255", Reserved("a network for benchmarks")),
    ("198.20.0.0", Public),
    ("198.51.99.255", Public),
    ("198.51.100.0", DOCUMENTATION),
    ("198.51.101.0", Public),
    ("203.0.112.255", Public),
    ("203.0.113.0", DOCUMENTATION),
    ("203.0.114.0", Public),
    ("223.255.255.255", Public),
    ("224.0.0.0", Reserved("a multicast address")),
    ("239.255.255.255", Reserved("a multicast address")),
    ("240.0.0.0", Reserved("a reserved address")),
    ("255.255.255.254", Reserved("a reserved address")),
    ("255.255.255.255", Reserved("the broadcast address")),
    ("::", Loopback),
    ("::1", Loopback),
    ("::2", EMBEDDED),
    ("::127.0.0.1", EMBEDDED),
    ("::ffff:0:127.0.0.1", EMBEDDED),
    ("::ffff:127.0.0.1", Loopback),
    ("::ffff:10.0.0.1", Private("a private network")),
    ("::ffff:8.8.8.8", Public),
    ("64:ff9b::10.0.0.1", EMBEDDED),
    ("64:ff9b::8.8.8.8", Public),
    ("64:ff9b:1::8.8.8.8", EMBEDDED),
    ("100::1", Reserved("an address that is not given out")),
    ("1fff:ffff::", Reserved("an address that is not given out")),
    ("2001::1", Reserved("an address for protocols")),
    ("2001:1ff:ffff::", Reserved("an address for protocols")),
    ("2001:200::", Public),
    ("2001:db8:ffff::", DOCUMENTATION),
    ("2001:db9::", Public),
    ("2002:7f00:1::", EMBEDDED),
    ("2606:4700::1", Public),
    ("3fff:fff:ffff::", DOCUMENTATION),
    ("3fff:1000::", Public),
    ("5f00::1", Reserved("an address that is not given out")),
    ("fcff::1", Private("a private network")),
    ("fd00:42::41", Private("a private network")),
    ("fd00:42::42", METADATA),
    ("fd00:42::43", Private("a private network")),
    ("fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff", Private("a private network")),
    ("fd00:ec2::", METADATA),
    ("fd00:ec2::23", METADATA),
    ("fd00:ec2::254", METADATA),
    ("fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff", METADATA),
    ("fd00:ec3::", Private("a private network")),
    ("febf::1", LINK_LOCAL),
    ("fec0::1", Reserved("an address that is not given out")),
];

#[test]
fn every_network_begins_and_ends_where_its_registry_says() {
    for (address, place) in EDGES {
        assert_eq!(AddrClass::of(address.parse().unwrap()), place, "{address}");
    }
    for address in ["fd20:ce::254", "ff02::1", "ffff::"] {
        assert!(matches!(AddrClass::of(address.parse().unwrap()), Reserved(_)), "{address}");
    }
}

#[test]
fn each_reach_admits_its_own_places_and_no_others() {
    // Public, private, loopback.
    for (address, admitted) in [
        ("8.8.8.8", [true, true, false]),
        ("2606:4700::1", [true, true, false]),
        ("10.0.0.1", [false, true, false]),
        ("100.64.0.1", [false, true, false]),
        ("fd12::1", [false, true, false]),
        ("127.0.0.1", [false, false, true]),
        ("::1", [false, false, true]),
        ("::ffff:127.0.0.1", [false, false, true]),
        ("169.254.169.254", [false, false, false]),
        ("fd00:ec2::23", [false, false, false]),
        ("fd00:ec2::254", [false, false, false]),
        ("fd00:42::42", [false, false, false]),
        ("fd00:42::43", [false, true, false]),
        ("224.0.0.1", [false, false, false]),
    ] {
        let address = address.parse().unwrap();
        let found = [Reach::Public, Reach::Private, Reach::Loopback].map(|reach| reach.admits(address));
        assert_eq!(found, admitted, "{address}");
    }
}

proptest! {
    #[test]
    fn an_address_is_the_same_place_in_either_notation(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let mapped = IpAddr::V6(address.to_ipv6_mapped());
        prop_assert_eq!(AddrClass::of(mapped), AddrClass::of(IpAddr::V4(address)));
        // The standard library's own, stable knowledge is a part of the table.
        let known = address.is_private() || address.is_loopback() || address.is_link_local()
            || address.is_broadcast() || address.is_documentation() || address.is_multicast();
        prop_assert!(!known || AddrClass::of(address.into()) != Public);
    }

    #[test]
    fn no_ipv6_address_outside_of_global_unicast_is_public(bits: u128) {
        let address = Ipv6Addr::from_bits(bits);
        let embeds = address.to_ipv4_mapped().is_some() || address.segments().starts_with(&NAT64);
        prop_assume!(!embeds);
        prop_assert!(AddrClass::of(address.into()) != Public || bits >> 125 == 1);
    }
}

#[test]
fn the_recorded_addresses_that_a_client_must_not_reach_are_not_public() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let corpora = std::env::var_os("CORPORA").map_or(beside, Into::into);
    let Ok(text) = std::fs::read_to_string(corpora.join("tables/ssrf-urls.json")) else {
        println!("skipped: no table of addresses at {}; CORPORA may name its folder", corpora.display());
        return;
    };
    let table: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for case in table["cases"].as_array().unwrap() {
        let url: Result<url::Url, _> = case["url"].as_str().unwrap().parse();
        // What is no http(s) URL has no origin, and is held against the policy elsewhere.
        let Some(origin) = url.ok().and_then(|url| Origin::of(&url).ok()) else { continue };
        let Some(address) = origin.address() else { continue };
        assert_eq!(Some(AddrClass::of(address) == Public), case["allowed"].as_bool(), "{case}");
        seen += 1;
    }
    assert!(seen > 40, "{seen} addresses");
}
