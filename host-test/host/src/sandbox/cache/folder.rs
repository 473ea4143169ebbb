//! Writing into a folder to which other hosts write as well, and in which any of them may be killed at any moment.
//!
//! Readers take no lock. They see only whole files, because files are renamed into place.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::CacheError;
use crate::private_file::{create_new, open_own};

/// The extension of a file until it is complete.
pub(super) const DRAFT: &str = "part";

/// The extension of an entry.
pub(super) const ENTRY: &str = "cwasm";

/// How many entries are kept, of about a megabyte each. Without a limit, years of updates would fill the disk.
pub(super) const KEPT: usize = 32;

/// How long to wait for another host that writes. Writing takes milliseconds. A host that was suspended while it wrote
/// must not stop all others.
const PATIENCE: Duration = Duration::from_secs(3);

/// The lock for writing into the folder. It is a file lock, so the system releases it when a process dies.
pub(super) struct Lock {
    _file: File,
}

/// Waits for the lock, for [`PATIENCE`] at most. A pipe or a link in the place of the lock file is refused, because
/// opening it could block for ever or lock a file elsewhere.
pub(super) fn lock(folder: &Path) -> Result<Lock, CacheError> {
    let path = folder.join("lock");
    let failed = |source| CacheError::File { path: path.clone(), source };
    let file = match create_new(&path) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => open_own(&path)?,
        made => made.map_err(failed)?,
    };
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                // The standard library has no lock with a timeout, so this polls.
                thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(CacheError::Busy(folder.to_owned())),
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
    }
}

/// Removes the drafts of hosts that were killed. The caller holds the lock, so no other host is writing a draft now. A
/// draft that cannot be removed does no harm and is ignored.
pub(super) fn sweep(folder: &Path, _: &Lock) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == DRAFT) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes the oldest entries beyond [`KEPT`]. A component of a removed entry that is still in use is compiled again
/// the next time.
pub(super) fn prune(folder: &Path, _: &Lock) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut dated: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == ENTRY))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    dated.sort();
    let old = dated.len().saturating_sub(KEPT);
    for (_, path) in dated.into_iter().take(old) {
        let _ = fs::remove_file(path);
    }
}

/// Writes a file beside its place and renames it, so that another process sees all of it or none.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let draft = path.with_extension(format!("{}.{DRAFT}", std::process::id()));
    let written = create_new(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        // Without this, a machine that loses power may come back with the renamed file but not its bytes.
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, path)).map_err(|source| {
        let _ = fs::remove_file(&draft);
        CacheError::File { path: path.to_owned(), source }
    })
}
