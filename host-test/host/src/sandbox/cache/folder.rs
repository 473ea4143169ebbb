//! Writing into a folder that other hosts write to as well, and in which any of them may be killed.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::CacheError;
use crate::private_file::{create_new, open_own};

/// What a file is called until it is whole.
pub(super) const DRAFT: &str = "part";

/// What an entry is called.
pub(super) const ENTRY: &str = "cwasm";

/// So many entries are kept, of about a megabyte each: without an end, years of updates would fill the disk.
pub(super) const KEPT: usize = 32;

/// How long to wait for another host that writes. It takes milliseconds; one that was stopped in the midst
/// of it must not stop all others.
const PATIENCE: Duration = Duration::from_secs(3);

/// The right to write into the folder; the system takes it back from a process that dies.
pub(super) struct Lock {
    _file: File,
}

/// Waits for the right to write, and for nothing else: a pipe or a link in the lock's place is refused.
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
                thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(CacheError::Busy(folder.to_owned())),
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
    }
}

/// Removes the drafts of hosts that were killed: whoever holds the lock is the only one that writes. One
/// that cannot be removed is only litter.
pub(super) fn sweep(folder: &Path, _: &Lock) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == DRAFT) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes the oldest entries beyond [`KEPT`]. A component that is still in use is compiled once more.
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

/// Puts a file in its place at once: written beside it and renamed, another process sees all of it or none.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let draft = path.with_extension(format!("{}.{DRAFT}", std::process::id()));
    let written = create_new(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        // So that a machine that loses power does not come back with a name before its bytes.
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, path)).map_err(|source| {
        let _ = fs::remove_file(&draft);
        CacheError::File { path: path.to_owned(), source }
    })
}
