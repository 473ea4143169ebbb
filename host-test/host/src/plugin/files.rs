//! Reading a plugin's files: each is read once, whole, and lies in the plugin's own folder.

use std::fs;
use std::io;
use std::path::Path;

use super::LoadError;
use crate::private_file::{PrivateFileError, read_regular};

/// The longest manifest or signature, in bytes.
pub(super) const LONGEST_TEXT: u64 = 64 * 1024;

/// The longest component, in bytes.
pub(super) const LONGEST_COMPONENT: u64 = 256 * 1024 * 1024;

/// How many names of a folder a message lists.
const LISTED: usize = 8;

/// Reads a file. It is no link, and so cannot lie elsewhere; what is checked later is what was read here.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    read_regular(path, limit).map_err(|why| match why {
        PrivateFileError::Io { path, source } => LoadError::File { path, source },
        why => LoadError::NotAFile(why),
    })
}

/// Reads a file that may be missing.
pub(super) fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, LoadError> {
    match read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(LoadError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

/// What lies in a folder, in a few words.
pub(super) fn listing(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match (names.is_empty(), more) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// Replaces a file at once, so that a reader never sees half of it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path)).map_err(|source| {
        // A draft that stays behind is only litter; the failure is what counts.
        let _ = fs::remove_file(&draft);
        LoadError::File { path: path.to_owned(), source }
    })
}
