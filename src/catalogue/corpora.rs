//! Public data to test against, which is not part of the repository.

use std::{env, fs, path::PathBuf};

/// A file of the corpora, by the variable `CORPORA` or beside the workspace; says so if it is not there.
pub(crate) fn read(name: &str) -> Option<Vec<u8>> {
    let root = env::var_os("CORPORA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    let body = fs::read(root.join(name)).ok();
    if body.is_none() {
        println!("skipped: {name} is not there (no corpora)");
    }
    body
}
