//! What a person allows a plugin to do, and the key for its requests.

use std::fmt;

use url::Url;

use crate::plugin::Origin;

/// Which side of the sandbox holds the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyMode {
    /// The host adds it to each request; it never enters the sandbox.
    #[default]
    Injected,
    /// The component receives it in [`Config::credential`](crate::contract::Config) and adds it itself. Needed only if a host
    /// cannot add a header; a malicious component can then send the key to any origin of its grant.
    Bearer,
}

/// What a person allows a plugin to do, for [`Prepared::instantiate`](super::Prepared::instantiate). The default allows
/// nothing, which is enough to describe a plugin or to list its built-in models.
///
/// ```
/// use provider_host::plugin::Plugin;
/// use provider_host::sandbox::{Grant, Secret};
///
/// /// Everything that the manifest declares, with the key added by the host.
/// fn as_declared(plugin: &Plugin, key: &str) -> Grant {
///     Grant {
///         origins: plugin.manifest.network.origins.clone(),
///         key: Some(Secret::new(key)),
///         ..Grant::default()
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The origins that it may talk to, among those that its manifest declares. Others have no effect.
    pub origins: Vec<Origin>,
    /// Whether it may talk to this machine. The origin has to be allowed as well. Off by default, since services on loopback
    /// often trust every client.
    pub loopback: bool,
    /// Whether the chosen base URL may resolve to a private network (RFC 1918, RFC 6598, RFC 4193). The origins of
    /// the manifest never may. Link-local addresses and those at which clouds keep credentials are always refused.
    /// Set it only where a person typed an address of such a network or asked for it: a host name is no evidence,
    /// since its owner can point it at any address and reach services that trust the local network.
    pub private: bool,
    /// The base URL that a person chose. This grants its origin, if the manifest accepts other base URLs. Pass the same URL
    /// in [`Config::base_url`](crate::contract::Config). `None`: the manifest's own.
    pub base_url: Option<Url>,
    /// The key that the host adds to requests below the base URL, and to no others. `None`: the host adds none.
    pub key: Option<Secret>,
}

/// A text that `Debug` does not show. A type that contains a key can be logged without printing it by accident.
///
/// ```
/// use provider_host::sandbox::Secret;
///
/// assert_eq!(format!("{:?}", Secret::new("not a real key")), "«redacted»");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for code that sends it or searches for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«redacted»")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_by_what_holds_it() {
        let grant = Grant { key: Some(Secret::new("sk-top-secret")), ..Grant::default() };
        let shown = format!("{grant:?} {grant:#?}");
        assert!(shown.contains("redacted") && !shown.contains("top"), "{shown}");
    }
}
