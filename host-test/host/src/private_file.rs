//! Files that hold secrets, and files that no other user may change: keys, and code that this process executes.
//!
//! The checks are made on the file after it is opened, not on its path before: between the two, another user could
//! replace it. On systems without owners and modes only the checks that exist everywhere are made.

mod checks;
mod error;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use checks::{
    Links, check_hidden, check_own, check_owner, create_with_mode, io_error, of_key, open_at_once,
    open_regular, read_limited,
};
pub use error::PrivateFileError;

/// Reads a secret text, such as a key, that only its owner may read. The path may be a file, a pipe, or a link to one:
/// secrets are often mounted as links, or passed by a shell as `<(command)`. Errors never contain any of the text.
///
/// # Errors
/// When the file cannot be read, when it belongs neither to this user nor to the administrator, when the group or
/// others may use it, or when it is not a text of at most `limit` bytes.
///
/// ```
/// use provider_host::private_file::{read_secret, write_secret};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("key");
/// write_secret(&path, b"not a real key")?;
/// assert_eq!(read_secret(&path, 4096)?, "not a real key");
/// assert!(read_secret(&path, 4).is_err(), "it is longer than that");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_secret(path: &Path, limit: u64) -> Result<String, PrivateFileError> {
    let file = File::open(path).map_err(io_error(path))?;
    let metadata = file.metadata().map_err(io_error(path))?;
    if metadata.is_dir() {
        return Err(PrivateFileError::Kind { path: path.to_owned(), what: "a folder", expected: "a file" });
    }
    check_owner(path, &metadata).map_err(of_key)?;
    check_hidden(path, &metadata)?;
    String::from_utf8(read_limited(file, path, limit)?)
        .map_err(|_| PrivateFileError::NotText { path: path.to_owned() })
}

/// Reads the file of a public key, which nobody but this user and the administrator can have written. Links are
/// followed, because mounted files are often reached through them; the checks are made on the file itself.
///
/// # Errors
/// When it is not a regular file, belongs to another user, is writable by others, is longer than `limit` bytes, or
/// cannot be read.
pub fn read_public_key(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_at_once(path, OpenOptions::new().read(true), Links::Followed)?;
    check_own(path, &metadata).map_err(of_key)?;
    read_limited(file, path, limit)
}

/// Writes a new file that everybody may read and only its owner may write.
///
/// # Errors
/// When there is a file of this name already, or it cannot be written.
pub fn write_public_key(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    // An explicit mode, because a umask of 002 would make the file writable for the group, and `read_public_key` would
    // then refuse it.
    let mut file = create_with_mode(path, 0o644).map_err(io_error(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error(path))
}

/// Writes a new file that only its owner can read. An existing file is never overwritten: it may be the only copy of a
/// key.
///
/// # Errors
/// When there is a file of this name already, or it cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    let mut file = create_new(path).map_err(io_error(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error(path))
}

/// Reads a regular file that only this user or the administrator can have written. Links are refused.
///
/// # Errors
/// When it is not a regular file, belongs to another user, is writable by others, is longer than `limit` bytes, or
/// cannot be read.
pub fn read_own(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_regular(path)?;
    check_own(path, &metadata)?;
    read_limited(file, path, limit)
}

/// Reads a file as [`read_own`] does, if no other user can read it either.
///
/// # Errors
/// The errors of [`read_own`], and [`PrivateFileError::Exposed`] when others can read it.
pub fn read_own_secret(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_regular(path)?;
    check_own(path, &metadata)?;
    check_hidden(path, &metadata)?;
    read_limited(file, path, limit)
}

/// Reads a regular file of any user. Links are refused.
///
/// # Errors
/// When it is not a regular file, is longer than `limit` bytes, or cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    read_limited(open_regular(path)?.0, path, limit)
}

/// Opens a regular file of this user or the administrator, so that it can be locked. It never blocks, even if there is
/// a pipe in the file's place.
///
/// # Errors
/// The errors of [`read_own`].
pub fn open_own(path: &Path) -> Result<File, PrivateFileError> {
    // For writing as well: some file systems give an exclusive lock only on files that are open for writing.
    let (file, metadata) = open_at_once(path, OpenOptions::new().read(true).write(true), Links::Refused)?;
    check_own(path, &metadata)?;
    Ok(file)
}

/// Checks that only this user or the administrator can create or replace files in a folder.
///
/// # Errors
/// When others can, or when there is no such folder.
pub fn check_own_folder(path: &Path) -> Result<(), PrivateFileError> {
    let metadata = fs::metadata(path).map_err(io_error(path))?;
    if !metadata.is_dir() {
        return Err(PrivateFileError::Kind { path: path.to_owned(), what: "a file", expected: "a folder" });
    }
    check_own(path, &metadata)
}

/// Creates a folder, and its parents, for this user alone. An existing folder keeps its mode.
///
/// # Errors
/// When it cannot be created.
pub fn create_own_folder(path: &Path) -> Result<(), PrivateFileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(io_error(path))
}

/// Creates a file that did not exist, for this user alone.
///
/// # Errors
/// The system's error; [`io::ErrorKind::AlreadyExists`] if there is a file or a link of this name.
pub fn create_new(path: &Path) -> io::Result<File> {
    create_with_mode(path, 0o600)
}

#[cfg(all(test, unix))]
#[path = "private_file_tests.rs"]
mod tests;
