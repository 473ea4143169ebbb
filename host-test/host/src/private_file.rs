//! Files that hold secrets, and files that no other user may change: keys, and code that this process executes.
//!
//! The checks are made on the file after it is opened, not on its path before: between the two, another user could
//! replace it. On systems without owners and modes only the checks that exist everywhere are made.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Why a file or folder is not used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// It cannot be read or written.
    #[error("{path}: {source}; check that it exists and that you have permission to use it", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Other users can read a secret. The secret may be known already, so the message recommends another one as well.
    #[error(
        "{path} can be used by other users (mode {mode:04o}); run 'chmod 600 {path}', and replace the secret \
         if one of them may have read it", path = .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Other users can change a file or folder that this user relies on.
    #[error(
        "{path} can be written to by other users (mode {mode:04o}); run 'chmod go-w {path}'",
        path = .path.display()
    )]
    Shared {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user, who can change it at any time, whatever its mode is now.
    #[error("{path} belongs to another user (id {owner}); remove it, or choose another folder", path = .path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// The owner's id.
        owner: u32,
    },
    /// It contains a key and belongs to another user, who could replace the key.
    #[error(
        "{path} belongs to another user (id {owner}), who can replace the key in it; copy the right key to a \
         file of your own", path = .path.display()
    )]
    ForeignKey {
        /// The file.
        path: PathBuf,
        /// The owner's id.
        owner: u32,
    },
    /// It contains a public key, and other users can replace it. `chmod` alone does not help if the key has been
    /// replaced already, so the message asks for a check of the key.
    #[error(
        "{path} can be written to by other users (mode {mode:04o}); run 'chmod go-w {path}', and check that the \
         key in it is the right one", path = .path.display()
    )]
    SharedKey {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link, a folder, a pipe or a device in the place of a file, or a file in the place of a folder.
    #[error("{path} is {what} instead of {expected}", path = .path.display())]
    Kind {
        /// The path.
        path: PathBuf,
        /// What is at this path.
        what: &'static str,
        /// What is needed there.
        expected: &'static str,
    },
    /// It is longer than such a file can be. Without a limit, a device named by mistake would be read for ever.
    #[error("{path} has more than {limit} bytes; check that it is the right file", path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The largest accepted length in bytes.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("{path} is not a text file; check that it is the right file", path = .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

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

#[cfg_attr(not(unix), allow(unused_variables))]
fn create_with_mode(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    options.open(path)
}

/// How a symbolic link in a file's place is treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Refused,
    Followed,
}

fn open_regular(path: &Path) -> Result<(File, Metadata), PrivateFileError> {
    open_at_once(path, OpenOptions::new().read(true), Links::Refused)
}

fn open_at_once(
    path: &Path,
    options: &mut OpenOptions,
    links: Links,
) -> Result<(File, Metadata), PrivateFileError> {
    let kind = |what| PrivateFileError::Kind { path: path.to_owned(), what, expected: "a regular file" };
    // This check is for the message and for systems without `O_NOFOLLOW`; the flag below is what cannot be raced.
    if links == Links::Refused && fs::symlink_metadata(path).map_err(io_error(path))?.is_symlink() {
        return Err(kind("a symbolic link"));
    }
    // NOFOLLOW refuses a link that was put there since the check above. NONBLOCK keeps `open` from waiting for ever for
    // a writer if the file is a pipe.
    #[cfg(unix)]
    {
        let mut flags = rustix::fs::OFlags::NONBLOCK;
        flags.set(rustix::fs::OFlags::NOFOLLOW, links == Links::Refused);
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(io_error(path))?;
    let metadata = file.metadata().map_err(io_error(path))?;
    match metadata.is_file() {
        true => Ok((file, metadata)),
        false => Err(kind(if metadata.is_dir() { "a folder" } else { "a pipe or a device" })),
    }
}

/// Refuses a file if its group or others may do anything with it.
fn check_hidden(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    match mode(metadata) & 0o077 {
        0 => Ok(()),
        _ => Err(PrivateFileError::Exposed { path: path.to_owned(), mode: mode(metadata) }),
    }
}

/// Turns an error about any file into the one about a key's file, whose message names another next step.
fn of_key(why: PrivateFileError) -> PrivateFileError {
    match why {
        PrivateFileError::Foreign { path, owner } => PrivateFileError::ForeignKey { path, owner },
        PrivateFileError::Shared { path, mode } => PrivateFileError::SharedKey { path, mode },
        why => why,
    }
}

/// Refuses a file or folder if another user than its owner may write to it, or if its owner is another user.
fn check_own(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    check_owner(path, metadata)?;
    match mode(metadata) & 0o022 {
        0 => Ok(()),
        _ => Err(PrivateFileError::Shared { path: path.to_owned(), mode: mode(metadata) }),
    }
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    // The administrator can change every file anyway, and system-wide installations belong to root.
    if owner == 0 || owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(PrivateFileError::Foreign { path: path.to_owned(), owner })
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &Metadata) -> Result<(), PrivateFileError> {
    Ok(())
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0o600
}

fn read_limited(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    // The whole length is allocated at once, because a vector that grows copies its content each time. The length is
    // only a hint: one byte more than the limit is read, so that a file that grew meanwhile is still refused.
    let length = file.metadata().map_or(0, |data| data.len()).min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_or(0, |length| length + 1));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(io_error(path))?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        true => Ok(bytes),
        false => Err(PrivateFileError::TooLong { path: path.to_owned(), limit }),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PrivateFileError {
    move |source| PrivateFileError::Io { path: path.to_owned(), source }
}

#[cfg(all(test, unix))]
#[path = "private_file_tests.rs"]
mod tests;
