//! Reading a plugin's files. Each file is read once and whole, and lies in the plugin's own folder.
//!
//! Anybody may have made the folder. Links are refused because they would let a plugin pass off any file of this
//! machine as its own, and lengths are limited because a file may be a device that never ends.

use std::fs;
use std::io;
use std::path::Path;

use super::LoadError;
use crate::private_file::{PrivateFileError, read_regular};

/// The longest manifest or signature, in bytes.
pub(super) const LONGEST_TEXT: u64 = 64 * 1024;

/// The longest component, in bytes.
pub(super) const LONGEST_COMPONENT: u64 = 256 * 1024 * 1024;

/// How many names of a folder a message lists: enough to recognise the folder, and still one line.
const LISTED: usize = 8;

/// Reads a regular file of at most `limit` bytes. Symbolic links are refused.
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

/// The names of some files in a folder, for a message. Unreadable folders count as empty, since the message is about
/// another problem already.
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

/// Writes a file beside its place and renames it, so that a reader never sees half of it. The process id in the
/// temporary name keeps two processes from writing to the same file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path)).map_err(|source| {
        // If this fails too, a temporary file stays. The first error is the one that the caller needs.
        let _ = fs::remove_file(&draft);
        LoadError::File { path: path.to_owned(), source }
    })
}
