//! The destination of a request: scheme, host and port.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// `scheme://host[:port]`: a manifest declares network access in these, and a person grants it in these.
///
/// Hosts compare without regard to case, an absent port is the scheme's own, and an address is the
/// same however it is written (`127.1` is `127.0.0.1`). The URL standard's parser does all of that. A parser of our own
/// could read an address differently from the code that connects to it.
///
/// ```
/// use provider_host::plugin::Origin;
///
/// let origin: Origin = "https://API.example.com".parse()?;
/// assert_eq!(origin, "https://api.example.com:443".parse()?);
/// assert!("https://api.example.com/v1".parse::<Origin>().is_err());
/// # Ok::<(), provider_host::plugin::OriginError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// The two schemes that a provider may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain text: for loopback addresses only.
    Http,
    /// TLS.
    Https,
}

/// Why a text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not a URL at all.
    #[error("it is not an origin ({0}); write scheme://host[:port]")]
    Syntax(String),
    /// Neither `http` nor `https`.
    #[error("its scheme is {0}; use https, or http for this machine")]
    Scheme(String),
    /// More than an origin: a path, a query, a fragment, a user.
    #[error("an origin ends after the port; write {0}")]
    TooMuch(Origin),
}

impl Origin {
    /// The origin of a whole URL, whatever its path.
    ///
    /// # Errors
    /// When its scheme is neither `http` nor `https`.
    pub fn of(url: &Url) -> Result<Origin, OriginError> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(OriginError::Scheme(other.to_owned())),
        };
        let host = url.host().ok_or_else(|| OriginError::Syntax("it names no host".to_owned()))?;
        let port = url.port().unwrap_or(scheme.default_port());
        Ok(Origin { scheme, host: host.to_owned(), port })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host as the URL standard writes it: lower case, IPv6 in brackets.
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// The port. If none was written, it is the scheme's default: 80 or 443.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, if the host is written as one and not as a name.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
        }
    }

    /// Whether the host is this machine by its name or address.
    ///
    /// `0.0.0.0` and `::` count: connecting to them reaches this machine. So do the names below
    /// `localhost`, which resolvers must resolve to a loopback address (RFC 6761, 6.3).
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => {
                // A trailing dot means "do not append a search domain", and leads to the same host.
                let name = name.strip_suffix('.').unwrap_or(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
            // `::ffff:127.0.0.1` is an IPv4 address in the form of IPv6. Connecting to it reaches this machine as well.
            Host::Ipv6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => mapped.is_loopback() || mapped.is_unspecified(),
                None => address.is_loopback() || address.is_unspecified(),
            },
        }
    }
}

impl Scheme {
    /// The port of a URL without a port.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }

    /// The scheme as URLs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Origin, OriginError> {
        let url = Url::parse(text).map_err(|error| OriginError::Syntax(error.to_string()))?;
        let origin = Origin::of(&url)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        // The parser drops an empty user (`https://@host`), so the text itself is searched for `@` as well.
        let anonymous = url.username().is_empty() && url.password().is_none() && !text.contains('@');
        if bare && anonymous { Ok(origin) } else { Err(OriginError::TooMuch(origin)) }
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Origin, OriginError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_origin_are_equal() {
        let cases = [
            ("https://api.cometapi.com", "HTTPS://API.CometAPI.com:443/"),
            ("http://127.0.0.1:8080", "http://127.1:8080"),
            ("http://127.0.0.1", "http://2130706433:80"),
            ("http://[::1]:80", "http://[0:0:0:0:0:0:0:1]"),
        ];
        for (one, other) in cases {
            assert_eq!(one.parse::<Origin>().unwrap(), other.parse::<Origin>().unwrap(), "{one} {other}");
        }
    }

    #[test]
    fn scheme_host_and_port_all_tell_origins_apart() {
        let origin: Origin = "https://a.example".parse().unwrap();
        for other in ["http://a.example", "https://b.example", "https://a.example:8443", "https://a.example."]
        {
            assert_ne!(origin, other.parse::<Origin>().unwrap(), "{other}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        let cases = [
            "api.cometapi.com",
            "https://",
            "ftp://a.example",
            "wss://a.example",
            "https://a.example/v1",
            "https://a.example?x",
            "https://a.example#x",
            "https://me@a.example",
            "https://@a.example",
            "https://a.example:99999",
            "https://*.example",
        ];
        for text in cases {
            if text == "https://*.example" {
                // No wildcard: it is a name like any other, and matches only itself.
                assert_ne!(text.parse::<Origin>().ok(), "https://a.example".parse().ok());
                continue;
            }
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_way_to_name_this_machine_is_loopback() {
        for (text, loopback) in [
            ("http://localhost", true),
            ("http://LOCALHOST.", true),
            ("http://api.localhost:1", true),
            ("http://127.0.0.1", true),
            ("http://127.255.0.3", true),
            ("http://0x7f.1", true),
            ("http://0.0.0.0", true),
            ("http://[::1]", true),
            ("http://[::]", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://128.0.0.1", false),
            ("http://localhost.example", false),
            ("http://notlocalhost", false),
            ("https://api.cometapi.com", false),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn an_origin_is_written_without_its_default_port() {
        for (text, written) in [
            ("https://a.example:443", "https://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), written);
        }
    }
}
