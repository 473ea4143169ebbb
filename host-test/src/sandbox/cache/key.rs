//! The key that compiled components are vouched for with: random, made once for each user.

use std::fs;
use std::io;
use std::path::Path;

use hmac::Hmac;
use hmac::digest::KeyInit as _;
use sha2::Sha256;

use super::super::error::CacheError;
use crate::private_file::{PrivateFileError, create_own_folder, read_own_secret, write_secret};

const LENGTH: usize = 32;

/// The key. It is never shown, and so is not `Debug`.
pub(super) struct Key([u8; LENGTH]);

impl Key {
    /// A code of nothing yet.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        // The array is as long as the block that HMAC pads keys to, or shorter: none is too long or short.
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

/// The key, or none where there is no whole one yet.
pub(super) fn load(path: &Path) -> Result<Option<Key>, CacheError> {
    // One byte more than a key has, so that a longer file is told from a key.
    match read_own_secret(path, LENGTH as u64 + 1) {
        Ok(bytes) => Ok(bytes.try_into().ok().map(Key)),
        Err(PrivateFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// The key, made where there is none. A host that was killed while it wrote one has left a shorter file,
/// which vouches for nothing and is replaced.
pub(super) fn load_or_make(path: &Path) -> Result<Key, CacheError> {
    if let Some(key) = load(path)? {
        return Ok(key);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_own_folder(folder)?;
    }
    let file = |source| CacheError::File { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(file(why)),
        _ => {}
    }
    let mut key = [0; LENGTH];
    getrandom::fill(&mut key).map_err(|why| file(io::Error::other(why.to_string())))?;
    write_secret(path, &key)?;
    Ok(Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_differs_from_every_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/key");
        assert!(load(&path).unwrap().is_none());
        let made = load_or_make(&path).unwrap().0;
        assert_eq!(load_or_make(&path).unwrap().0, made);
        assert_eq!(load(&path).unwrap().unwrap().0, made);
        assert_ne!(load_or_make(&dir.path().join("other")).unwrap().0, made);
    }

    #[test]
    fn a_key_that_was_cut_short_or_grew_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for length in [0, 1, LENGTH - 1, LENGTH + 1] {
            let _ = fs::remove_file(&path);
            write_secret(&path, &vec![7; length]).unwrap();
            assert!(load(&path).unwrap().is_none(), "{length}");
            assert_ne!(load_or_make(&path).unwrap().0, [7; LENGTH]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_or_that_a_link_leads_to_is_not_used() {
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
