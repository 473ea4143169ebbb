//! The key of the HMAC of compiled components: random, and created once per user.
//!
//! Several hosts may start at once on a machine where there is no key yet, and each of them may be killed at any
//! moment. All of them have to end up with the same key, or each would refuse the others' entries.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use hmac::Hmac;
use hmac::digest::KeyInit as _;
use sha2::Sha256;

use super::super::error::CacheError;
use crate::private_file::{PrivateFileError, create_own_folder, read_own_secret, write_secret};

const LENGTH: usize = 32;

/// The key. It is never shown, and so is not `Debug`.
pub(super) struct Key([u8; LENGTH]);

impl Key {
    /// A new HMAC with this key, to which nothing has been added yet.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        // HMAC pads a key to the block of its hash. Doing it here gives a type of fixed size, whose constructor cannot
        // fail, unlike the one that takes a slice.
        Hmac::new(&block(&self.0).into())
    }
}

/// The key padded to SHA-256's block with zeros, as RFC 2104 does.
fn block(key: &[u8; LENGTH]) -> [u8; 64] {
    let mut block = [0; 64];
    for (byte, key) in block.iter_mut().zip(key) {
        *byte = *key;
    }
    block
}

/// The state of the key's file.
enum Stored {
    /// There is no file.
    Nothing,
    /// The file is shorter or longer than a key: another host is writing it, or was killed while it wrote it.
    Part,
    /// The file is a key.
    Whole(Key),
}

fn read(path: &Path) -> Result<Stored, CacheError> {
    // One byte more than the length of a key, so that a longer file is recognised and not cut to a key.
    match read_own_secret(path, LENGTH as u64 + 1) {
        Ok(bytes) => Ok(bytes.try_into().map_or(Stored::Part, |key| Stored::Whole(Key(key)))),
        Err(PrivateFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(Stored::Nothing)
        }
        Err(why) => Err(why.into()),
    }
}

/// The key, or `None` if there is no complete one yet. Reading an entry never creates a key: a new one would fit no
/// entry.
pub(super) fn load(path: &Path) -> Result<Option<Key>, CacheError> {
    match read(path)? {
        Stored::Whole(key) => Ok(Some(key)),
        Stored::Nothing | Stored::Part => Ok(None),
    }
}

/// The key, which is created if there is none. A host that was killed while it wrote the key has left a shorter file,
/// with which nothing has been signed, so it is replaced.
///
/// Hosts with different folders hold different locks, so they may run this at the same time. All of them take the key
/// of the first one, because a file is only ever created, never overwritten.
pub(super) fn load_or_make(path: &Path) -> Result<Key, CacheError> {
    let file = |source| CacheError::File { path: path.to_owned(), source };
    for _ in 0..ATTEMPTS {
        match read_when_whole(path)? {
            Stored::Whole(key) => return Ok(key),
            Stored::Nothing => {}
            Stored::Part => match fs::remove_file(path) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(file(why)),
                _ => {}
            },
        }
        if let Some(key) = make(path)? {
            return Ok(key);
        }
    }
    Err(file(io::ErrorKind::AlreadyExists.into()))
}

/// How often to look again for a key that another host creates or removes at this moment. Each attempt fails only if
/// another host was faster, so a handful is enough, and a bug cannot loop for ever.
const ATTEMPTS: usize = 5;

/// How long another host may take from creating the file to writing 32 bytes into it. After that it counts as killed.
const PATIENCE: Duration = Duration::from_millis(200);

/// The state of the file, after another host has had the time to complete it.
fn read_when_whole(path: &Path) -> Result<Stored, CacheError> {
    let begun = Instant::now();
    loop {
        match read(path)? {
            Stored::Part if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
            stored => return Ok(stored),
        }
    }
}

/// Creates a key. Returns `None` if another host was faster; its key is then the one to use.
fn make(path: &Path) -> Result<Option<Key>, CacheError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_own_folder(folder)?;
    }
    let mut key = [0; LENGTH];
    getrandom::fill(&mut key).map_err(|why| CacheError::File {
        path: path.to_owned(),
        source: io::Error::other(why.to_string()),
    })?;
    match write_secret(path, &key) {
        Ok(()) => Ok(Some(Key(key))),
        Err(PrivateFileError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(why) => Err(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_once_and_differs_from_every_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/key");
        assert!(load(&path).unwrap().is_none());
        let made = load_or_make(&path).unwrap().0;
        assert_eq!(load_or_make(&path).unwrap().0, made);
        assert_eq!(load(&path).unwrap().unwrap().0, made);
        assert_ne!(load_or_make(&dir.path().join("other")).unwrap().0, made);
    }

    #[test]
    fn a_key_of_the_wrong_length_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for length in [0, 1, LENGTH - 1, LENGTH + 1] {
            let _ = fs::remove_file(&path);
            write_secret(&path, &vec![7; length]).unwrap();
            assert!(load(&path).unwrap().is_none(), "{length}");
            assert_ne!(load_or_make(&path).unwrap().0, [7; LENGTH]);
        }
    }

    #[test]
    fn hosts_that_create_a_key_at_the_same_time_all_use_the_same_one() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let path = dir.path().join(format!("{round}/key"));
            let barrier = std::sync::Barrier::new(8);
            let keys: Vec<_> = thread::scope(|scope| {
                let host = || {
                    barrier.wait();
                    load_or_make(&path).unwrap().0
                };
                let hosts: Vec<_> = (0..8).map(|_| scope.spawn(host)).collect();
                hosts.into_iter().map(|host| host.join().unwrap()).collect()
            });
            let kept = load(&path).unwrap().unwrap().0;
            assert!(keys.iter().all(|key| *key == kept), "round {round}");
        }
    }

    #[test]
    fn the_host_waits_for_a_key_that_another_host_is_writing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_secret(&path, &[]).unwrap();
        let taken = thread::scope(|scope| {
            let taken = scope.spawn(|| load_or_make(&path).unwrap().0);
            thread::sleep(Duration::from_millis(20));
            fs::write(&path, [7; LENGTH]).unwrap();
            taken.join().unwrap()
        });
        assert_eq!((taken, load(&path).unwrap().unwrap().0), ([7; LENGTH], [7; LENGTH]));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_or_that_is_a_link_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        load_or_make(&path).unwrap();
        std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
        assert!(load_or_make(&dir.path().join("link")).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = load_or_make(&path).err().unwrap().to_string();
        assert!(load(&path).is_err() && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn the_code_is_hmac_sha_256() {
        use hmac::Mac as _;
        // RFC 4231, 4.2: test case 1 has a key of 20 bytes, which zeros pad to ours.
        let mut key = [0; LENGTH];
        key[..20].fill(0x0b);
        let tag = Key(key).mac().chain_update(b"Hi There").finalize().into_bytes();
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }
}
