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
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read a secret.
    #[error(
        "{path} can be used by other users (mode {mode:04o}); run 'chmod 600 {path}', and take another secret \
         if one of them may have read it", path = .path.display()
    )]
    Exposed {
        /// Which one.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Others can change what this user relies on.
    #[error(
        "{path} can be written to by other users (mode {mode:04o}); run 'chmod go-w {path}'",
        path = .path.display()
    )]
    Shared {
        /// Which one.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to another user.
    #[error("{path} belongs to another user (id {owner}); remove it, or take another folder", path = .path.display())]
    Foreign {
        /// Which one.
        path: PathBuf,
        /// The owner's id.
        owner: u32,
    },
    /// It has a key and belongs to another user, who could replace the key.
    #[error(
        "{path} belongs to another user (id {owner}), who can put another key there; copy the right key to a \
         file of your own", path = .path.display()
    )]
    ForeignKey {
        /// Which one.
        path: PathBuf,
        /// The owner's id.
        owner: u32,
    },
    /// It has a public key, and others can replace it.
    #[error(
        "{path} can be written to by other users (mode {mode:04o}); run 'chmod go-w {path}', and check that the \
         key in it is the right one", path = .path.display()
    )]
    SharedKey {
        /// Which one.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A symbolic link, a folder, a pipe or a device.
    #[error("{path} is {what}, and not {expected}", path = .path.display())]
    Kind {
        /// Which one.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What it would have to be.
        expected: &'static str,
    },
    /// It is longer than such a file can be. Without a limit, a device named by mistake would be read for ever.
    #[error("{path} has more than {limit} bytes, and cannot be what it is taken for", path = .path.display())]
    TooLong {
        /// Which one.
        path: PathBuf,
        /// How many bytes it may have.
        limit: u64,
    },
    /// Bytes that are no text.
    #[error("{path} holds something else than text", path = .path.display())]
    NotText {
        /// Which one.
        path: PathBuf,
    },
}

/// Reads a text that only its owner may read, such as a key, from a file or a pipe, following links. The errors never
/// contain any of it.
///
/// # Errors
/// When it cannot be read, when it is neither this user's nor the administrator's, when the group or others
/// may use it, or when it is no text of at most `limit` bytes.
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

/// Reads a public key's file, which nobody but this user and the administrator can have written. It may be
/// reached through links, as files that are mounted are.
///
/// # Errors
/// When it is no regular file, another user's, writable by others, or too long; or when it cannot be read.
pub fn read_public_key(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_at_once(path, OpenOptions::new().read(true), Links::Followed)?;
    check_own(path, &metadata).map_err(of_key)?;
    read_limited(file, path, limit)
}

/// Writes a new file that everybody may read, and only its owner write to.
///
/// # Errors
/// As [`write_secret`].
pub fn write_public_key(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    // Also where files are made for the group: no other mode would be read again.
    let mut file = create_with_mode(path, 0o644).map_err(io_error(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error(path))
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// When there is a file of this name already, or it cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    let mut file = create_new(path).map_err(io_error(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error(path))
}

/// Reads a regular file that this user, or the administrator, alone can have written.
///
/// # Errors
/// When it is a link or no regular file, another user's, or writable by others; or when it cannot be read.
pub fn read_own(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_regular(path)?;
    check_own(path, &metadata)?;
    read_limited(file, path, limit)
}

/// The same of a file that nobody else can read either.
///
/// # Errors
/// As [`read_own`], and when others can read it.
pub fn read_own_secret(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    let (file, metadata) = open_regular(path)?;
    check_own(path, &metadata)?;
    check_hidden(path, &metadata)?;
    read_limited(file, path, limit)
}

/// Reads a regular file, whoever's it is, and none that a link leads to.
///
/// # Errors
/// When it is a link or no regular file, too long, or cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
    read_limited(open_regular(path)?.0, path, limit)
}

/// Opens a regular file of this user's, or the administrator's, to be locked: no pipe is waited for.
///
/// # Errors
/// As [`read_own`].
pub fn open_own(path: &Path) -> Result<File, PrivateFileError> {
    // Some file systems lock for one process alone only what it may write to.
    let (file, metadata) = open_at_once(path, OpenOptions::new().read(true).write(true), Links::Refused)?;
    check_own(path, &metadata)?;
    Ok(file)
}

/// Whether only this user, or the administrator, can put files into a folder.
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

/// Makes a folder, and those above it, for this user alone. One that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn create_own_folder(path: &Path) -> Result<(), PrivateFileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(io_error(path))
}

/// Makes a file that was not there, for this user alone.
///
/// # Errors
/// What the system says, [`io::ErrorKind::AlreadyExists`] among others.
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

/// What becomes of a symbolic link in a file's place.
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
    let kind = |what| PrivateFileError::Kind { path: path.to_owned(), what, expected: "a file of its own" };
    if links == Links::Refused && fs::symlink_metadata(path).map_err(io_error(path))?.is_symlink() {
        return Err(kind("a symbolic link"));
    }
    // No link that was put there since, and no pipe that would never open.
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

fn check_hidden(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    match mode(metadata) & 0o077 {
        0 => Ok(()),
        _ => Err(PrivateFileError::Exposed { path: path.to_owned(), mode: mode(metadata) }),
    }
}

/// The same fault in a file that holds a key, where another step comes next.
fn of_key(why: PrivateFileError) -> PrivateFileError {
    match why {
        PrivateFileError::Foreign { path, owner } => PrivateFileError::ForeignKey { path, owner },
        PrivateFileError::Shared { path, mode } => PrivateFileError::SharedKey { path, mode },
        why => why,
    }
}

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
    // Room for all of it at once: growing step by step would copy it as often.
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
