//! Finds and removes a key in a text, in any spelling and split.
//!
//! Some servers repeat the credential: in an error, in a dump of the headers, or in a model's text. A key is found as
//! it is, with JSON's escapes and percent-encoded, each several times, and across any split of the text.
//!
//! This crate knows texts and nothing else, so that every host can use it: `host` links it, and the hosts that are not
//! written in Rust load it as a core module (see `core_module.rs`). A second implementation would be a second list of
//! gaps. `spellings.json` lists the spellings that are found, for the tests of every host.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(target_family = "wasm")]
mod core_module;
mod flow;
mod needle;
#[cfg(test)]
mod tests;
mod units;

use alloc::sync::Arc;

pub use flow::{Flow, Kind, Passed};
use needle::Needle;

/// The text that replaces a key.
pub const REDACTED: &str = "[redacted]";

/// Keys of at least this length are removed from responses. Shorter ones are placeholders for servers that need no key
/// ("none", "EMPTY", "lm-studio"); removing them would damage ordinary text. Errors lose those too.
const SHORTEST_SECRET: usize = 12;

/// A text that begins like a key counts as one from fewer characters on: no ordinary word begins like that.
const KEY_PREFIX: &str = "sk-";

/// The same for a text with [`KEY_PREFIX`].
const SHORTEST_PREFIXED: usize = 8;

/// The keys that are removed. Clones share them. It has no `Debug`, so nothing that holds it shows a key.
#[derive(Clone, Default)]
pub struct Keys {
    needles: Arc<[Arc<Needle>]>,
}

impl Keys {
    /// The same with one key more. A text that no header can carry is not a key and changes nothing.
    #[must_use]
    pub fn with(&self, key: &str) -> Keys {
        let known = self.needles.iter().any(|needle| needle.is(key));
        match Needle::new(key) {
            Some(needle) if !known => {
                Keys { needles: self.needles.iter().cloned().chain([Arc::new(needle)]).collect() }
            }
            _ => self.clone(),
        }
    }

    /// Whether there is nothing to search responses for. Errors may still have a short key.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.secrets().next().is_none()
    }

    /// Whether the name of a header, in lower case, contains a key.
    #[must_use]
    pub fn are_in_name(&self, name: &str) -> bool {
        self.secrets().any(|needle| needle.is_in_name(name))
    }

    /// The keys that are removed from responses.
    fn secrets(&self) -> impl Iterator<Item = &Needle> {
        self.all().filter(|needle| needle.is_secret())
    }

    fn all(&self) -> impl Iterator<Item = &Needle> {
        self.needles.iter().map(|needle| &**needle)
    }

    /// How many keys there are.
    #[cfg(test)]
    fn count(&self) -> usize {
        self.needles.len()
    }
}
