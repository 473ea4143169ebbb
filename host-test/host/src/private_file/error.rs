//! Errors about files that have to be private, each with the command or the step that repairs it.

use std::io;
use std::path::PathBuf;

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
