//! A canary key, which must not appear in any output, in both key modes.
//!
//! The tests search for it in events, errors, lists and accounts, in their `Debug` output, in everything that the
//! program prints and writes, and (where the host adds the key) in the whole memory of the component.

mod conversation;
mod echoes;
mod origins;
mod scenarios;
mod terminal;
mod traps;

use std::fmt::Debug;

use conformance::Provider;
use provider_host::contract::Config;
use provider_host::sandbox::{Instance, KeyMode};

use crate::bench::{config, open_with};

/// The key. No server and no plugin produces this text on its own, so every find is a leak.
const CANARY: &str = "sk-canary-7Qx2mW9zRt4vLp8K";

const MODES: [KeyMode; 2] = [KeyMode::Injected, KeyMode::Bearer];

/// Fails if the text contains the key. The prefix `sk-`, which all keys have, is not searched for: a cut key is a leak,
/// too.
pub fn holds_no_key(what: &str, shown: &impl Debug, key: &str) {
    text_holds_no_key(what, &format!("{shown:?}"), key);
}

fn text_holds_no_key(what: &str, shown: &str, key: &str) {
    assert!(!holds_key(shown, key), "the key is in {what}");
}

fn holds_key(shown: &str, key: &str) -> bool {
    let secret = &key[3..];
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    shown.contains(secret) || shown.contains(&encoded)
}

/// Fails if the host adds the key and the component's memory contains it nevertheless. It also fails if the component
/// received the key and the search does not find it, because then the search proves nothing.
fn check_memory(what: &str, instance: &mut Instance, mode: KeyMode, key: &str) {
    let found = instance.count_in_memory(&key.as_bytes()[3..]).expect("a readable memory");
    match mode {
        KeyMode::Injected => assert_eq!(found, 0, "the key is in the sandbox after {what}"),
        KeyMode::Bearer => assert!(found > 0, "the search does not find a key that is there: {what}"),
    }
}

/// A client with the canary as its key, for a server that is not the stand-in.
async fn canary(base_url: &str, mode: KeyMode) -> Provider {
    let config = Config { max_retries: Some(0), ..config(base_url) };
    open_with(mode, CANARY, config).await
}
