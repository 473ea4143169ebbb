//! What a person lets a plugin do, and the key that it is let in with.

use std::fmt;

use url::Url;

use crate::plugin::Origin;

/// Where the key is during a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyMode {
    /// The host adds it to each request; it never enters the sandbox.
    #[default]
    Injected,
    /// The component is given it, and adds it itself.
    Bearer,
}

/// What a person lets a plugin do. The default lets it do nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Origins that it may talk to, of those that its manifest names.
    pub origins: Vec<Origin>,
    /// Whether it may talk to this machine; the origin has to be allowed besides.
    pub loopback: bool,
    /// Whether the chosen base URL may lead into a private network (RFC 1918, RFC 6598, RFC 4193). The
    /// origins of the manifest never may, and link-local addresses and those at which clouds keep
    /// credentials are never reached. A host sets it where a person chose an address of such a network,
    /// or said so: a name alone does not tell, since whoever answers for it could name any address.
    pub private: bool,
    /// The base URL that a person chose, whose origin is thereby granted where the manifest takes
    /// base URLs. `None`: the manifest's own.
    pub base_url: Option<Url>,
    /// The key that the host adds. `None`: the host adds none.
    pub key: Option<Secret>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// Gives it out: only to what sends it or looks for it.
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
