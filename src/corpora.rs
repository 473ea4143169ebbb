//! Public recorded data that tests read where it is there: `CORPORA`, or a folder beside the repository.

use std::path::PathBuf;
use std::string::String;

/// The text of a file of the corpora; where there are none, says so and gives nothing.
pub(crate) fn read(file: &str) -> Option<String> {
    let root = match std::env::var_os("CORPORA") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"),
    };
    if !root.is_dir() {
        println!("skipped: {file} (no corpora at {}; CORPORA may name them)", root.display());
        return None;
    }
    Some(std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}")))
}
