//! The format of a cache file: a magic line, the HMAC-SHA-256 (RFC 2104) of name and machine code, the machine code.
//!
//! A plain hash would only detect damage. The HMAC also proves that a host of this user wrote the file, because nobody
//! else has the key.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::key::Key;

/// The first bytes of every file. The number changes with the format, so that older files are compiled again.
pub(super) const MAGIC: &[u8] = b"compiled component 2\n";
/// The length of an HMAC-SHA-256, in bytes.
pub(super) const TAG_LENGTH: usize = 32;

/// The file for machine code under a name.
pub(super) fn seal(key: &Key, name: &str, code: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(MAGIC.len() + TAG_LENGTH + code.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&mac(key, name, code).finalize().into_bytes());
    file.extend_from_slice(code);
    file
}

/// The machine code of a file that was sealed under this name with this key and has not changed since; `None` for any
/// other file. The comparison takes the same time wherever the tags differ.
pub(super) fn open<'a>(key: &Key, name: &str, file: &'a [u8]) -> Option<&'a [u8]> {
    let (tag, code) = file.strip_prefix(MAGIC)?.split_at_checked(TAG_LENGTH)?;
    mac(key, name, code).verify_slice(tag).ok().map(|()| code)
}

fn mac(key: &Key, name: &str, code: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.mac();
    // The name's length first, so that no byte can move between name and code.
    mac.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_le_bytes());
    mac.update(name.as_bytes());
    mac.update(code);
    mac
}
