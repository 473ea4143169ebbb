//! Making keys and signatures: what a plugin's author does, once and with each release.

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
    /// A key's file cannot be used.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// A file is no secret key, or the password does not open it.
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
    /// The library failed.
    #[error("the signature cannot be made: {0}")]
    Sign(String),
}

/// A secret key, opened. It is never shown.
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
    /// Opens a key that minisign or [`generate`] made. `password` is called only if the key has one.
    ///
    /// # Errors
    /// When the file is another user's, when others may read it, when it is no key, or when the password is another.
    pub fn read(
        path: &Path,
        password: impl FnOnce() -> Result<String, String>,
    ) -> Result<SigningKey, SigningError> {
        let text = read_secret(path, LONGEST_TEXT)?;
        let wrong = |reason: String| SigningError::Key { path: path.to_owned(), reason };
        let bytes = text.lines().nth(1).and_then(|line| BASE64_STANDARD.decode(line.trim()).ok());
        // Two bytes tell the signature's kind, and the next two how the key is locked: zeros for not at all.
        let locked = match bytes.as_deref() {
            Some([b'E', b'd', lock @ ..]) => !lock.starts_with(&[0, 0]),
            _ => {
                return Err(wrong(
                    "it is no secret key of minisign; 'host-test keygen' makes one".to_owned(),
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

    /// The public key, for those who check.
    pub fn public(&self) -> TrustedKey {
        TrustedKey::from(self.public.clone())
    }
}

/// Makes a pair of keys: the secret one in `path`, locked with the password where there is one, and the
/// public one in a file of the same name that ends in `.pub`. Gives the public key and its file.
///
/// # Errors
/// When one of the files is there already, or cannot be written.
pub fn generate(path: &Path, password: Option<String>) -> Result<(TrustedKey, PathBuf), SigningError> {
    let wrong = |path: &Path, reason: String| SigningError::Key { path: path.to_owned(), reason };
    let public_path = path.with_extension("pub");
    if public_path == path {
        return Err(wrong(path, "a name that ends in .pub is the public key's; take another".to_owned()));
    }
    for path in [path, &public_path] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(wrong(path, "it is there already; remove it, or take another name".to_owned()));
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

/// Signs a plugin that lies in a folder, and loads it as one that accepts only this key would. Gives the
/// signature's file.
///
/// # Errors
/// When the plugin cannot be used as it is, or the signature cannot be written.
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
    // What was signed is what lies there, also where somebody wrote to the folder meanwhile.
    Plugin::load_trusted(folder, &Trust::Signed(vec![key.public()]))?;
    Ok(path)
}
