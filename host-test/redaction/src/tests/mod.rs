//! Keys in every spelling of the shared table and in every split.

mod splits;

use std::collections::BTreeMap;

use super::*;

pub(super) const KEY: &str = "sk-canary-7Qx2mW9zRt4v";

/// A key with all that JSON and percent encoding escape.
pub(super) const ODD_KEY: &str = "sk-\"a/b\\c%zd+e&f";

#[derive(serde::Deserialize)]
struct Table {
    keys: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    key: String,
    /// Each is removed.
    spellings: BTreeMap<String, String>,
    /// Each passes through: SECURITY.md lists them.
    gaps: BTreeMap<String, String>,
}

fn table() -> Vec<Entry> {
    let table: Table =
        serde_json::from_str(include_str!("../../spellings.json")).expect("the table is valid");
    table.keys
}

pub(super) fn keys(key: &str) -> Keys {
    Keys::default().with(key)
}

/// The spellings of a key.
pub(super) fn spellings(key: &str) -> Vec<String> {
    let entry = table().into_iter().find(|entry| entry.key == key).expect("the table has this key");
    entry.spellings.into_values().collect()
}

fn clean(keys: &Keys, kind: Kind, text: &str) -> String {
    String::from_utf8(Flow::new(keys, kind).all(text.as_bytes()).into_owned()).expect("a key is ASCII")
}

#[test]
fn each_spelling_of_the_table_is_removed_and_each_gap_passes() {
    for Entry { key, spellings, gaps } in table() {
        let keys = keys(&key);
        for (name, text) in spellings {
            for kind in [Kind::Deltas, Kind::Text, Kind::Error] {
                assert_eq!(clean(&keys, kind, &format!("<{text}>")), "<[redacted]>", "{name} {kind:?}");
            }
            let mark = format!("[redacted]{}", "*".repeat(text.len() - REDACTED.len()));
            assert_eq!(clean(&keys, Kind::Response, &format!("<{text}>")), format!("<{mark}>"), "{name}");
        }
        for (name, text) in gaps {
            assert_eq!(clean(&keys, Kind::Text, &text), text, "{name} is no gap: list it as a spelling");
        }
    }
}

#[test]
fn short_keys_are_words_except_in_errors() {
    for key in ["none", "EMPTY", "lm-studio"] {
        let keys = keys(key);
        let text = format!("the word {key}");
        assert!(keys.is_idle());
        assert_eq!(clean(&keys, Kind::Text, &text), text);
        assert_eq!(clean(&keys, Kind::Error, &text), "the word [redacted]");
    }
    for (key, secret) in [
        ("sk-1234", false),
        ("sk-12345", true),
        ("sk-short-01", true),
        ("lm-studio-1", false),
        ("lm-studio-12", true),
    ] {
        let keys = keys(key);
        assert_eq!(keys.is_idle(), !secret, "{key}");
        for kind in [Kind::Response, Kind::Text] {
            assert_eq!(clean(&keys, kind, &format!("it is {key}.")).contains(key), !secret, "{key} {kind:?}");
        }
    }
    assert!(keys("sk-two words-and-more").is_idle(), "no header can carry it");
}

#[test]
fn each_key_is_removed() {
    let second = "sk-another-0123456789";
    let keys = keys(KEY).with(second).with(KEY);
    assert_eq!(keys.count(), 2);
    let text = format!("{second}{KEY}, {KEY}{KEY} and {second}");
    assert_eq!(clean(&keys, Kind::Text, &text), "[redacted][redacted], [redacted][redacted] and [redacted]");
}

#[test]
fn the_name_of_a_header_is_searched_in_lower_case() {
    let keys = keys(KEY);
    assert!(keys.are_in_name(&format!("x-{}-y", KEY.to_lowercase())));
    assert!(!keys.are_in_name("x-request-id"));
}

#[test]
fn a_flow_resumed_from_its_state_goes_on_as_if_it_had_stayed() {
    for kind in [Kind::Response, Kind::Deltas, Kind::Text] {
        let keys = keys(KEY);
        let text = format!("it is {KEY}, or sk-can");
        for size in 1..text.len() {
            let (mut stayed, mut resumed) = (Flow::new(&keys, kind), Flow::new(&keys, kind));
            for piece in text.as_bytes().chunks(size) {
                assert_eq!(stayed.push(piece), resumed.push(piece), "{size} {kind:?}");
                let (pending, passed, units) = resumed.state();
                resumed = Flow::resumed(&keys, kind, pending.to_vec(), passed, units);
            }
            assert_eq!(stayed.finish(), resumed.finish());
        }
    }
}
