//! Opens files, and checks owner, mode and kind on the open file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

use super::PrivateFileError;

#[cfg_attr(not(unix), allow(unused_variables))]
pub(super) fn create_with_mode(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    options.open(path)
}

/// How a symbolic link in a file's place is treated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Refused,
    Followed,
}

pub(super) fn open_regular(path: &Path) -> Result<(File, Metadata), PrivateFileError> {
    open_at_once(path, OpenOptions::new().read(true), Links::Refused)
}

pub(super) fn open_at_once(
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
pub(super) fn check_hidden(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    match mode(metadata) & 0o077 {
        0 => Ok(()),
        _ => Err(PrivateFileError::Exposed { path: path.to_owned(), mode: mode(metadata) }),
    }
}

/// Turns an error about any file into the one about a key's file, whose message names another next step.
pub(super) fn of_key(why: PrivateFileError) -> PrivateFileError {
    match why {
        PrivateFileError::Foreign { path, owner } => PrivateFileError::ForeignKey { path, owner },
        PrivateFileError::Shared { path, mode } => PrivateFileError::SharedKey { path, mode },
        why => why,
    }
}

/// Refuses a file or folder if another user than its owner may write to it, or if its owner is another user.
pub(super) fn check_own(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    check_owner(path, metadata)?;
    match mode(metadata) & 0o022 {
        0 => Ok(()),
        _ => Err(PrivateFileError::Shared { path: path.to_owned(), mode: mode(metadata) }),
    }
}

#[cfg(unix)]
pub(super) fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    // The administrator can change every file anyway, and system-wide installations belong to root.
    if owner == 0 || owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(PrivateFileError::Foreign { path: path.to_owned(), owner })
}

#[cfg(not(unix))]
pub(super) fn check_owner(_: &Path, _: &Metadata) -> Result<(), PrivateFileError> {
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

pub(super) fn read_limited(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, PrivateFileError> {
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

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PrivateFileError {
    move |source| PrivateFileError::Io { path: path.to_owned(), source }
}
