//! Finds the recorded public data that tests read where it is there.

use std::path::PathBuf;

use serde_json::Value;

/// A JSON file of the corpora; `None`, and a line saying so, where there are none.
pub(crate) fn corpus(file: &str) -> Option<Value> {
    let shared = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("CORPORA").map_or_else(shared, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join(file)) else {
        println!("skipped: {file} (no corpora)");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a corpus file is JSON"))
}
