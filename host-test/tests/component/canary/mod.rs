//! A key that nobody may see goes through everything, in both key modes.
//!
//! Where it is looked for: events, errors, lists, accounts, their `Debug` output, what the program prints
//! and writes, and (where the host adds the key) the whole memory of the component.

mod conversation;
mod echoes;
mod origins;
mod scenarios;
mod terminal;
mod traps;

use std::fmt::Debug;

use conformance::{Hosting, Provider};
use provider_host::contract::Config;
use provider_host::sandbox::{Instance, KeyMode};

use crate::bench::{config, open_with};

/// The key. It is like no word that a server or a plugin says by itself.
const CANARY: &str = "sk-canary-7Qx2mW9zRt4vLp8K";

const MODES: [KeyMode; 2] = [KeyMode::Injected, KeyMode::Bearer];

/// Fails where the key, or the key without the beginning that all keys share, can be seen.
pub fn holds_no_key(what: &str, shown: &impl Debug, key: &str) {
    text_holds_no_key(what, &format!("{shown:?}"), key);
}

fn text_holds_no_key(what: &str, shown: &str, key: &str) {
    assert!(!holds_key(shown, key), "the key stands in {what}");
}

fn holds_key(shown: &str, key: &str) -> bool {
    let secret = &key[3..];
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    shown.contains(secret) || shown.contains(&encoded)
}

/// Fails where the host adds the key and the component's memory has it all the same; and where the
/// component was given it and the search finds nothing, for then the search is worth nothing.
fn memory_is_as_it_should_be(what: &str, instance: &mut Instance, mode: KeyMode, key: &str) {
    let found = instance.count_in_memory(&key.as_bytes()[3..]).expect("a readable memory");
    match mode {
        KeyMode::Injected => assert_eq!(found, 0, "the key is in the sandbox after {what}"),
        KeyMode::Bearer => assert!(found > 0, "the search does not find a key that is there: {what}"),
    }
}

/// A client with the canary for its key, of a server that is no stand-in.
async fn canary(base_url: &str, mode: KeyMode) -> Provider {
    let config = Config { max_retries: Some(0), ..config(base_url) };
    open_with(Hosting::Waits, mode, CANARY, config).await
}
