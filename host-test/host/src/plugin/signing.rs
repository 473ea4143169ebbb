//! Making keys and signatures. A plugin's author makes a key once and a signature with each release.
//!
//! Keys and signatures have minisign's formats, so an author can use minisign or rsign instead of this code.

use std::fmt;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};

use super::files::{LONGEST_TEXT, read, write};
use super::trust::{Trust, TrustedKey, comment};
use super::{FILE_NAME, LoadError, Plugin, SIGNATURE_FILE};
use crate::private_file::{PrivateFileError, read_secret, write_public_key, write_secret};

/// Why a key or a signature was not made.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// A key's file cannot be read or written, or is not private.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// A file is not a secret key, or the password is wrong.
    #[error("{path}: {reason}", path = .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The plugin cannot be used, and so is not signed.
    #[error(transparent)]
    Plugin(#[from] LoadError),
    /// The signing library failed. Contains its message.
    #[error("the signature cannot be made: {0}")]
    Sign(String),
}

/// A secret key, decrypted. `Debug` shows only the id of the public key.
pub struct SigningKey {
    secret: SecretKey,
    public: PublicKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {}", self.public().id())
    }
}

impl SigningKey {
    /// Reads a key that minisign or [`generate`] made. `password` is called only if the key is encrypted, so a person
    /// is not asked for a password that the key does not have.
    ///
    /// # Errors
    /// When the file belongs to another user, when others may read it, when it is not a key, or when the password is
    /// wrong.
    pub fn read(
        path: &Path,
        password: impl FnOnce() -> Result<String, String>,
    ) -> Result<SigningKey, SigningError> {
        let text = read_secret(path, LONGEST_TEXT)?;
        let wrong = |reason: String| SigningError::Key { path: path.to_owned(), reason };
        let bytes = text.lines().nth(1).and_then(|line| BASE64_STANDARD.decode(line.trim()).ok());
        // The first two bytes name the signature algorithm, Ed25519. The next two name the key derivation function;
        // they are zero if the key is not encrypted.
        let locked = match bytes.as_deref() {
            Some([b'E', b'd', lock @ ..]) => !lock.starts_with(&[0, 0]),
            _ => {
                return Err(wrong(
                    "it is not a minisign secret key; run 'host-test keygen' to make one".to_owned(),
                ));
            }
        };
        let key = SecretKeyBox::from(text);
        let secret = match locked {
            false => key.into_unencrypted_secret_key(),
            true => key.into_secret_key(Some(password().map_err(wrong)?)),
        };
        let secret = secret.map_err(|why| wrong(why.to_string()))?;
        let public = PublicKey::from_secret_key(&secret).map_err(|why| wrong(why.to_string()))?;
        Ok(SigningKey { secret, public })
    }

    /// The public key, which checks the signatures of this key.
    pub fn public(&self) -> TrustedKey {
        TrustedKey::from(self.public.clone())
    }
}

/// Makes a pair of keys. The secret key goes to `path`, encrypted if there is a password, and the public key to a file
/// of the same name that ends in `.pub`. Returns the public key and its file.
///
/// # Errors
/// When one of the files exists already, or cannot be written.
pub fn generate(path: &Path, password: Option<String>) -> Result<(TrustedKey, PathBuf), SigningError> {
    let wrong = |path: &Path, reason: String| SigningError::Key { path: path.to_owned(), reason };
    let public_path = path.with_extension("pub");
    if public_path == path {
        return Err(wrong(path, "a name that ends in .pub is for the public key; choose another".to_owned()));
    }
    // Both are checked before the slow key derivation. Overwriting a secret key would make every plugin that it
    // signed impossible to release again under the same key.
    for path in [path, &public_path] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(wrong(path, "the file exists; remove it, or choose another name".to_owned()));
        }
    }
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password)),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let failed = |why: minisign::PError| SigningError::Sign(why.to_string());
    let pair = pair.map_err(failed)?;
    let secret = pair.sk.to_box(Some("secret key for signing plugins")).map_err(failed)?;
    let public = pair.pk.to_box().map_err(failed)?;
    write_secret(path, &secret.to_bytes())?;
    write_public_key(&public_path, &public.to_bytes())?;
    Ok((TrustedKey::from(pair.pk), public_path))
}

/// Signs the plugin in a folder, and loads it again with this key as the only trusted one. Returns the signature's
/// file.
///
/// # Errors
/// When the plugin cannot be loaded, or the signature cannot be written.
pub fn sign(folder: &Path, key: &SigningKey) -> Result<PathBuf, SigningError> {
    let plugin = Plugin::load(folder)?;
    let manifest = read(&plugin.directory.join(FILE_NAME), LONGEST_TEXT)?;
    let signature = minisign::sign(
        Some(&key.public),
        &key.secret,
        Cursor::new(manifest),
        Some(&comment(&plugin.manifest)),
        Some("signature of plugin.toml"),
    );
    let signature = signature.map_err(|why| SigningError::Sign(why.to_string()))?;
    let path = plugin.directory.join(SIGNATURE_FILE);
    write(&path, &signature.to_bytes())?;
    // The manifest was read twice, so it may have changed in between. Loading it again shows whether the signature
    // matches the files that are there now.
    Plugin::load_trusted(folder, &Trust::Signed(vec![key.public()]))?;
    Ok(path)
}
