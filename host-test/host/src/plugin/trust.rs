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
///
/// ```no_run
/// use std::path::Path;
/// use provider_host::plugin::{LoadError, Plugin, Trust, TrustedKey};
///
/// # fn main() -> Result<(), LoadError> {
/// let key = TrustedKey::read_argument("signing.pub")?;
/// let plugin = Plugin::load_trusted(Path::new("dist/cometapi"), &Trust::Signed(vec![key]))?;
/// println!("signed by {}", plugin.signer().unwrap_or("nobody"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Every plugin. This trusts every user who can write to a plugin's folder.
    #[default]
    Anyone,
    /// Only plugins that are signed with one of these keys. An empty list accepts no plugin: a configuration that
    /// lost its keys must not accept everything.
    Signed(Vec<TrustedKey>),
}

/// A public key whose signatures are accepted.
#[derive(Clone)]
pub struct TrustedKey(PublicKey);

/// Why a plugin does not count as signed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("there is no {SIGNATURE_FILE}; install a plugin that is signed by {expected}")]
    Missing {
        /// The keys that are trusted.
        expected: String,
    },
    /// The file is not a signature that can be checked.
    #[error("{SIGNATURE_FILE} is not a minisign signature: {0}; sign the plugin again with 'host-test sign'")]
    Malformed(String),
    /// It was signed with a key that is not trusted.
    #[error(
        "it is signed by {found}, which is not trusted; install a plugin that is signed by {expected}, or trust \
         the other key if you know whose it is"
    )]
    Stranger {
        /// The key that signed.
        found: String,
        /// The keys that are trusted.
        expected: String,
    },
    /// The signature was made for another plugin, or another version. Old versions stay validly signed, so a file
    /// that was copied from one release to another is a likely cause, and deserves a message of its own.
    #[error(
        "its signature was made for {found}, but this is {expected}; install the plugin again with its signature"
    )]
    AnotherPlugin {
        /// The plugin and version in the signature's comment.
        found: String,
        /// The plugin and version in the manifest.
        expected: String,
    },
    /// The manifest is not the one that was signed.
    #[error(
        "plugin.toml does not match the signature of {signer}: one of the two was changed; install the plugin again"
    )]
    Changed {
        /// The key whose signature it claims to be.
        signer: String,
    },
}

/// A text is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a minisign public key; write the line that begins with RW, or name a .pub file")]
pub struct KeyError;

impl TrustedKey {
    /// Reads a key: the 56 characters that minisign prints, or the text of a `.pub` file.
    ///
    /// # Errors
    /// When the text is not a public key.
    ///
    /// ```
    /// use provider_host::plugin::TrustedKey;
    ///
    /// assert!(TrustedKey::parse("not a key").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<TrustedKey, KeyError> {
        // A `.pub` file has a comment line before the key, so the last line that is not empty is the key in both forms.
        let key = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        PublicKey::from_base64(key).map(TrustedKey).map_err(|_| KeyError)
    }

    /// Reads a key from a command-line argument: the key itself or the name of a file.
    ///
    /// # Errors
    /// When the argument is neither, or when another user can have written the file.
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
    // The id only selects the key to check with. Anybody can write any id into a file; the verification decides.
    let Some(key) = keys.iter().find(|key| key.0.keynum() == signature.keynum()) else {
        return Err(SignatureError::Stranger { found: signer, expected: ids(keys) });
    };
    // The old form signs the file itself instead of its hash. Nothing needs it, so there is one form to check.
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

/// Checks the lengths of the two signatures in the file: 74 bytes for the first one (algorithm, key id, Ed25519) and 64
/// for the one over the comment. The library does not: it ignores further bytes after the first signature, and slices
/// the second one at fixed positions, which panics if it is shorter.
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

/// The trusted comment of a signature: the plugin and its version. Minisign signs the comment too, so nobody can make
/// a signature look like one of another release.
pub(super) fn comment(manifest: &Manifest) -> String {
    format!("{COMMENT}{} {}", manifest.id, manifest.version)
}

fn ids(keys: &[TrustedKey]) -> String {
    let ids: Vec<String> = keys.iter().map(TrustedKey::id).collect();
    if ids.is_empty() { "no key at all".to_owned() } else { ids.join(" or ") }
}

fn id(keynum: &[u8]) -> String {
    // Minisign stores the id in little-endian order and prints it as a number, most significant byte first.
    let digits: String = keynum.iter().rev().map(|byte| format!("{byte:02X}")).collect();
    format!("key {digits}")
}

/// A folder's path for a message. The parent of `plugin.toml` is the empty path, which would be invisible.
pub(super) fn shown(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
