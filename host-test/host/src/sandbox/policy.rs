//! Decides by scheme, host and port whether a request may leave, and which addresses it may lead to. No I/O.
//!
//! The addresses of a name are not known here. The decision therefore includes the [`Reach`]: which classes of
//! addresses the transport may connect to. It is checked after the name is resolved, so that a public name cannot point
//! into a private network.
//!
//! Redirects need no rule: the sandbox never follows one. It passes the response to the component, and a request to the
//! new address is decided here like any other.

use std::net::IpAddr;

use http::Uri;
use url::Url;

use super::grant::Grant;
use super::transport::address::{AddrClass, Reach};
use crate::plugin::{Network, Origin, Scheme};

/// The servers that a plugin may reach: those that its manifest declares *and* a person grants, and the base URL that a
/// person chose. [`Instance`](super::Instance) applies it to each request; use it directly to show a user in advance what a
/// plugin could reach.
///
/// ```
/// use provider_host::plugin::Network;
/// use provider_host::sandbox::{Denial, Grant, Policy};
///
/// let network = Network { origins: vec!["https://api.example.com".parse()?], ..Network::default() };
/// let grant = Grant { origins: network.origins.clone(), ..Grant::default() };
/// let policy = Policy::new(&network, &grant);
/// assert!(policy.decide(&"https://api.example.com".parse()?).is_ok());
/// let elsewhere = policy.decide(&"https://elsewhere.example".parse()?);
/// assert!(matches!(elsewhere, Err(Denial::NotDeclared(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    declared: Vec<Origin>,
    granted: Vec<Origin>,
    chosen: Option<Origin>,
    takes_base_urls: bool,
    loopback: bool,
    private: bool,
}

/// Why a request was not sent. [`Instance::denials`](super::Instance::denials) returns the latest ones: the component sees
/// only that the host refused, and a user has to see which rule and which server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Nothing can be sent to this address, or two parsers could read two hosts in it.
    #[error("{0} is no plain http(s) address")]
    Address(String),
    /// Plain HTTP to another machine, on the way to which everybody could read the key.
    #[error("{0} would be sent in plain text; only https leaves this machine")]
    PlainText(Origin),
    /// This machine, which was not granted.
    #[error("{0} is this machine, and loopback was not granted")]
    Loopback(Origin),
    /// The base URL that a person chose, for a plugin that takes none.
    #[error("{0} is the chosen base URL, but the manifest does not say custom-base-url = true")]
    FixedBaseUrl(Origin),
    /// Not in the manifest.
    #[error("{0} is not among the origins of the plugin's manifest")]
    NotDeclared(Origin),
    /// In the manifest, and not granted.
    #[error("{0} is in the plugin's manifest, but was not granted")]
    NotGranted(Origin),
    /// None of the addresses of its name may be connected to. This is how DNS rebinding ends.
    #[error("{origin} leads to {places}; {rule}", places = places(.addresses), rule = rule(.addresses))]
    AddressClass {
        /// The requested origin.
        origin: Origin,
        /// The addresses of its name.
        addresses: Vec<IpAddr>,
    },
    /// The component has as many requests in progress as an instance may have.
    #[error("{to} would be request {count} at once; no more than {limit} are let out", count = .limit + 1)]
    TooMany {
        /// The requested origin.
        to: Origin,
        /// The number of requests that an instance may have in progress.
        limit: usize,
    },
    /// The component set a header for keys, although the host adds the key.
    #[error("the component set the header {0} itself, though the host adds the key")]
    OwnCredential(http::HeaderName),
}

impl Policy {
    /// The rules for one plugin under one grant.
    pub fn new(network: &Network, grant: &Grant) -> Policy {
        Policy {
            declared: network.origins.clone(),
            granted: grant.origins.clone(),
            // A base URL without an origin, such as `data:`, grants nothing.
            chosen: grant.base_url.as_ref().and_then(|url| Origin::of(url).ok()),
            takes_base_urls: network.custom_base_url,
            loopback: grant.loopback,
            private: grant.private,
        }
    }

    /// Whether a request to this origin may leave, and which addresses it may lead to.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn decide(&self, origin: &Origin) -> Result<Reach, Denial> {
        let to = || origin.clone();
        if origin.is_loopback() && !self.loopback {
            return Err(Denial::Loopback(to()));
        }
        if origin.scheme() == Scheme::Http && !origin.is_loopback() {
            return Err(Denial::PlainText(to()));
        }
        let chosen = self.chosen.as_ref() == Some(origin);
        let declared = self.declared.contains(origin);
        if (chosen && self.takes_base_urls) || (declared && self.granted.contains(origin)) {
            return Ok(self.reach(origin, chosen));
        }
        Err(match (chosen, declared) {
            (_, true) => Denial::NotGranted(to()),
            (true, false) => Denial::FixedBaseUrl(to()),
            (false, false) => Denial::NotDeclared(to()),
        })
    }

    /// Only the base URL that a person chose may lead to a private network. The provider's own origins have no reason
    /// to, so if one of them resolves to such an address, its name has been pointed there by somebody.
    fn reach(&self, origin: &Origin, chosen: bool) -> Reach {
        if origin.is_loopback() {
            Reach::Loopback
        } else if chosen && self.takes_base_urls && self.private {
            Reach::Private
        } else {
            Reach::Public
        }
    }
}

/// Addresses with their class, for people: `192.168.1.5` alone does not show everybody why it is refused.
fn places(addresses: &[IpAddr]) -> String {
    let place = |address: &IpAddr| match AddrClass::of(*address) {
        AddrClass::Public => address.to_string(),
        AddrClass::Loopback => format!("{address} (this machine)"),
        AddrClass::Private(what) | AddrClass::Reserved(what) => format!("{address} ({what})"),
    };
    addresses.iter().map(place).collect::<Vec<_>>().join(", ")
}

/// The rule that addresses break.
fn rule(addresses: &[IpAddr]) -> &'static str {
    match addresses.iter().any(|address| matches!(AddrClass::of(*address), AddrClass::Private(_))) {
        true => "a private network has to be granted, and be what the chosen base URL names",
        false => "only public addresses are connected to",
    }
}

/// The origin that a request would be sent to.
///
/// # Errors
/// When the address contains a user name, or a host that the URL parser normalises, such as `0x7f.1`, which
/// is 127.0.0.1. The parser that decides and the resolver that connects must not read two hosts in one text.
pub fn destination(uri: &Uri) -> Result<Origin, Denial> {
    let refused = || Denial::Address(uri.authority().map_or_else(String::new, ToString::to_string));
    let authority =
        uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(refused)?;
    let scheme = uri.scheme_str().ok_or_else(refused)?;
    let url = Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| refused())?;
    let origin = Origin::of(&url).map_err(|_| refused())?;
    let same = authority.host().eq_ignore_ascii_case(&origin.host());
    let port_is_read_alike = authority.port_u16().is_none_or(|port| port == origin.port());
    // `host:` with nothing after the colon, or with a port above 65535, has no port for one parser and one for another.
    let after_host = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    let port_is_whole = after_host.is_empty() || authority.port_u16().is_some();
    if same && port_is_read_alike && port_is_whole { Ok(origin) } else { Err(refused()) }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
