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
    /// The component receives it and adds it itself. Needed only where a host cannot add a header.
    Bearer,
}

/// What a person allows a plugin to do. The default allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Origins that it may talk to, out of those that its manifest declares.
    pub origins: Vec<Origin>,
    /// Whether it may talk to this machine. The origin has to be allowed as well.
    pub loopback: bool,
    /// Whether the chosen base URL may resolve to a private network (RFC 1918, RFC 6598, RFC 4193). The origins of
    /// the manifest never may. Link-local addresses and those at which clouds keep credentials are always refused.
    /// Set it only where a person typed an address of such a network or asked for it: a host name is no evidence,
    /// since its owner can point it at any address and reach services that trust the local network.
    pub private: bool,
    /// The base URL that a person chose. Its origin is granted by that, if the manifest accepts other base URLs.
    /// `None`: the manifest's own.
    pub base_url: Option<Url>,
    /// The key that the host adds. `None`: the host adds none.
    pub key: Option<Secret>,
}

/// A text that `Debug` does not show. Nothing that holds a key can print it by accident.
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
