//! Public recorded data for tests: in the folder that `CORPORA` names, or beside the repository.
//!
//! The data is not ours to publish, so that the repository does not contain it, and tests that need it are skipped
//! without it.

use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;

/// The folder of the corpora; without one, prints that the test is skipped.
pub(crate) fn root() -> Option<PathBuf> {
    let root = match std::env::var_os("CORPORA") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"),
    };
    if !root.is_dir() {
        println!("skipped: no corpora at {}; CORPORA may name them", root.display());
        return None;
    }
    Some(root)
}

/// A file of the corpora, if there are any.
pub(crate) fn bytes(file: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(root()?.join(file)).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// The same as text.
pub(crate) fn text(file: &str) -> Option<String> {
    bytes(file).map(|bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// The same as JSON.
pub(crate) fn json(file: &str) -> Option<serde_json::Value> {
    text(file).map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}
