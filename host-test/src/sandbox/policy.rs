//! Whether a request may leave, decided by scheme, host and port. No I/O.
//!
//! Redirects need no rule: the sandbox never follows one, it hands the answer to the component, and a
//! request to the new place comes here like any other.

use http::Uri;
use url::Url;

use super::grant::Grant;
use crate::plugin::{Network, Origin, Scheme};

/// What a plugin may talk to: what its manifest declares and a person grants.
#[derive(Clone, Debug)]
pub struct Policy {
    declared: Vec<Origin>,
    granted: Vec<Origin>,
    chosen: Option<Origin>,
    takes_base_urls: bool,
    loopback: bool,
}

/// Why a request was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The address is not one that could be sent to, or is written so that two readers could take it
    /// for two addresses.
    #[error("{0} is no plain http(s) address")]
    Address(String),
    /// Plain text to another machine.
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
    /// A credential of the component's own where the host adds the credential.
    #[error("the component set the header {0} itself, though the host adds the key")]
    OwnCredential(http::HeaderName),
}

impl Policy {
    /// The rules for one plugin under one grant.
    pub fn new(network: &Network, grant: &Grant) -> Policy {
        Policy {
            declared: network.origins.clone(),
            granted: grant.origins.clone(),
            // A base URL that no request can go to grants nothing.
            chosen: grant.base_url.as_ref().and_then(|url| Origin::of(url).ok()),
            takes_base_urls: network.custom_base_url,
            loopback: grant.loopback,
        }
    }

    /// Whether a request to this origin may leave.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn decide(&self, origin: &Origin) -> Result<(), Denial> {
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
            return Ok(());
        }
        Err(match (chosen, declared) {
            (_, true) => Denial::NotGranted(to()),
            (true, false) => Denial::FixedBaseUrl(to()),
            (false, false) => Denial::NotDeclared(to()),
        })
    }
}

