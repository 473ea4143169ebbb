//! The bytes of a file: a head, HMAC-SHA-256 (RFC 2104) of name and machine code, the machine code.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::key::Key;

pub(super) const MAGIC: &[u8] = b"compiled component 2\n";
pub(super) const TAG_LENGTH: usize = 32;

/// The file for machine code under a name.
pub(super) fn seal(key: &Key, name: &str, code: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(MAGIC.len() + TAG_LENGTH + code.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&mac(key, name, code).finalize().into_bytes());
    file.extend_from_slice(code);
    file
}

/// The machine code of a file that was sealed under this name with this key, and not changed since.
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
