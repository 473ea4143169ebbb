//! Which plugins are accepted, by their signatures.
//!
//! The manifest is signed. It contains the digest of the component and everything that the plugin may do. With a
//! signature of the component alone, anybody could change the origins, the header of the key or the limits. The format
//! is minisign's (Ed25519 over BLAKE2b-512), so that minisign and rsign can make and check signatures too.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign::{PublicKey, SignatureBox};

use super::files::LONGEST_TEXT;
use super::manifest::Manifest;
use super::{LoadError, SIGNATURE_FILE};
use crate::private_file::{PrivateFileError, read_public_key};

/// Which plugins a host accepts.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Every plugin. Whoever can write to a plugin's folder is trusted.
    #[default]
    Anyone,
    /// Only plugins that one of these keys has signed. Without keys: none at all.
    Signed(Vec<TrustedKey>),
}

/// A public key whose signatures are accepted.
#[derive(Clone)]
pub struct TrustedKey(PublicKey);

/// Why a plugin does not count as signed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("there is no {SIGNATURE_FILE}; only plugins signed by {expected} are accepted")]
    Missing {
        /// The keys that are trusted.
        expected: String,
    },
    /// It is no signature that can be understood.
    #[error("{SIGNATURE_FILE} is no signature of minisign: {0}; sign the plugin anew with 'host-test sign'")]
    Malformed(String),
    /// Somebody else signed it.
    #[error("it is signed by {found}, and only plugins signed by {expected} are accepted")]
    Stranger {
        /// The key that signed.
        found: String,
        /// The keys that are trusted.
        expected: String,
    },
    /// The signature was made for another plugin, or another version.
    #[error("its signature was made for {found}, and this is {expected}; the two do not belong together")]
    AnotherPlugin {
        /// What the signature says.
        found: String,
        /// What the manifest says.
        expected: String,
    },
    /// The manifest is not the one that was signed.
    #[error("plugin.toml is not as {signer} signed it: one of the two was changed; install the plugin anew")]
    Changed {
        /// The key that signed.
        signer: String,
    },
}

/// A text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no public key of minisign; write the line that begins with RW, or name a .pub file")]
pub struct KeyError;

impl TrustedKey {
    /// Reads a key: the 56 characters that minisign prints, or the text of a `.pub` file.
    ///
    /// # Errors
    /// When it is no public key.
    pub fn parse(text: &str) -> Result<TrustedKey, KeyError> {
        // A file has a comment before the key.
        let key = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        PublicKey::from_base64(key).map(TrustedKey).map_err(|_| KeyError)
    }

    /// Reads a key that is given as itself or as the name of a file.
    ///
    /// # Errors
    /// When it is neither, or a file that another user can have written.
    pub fn read_argument(argument: &str) -> Result<TrustedKey, LoadError> {
        if let Ok(key) = TrustedKey::parse(argument) {
            return Ok(key);
        }
        let path = Path::new(argument);
        let bytes = read_public_key(path, LONGEST_TEXT).map_err(|why| match why {
            PrivateFileError::Io { path, source } => LoadError::File { path, source },
            why => LoadError::KeyFile(why),
        })?;
        TrustedKey::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|reason| LoadError::Key { path: path.to_owned(), reason })
    }

    /// The key's id, as minisign shows it.
    pub fn id(&self) -> String {
        id(self.0.keynum())
    }

    /// The key as minisign writes it on a command line.
    pub fn to_base64(&self) -> String {
        self.0.to_base64()
    }
}

impl From<PublicKey> for TrustedKey {
    fn from(key: PublicKey) -> TrustedKey {
        TrustedKey(key)
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl Trust {
    /// Checks a manifest's bytes against the signature beside it, and returns the key that signed it; `None` where no
    /// signature is required.
    pub(super) fn check(&self, folder: &Path, manifest: &[u8]) -> Result<Option<String>, LoadError> {
        let Trust::Signed(keys) = self else { return Ok(None) };
        let path = folder.join(SIGNATURE_FILE);
        let signature = super::files::read_if_there(&path, LONGEST_TEXT)?;
        let checked = match signature {
            Some(signature) => check(keys, &String::from_utf8_lossy(&signature), manifest),
            None => Err(SignatureError::Missing { expected: ids(keys) }),
        };
        checked.map(Some).map_err(|problem| LoadError::Signature { path: shown(folder), problem })
    }
}

fn check(keys: &[TrustedKey], signature: &str, manifest: &[u8]) -> Result<String, SignatureError> {
    check_lengths(signature)?;
    let signature = SignatureBox::from_string(signature)
        .map_err(|why| SignatureError::Malformed(why.to_string().to_lowercase()))?;
    let signer = id(signature.keynum());
    let Some(key) = keys.iter().find(|key| key.0.keynum() == signature.keynum()) else {
        return Err(SignatureError::Stranger { found: signer, expected: ids(keys) });
    };
    if !signature.is_prehashed() {
        return Err(SignatureError::Malformed("it is of the old form without a hash".to_owned()));
    }
    match minisign::verify(&key.0, &signature, std::io::Cursor::new(manifest), true, false, false) {
        Ok(()) => Ok(signer),
        Err(_) => Err(reason(&signature, signer, manifest)),
    }
}

/// Why a signature of a trusted key does not match. The comment names the plugin that it was made for, which explains
/// the failure. The comment never makes a signature valid; a valid one may have any comment.
fn reason(signature: &SignatureBox, signer: String, manifest: &[u8]) -> SignatureError {
    let found = signature.trusted_comment().unwrap_or_default();
    let manifest = std::str::from_utf8(manifest).ok().and_then(|text| Manifest::parse(text).ok());
    match manifest.map(|manifest| comment(&manifest)) {
        Some(expected) if found.starts_with(COMMENT) && found != expected => {
            SignatureError::AnotherPlugin { found, expected }
        }
        _ => SignatureError::Changed { signer },
    }
}

/// The library does not check the lengths of the two signatures that it reads.
fn check_lengths(signature: &str) -> Result<(), SignatureError> {
    for (line, name, length) in [(1, "its second line", 74), (3, "its fourth line", 64)] {
        let text = signature.lines().nth(line).unwrap_or_default().trim();
        let bytes = BASE64_STANDARD.decode(text).map(|bytes| bytes.len()).unwrap_or_default();
        if bytes != length {
            return Err(SignatureError::Malformed(format!("{name} is not {length} bytes in base64")));
        }
    }
    Ok(())
}

const COMMENT: &str = "plugin ";

/// What a signature says of itself: whose it is. It is signed as well.
pub(super) fn comment(manifest: &Manifest) -> String {
    format!("{COMMENT}{} {}", manifest.id, manifest.version)
}

fn ids(keys: &[TrustedKey]) -> String {
    let ids: Vec<String> = keys.iter().map(TrustedKey::id).collect();
    if ids.is_empty() { "no key at all".to_owned() } else { ids.join(" or ") }
}

fn id(keynum: &[u8]) -> String {
    let digits: String = keynum.iter().rev().map(|byte| format!("{byte:02X}")).collect();
    format!("key {digits}")
}

/// A folder by a name that can be seen.
pub(super) fn shown(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