/// The origin that a request would be sent to.
///
/// # Errors
/// When the address has a user in it, or a host that a URL parser writes differently: the parser that
/// decides and the resolver that connects must not take one text for two hosts.
pub fn destination(uri: &Uri) -> Result<Origin, Denial> {
    let refused = || Denial::Address(uri.authority().map_or_else(String::new, ToString::to_string));
    let authority =
        uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(refused)?;
    let scheme = uri.scheme_str().ok_or_else(refused)?;
    let url = Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| refused())?;
    let origin = Origin::of(&url).map_err(|_| refused())?;
    let same = authority.host().eq_ignore_ascii_case(&origin.host());
    let port_is_read_alike = authority.port_u16().is_none_or(|port| port == origin.port());
    // `host:` with nothing behind the colon, or a port beyond 65535, has no port for one reader only.
    let after_host = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    let port_is_whole = after_host.is_empty() || authority.port_u16().is_some();
    if same && port_is_read_alike && port_is_whole { Ok(origin) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.cometapi.com";

    fn origins(texts: &[&str]) -> Vec<Origin> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// What is declared, granted, chosen as base URL, whether base URLs are taken, whether loopback is
    /// granted.
    type Rules<'a> = (&'a [&'a str], &'a [&'a str], Option<&'a str>, bool, bool);

    fn decide((declared, granted, chosen, takes, loopback): Rules<'_>, to: &str) -> Result<(), Denial> {
        let network = Network { origins: origins(declared), base_url: None, custom_base_url: takes };
        let base_url = chosen.map(|url| url.parse().unwrap());
        let grant = Grant { origins: origins(granted), loopback, base_url, key: None };
        Policy::new(&network, &grant).decide(&to.parse().unwrap())
    }

    #[test]
    fn what_is_declared_and_granted_or_chosen_may_leave() {
        let cases: [(Rules<'_>, &str); 6] = [
            ((&[API], &[API], None, false, false), API),
            ((&[API], &[API], None, false, false), "HTTPS://API.COMETAPI.COM:443"),
            (
                (&[API, "https://b.example"], &[API], Some("https://b.example/v1"), true, false),
                "https://b.example",
            ),
            ((&[API], &[], Some("https://own.example:8443/v1"), true, false), "https://own.example:8443"),
            ((&[API], &[], Some("http://127.0.0.1:8080/v1"), true, true), "http://127.0.0.1:8080"),
            ((&["http://localhost:1"], &["http://localhost:1"], None, false, true), "http://localhost:1"),
        ];
        for (rules, to) in cases {
            assert_eq!(decide(rules, to), Ok(()), "{rules:?} {to}");
        }
    }

    #[test]
    fn everything_else_stays_and_the_reason_is_told() {
        let denied = |rules: Rules<'_>, to: &str, reason: fn(Origin) -> Denial| {
            assert_eq!(decide(rules, to), Err(reason(to.parse().unwrap())), "{rules:?} {to}");
        };
        let plain = (&[API][..], &[API][..], None, false, false);
        for to in [
            "https://evil.example",
            "https://api.cometapi.com:8443",
            "https://api.cometapi.com.evil.example",
            "https://xapi.cometapi.com",
            "https://cometapi.com",
            "https://169.254.169.254",
        ] {
            denied(plain, to, Denial::NotDeclared);
        }
        denied(plain, "http://api.cometapi.com", Denial::PlainText);
        denied((&[], &[API], None, true, true), API, Denial::NotDeclared);
        denied((&[API], &[], None, true, true), API, Denial::NotGranted);
        // Granting what was not declared adds nothing, and a chosen base URL is one origin, not a door.
        denied((&[API], &["https://b.example"], None, true, false), "https://b.example", Denial::NotDeclared);
        let chosen = Some("https://own.example/v1");
        denied((&[API], &[API], chosen, false, false), "https://own.example", Denial::FixedBaseUrl);
        denied((&[API], &[API], chosen, true, false), "https://own.example:444", Denial::NotDeclared);
        denied(
            (&[API], &[], Some("http://own.example/v1"), true, false),
            "http://own.example",
            Denial::PlainText,
        );
        denied((&[API], &[API], Some("file:///etc"), true, false), "https://etc", Denial::NotDeclared);
    }

    #[test]
    fn this_machine_is_reached_only_where_loopback_is_granted_and_the_origin_is_allowed() {
        for to in ["http://127.0.0.1:9", "https://localhost", "http://[::1]:9", "http://0.0.0.0:9"] {
            let url = format!("{to}/v1");
            let loopback = |granted| decide((&[API], &[API], Some(&url), true, granted), to);
            assert_eq!(loopback(true), Ok(()));
            assert_eq!(loopback(false), Err(Denial::Loopback(to.parse().unwrap())));
            let elsewhere = decide((&[API], &[API], None, true, true), to);
            assert_eq!(elsewhere, Err(Denial::NotDeclared(to.parse().unwrap())), "{to}");
        }
    }

    #[test]
    fn a_destination_is_taken_from_the_address_or_refused_when_two_could_read_it_differently() {
        for (uri, origin) in [
            ("https://api.cometapi.com/v1/models?x=1", Some(API)),
            ("https://API.CometAPI.com:443/", Some(API)),
            ("http://[::1]:8080/v1", Some("http://[::1]:8080")),
            ("http://127.0.0.1/", Some("http://127.0.0.1")),
            ("http://127.1/", None),
            ("http://2130706433/", None),
            ("http://0x7f000001/", None),
            ("https://me@api.cometapi.com/", None),
            ("https://api.cometapi.com@evil.example/", None),
            ("https://api%2ecometapi.com/", None),
            ("https://api.cometapi.com:/", None),
            ("/v1/models", None),
        ] {
            let found = uri.parse::<Uri>().ok().and_then(|uri| destination(&uri).ok());
            assert_eq!(found, origin.map(|text| text.parse().unwrap()), "{uri}");
        }
    }
}
