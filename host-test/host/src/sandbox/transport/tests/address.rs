//! The table of places, line by line, and against the recorded one.

use super::*;
use crate::plugin::Origin;
use proptest::prelude::*;
use std::path::Path;

/// The first and the last address of each network, and their neighbours, which are something else. The host in Node is
/// held to the same table.
const EDGES: &str = include_str!("addresses.json");

#[test]
fn every_network_begins_and_ends_where_its_registry_says() {
    let edges: Vec<(String, String, String)> = serde_json::from_str(EDGES).unwrap();
    assert!(edges.len() > 90);
    for (address, kind, name) in edges {
        let found = match AddrClass::of(address.parse().unwrap()) {
            Public => ("public", ""),
            Loopback => ("loopback", ""),
            Private(name) => ("private", name),
            Reserved(name) => ("reserved", name),
        };
        assert_eq!(found, (&*kind, &*name), "{address}");
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
