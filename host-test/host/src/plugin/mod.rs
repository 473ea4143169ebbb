//! Plugins on disk: a folder with a component and a manifest, `plugin.toml`, that declares what the component needs.
//!
//! Loading reads each file once and checks it before anything is compiled: the digest, the imports, the version of the
//! contract and, where a host accepts signed plugins only, the signature.
//!
//! ```no_run
//! use std::path::Path;
//! use provider_host::plugin::Plugin;
//!
//! let plugin = Plugin::load(Path::new("dist/cometapi"))?;
//! println!("{} {} may reach {:?}", plugin.manifest.name, plugin.manifest.version, plugin.manifest.network.origins);
//! # Ok::<(), provider_host::plugin::LoadError>(())
//! ```

mod error;
mod files;
mod manifest;
mod origin;
mod pack;
mod signing;
mod slim;
mod surface;
mod trust;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use error::{LoadError, ManifestError, SurfaceError};
pub use manifest::{CredentialKind, CredentialSpec, FILE_NAME, Limits, Manifest, Network};
pub use origin::{Origin, OriginError, Scheme};
pub use pack::pack;
pub use signing::{SigningError, SigningKey, generate, sign};
pub use surface::{ALLOWED_IMPORTS, CONTRACT_PACKAGE, CONTRACT_VERSION, Surface, contract};
pub use trust::{KeyError, SignatureError, Trust, TrustedKey};

use files::{LONGEST_COMPONENT, LONGEST_TEXT, listing, read, read_if_there};
use trust::shown;

/// The name of the signature of the manifest, in a plugin's folder.
pub const SIGNATURE_FILE: &str = "plugin.toml.minisig";

/// A plugin whose component is the one that its manifest describes.
#[derive(Clone)]
pub struct Plugin {
    /// What the plugin is, and what it needs.
    pub manifest: Manifest,
    /// The folder that it was loaded from; empty for a component without a manifest.
    pub directory: PathBuf,
    component: Arc<[u8]>,
    surface: Surface,
    signer: Option<String>,
}

impl Plugin {
    /// Loads a plugin from its folder, from its manifest, or from its component beside the manifest.
    ///
    /// # Errors
    /// When one of the two files is missing or unreadable, when the component is not the one that the manifest
    /// describes, when it does not export this version of the contract, or when it imports more than a provider may.
    pub fn load(path: &Path) -> Result<Plugin, LoadError> {
        Plugin::load_trusted(path, &Trust::Anyone)
    }

    /// Loads a plugin, and checks its signature if `trust` requires one. The signature is checked before anything else
    /// of the manifest is read. Each file is read once, so the bytes that were checked are the bytes that are compiled,
    /// even if the file changes later.
    ///
    /// # Errors
    /// The errors of [`Plugin::load`], and [`LoadError::Signature`] when there is no signature of a trusted key.
    pub fn load_trusted(path: &Path, trust: &Trust) -> Result<Plugin, LoadError> {
        let (manifest_path, named) = locate(path)?;
        let directory = shown(manifest_path.parent().unwrap_or(Path::new("")));
        let text = read_manifest(&manifest_path, &directory)?;
        let signer = trust.check(&directory, &text)?;
        let manifest = parse_manifest(text, &manifest_path)?;
        let component_path = directory.join(&manifest.component);
        // Otherwise a person who names one component would run another one, which lies beside it.
        if let Some(named) = named.filter(|named| named.file_name() != component_path.file_name()) {
            return Err(LoadError::Mismatch {
                path: named.clone(),
                manifest: manifest.component,
                component: file_name(&named),
            });
        }
        let component = read(&component_path, LONGEST_COMPONENT)?;
        check_identity(&manifest, &component, &component_path)?;
        let surface = check_surface(&component, &component_path)?;
        let exported = surface.contract().unwrap_or_default();
        if manifest.contract != exported {
            return Err(LoadError::Mismatch {
                path: component_path,
                manifest: manifest.contract,
                component: exported,
            });
        }
        Ok(Plugin { manifest, directory, component: component.into(), surface, signer })
    }

    /// Wraps a component that has no manifest. It may reach no server, which is enough to read its description.
    ///
    /// # Errors
    /// When the component does not export this version of the contract, or imports more than a provider may.
    pub fn bare(component: Vec<u8>) -> Result<Plugin, LoadError> {
        let surface = check_surface(&component, Path::new("the component"))?;
        let manifest = Manifest {
            id: "unpacked".to_owned(),
            name: "unpacked component".to_owned(),
            version: semver::Version::new(0, 0, 0),
            contract: contract(),
            component: "unpacked.wasm".to_owned(),
            sha256: digest(&component),
            size: Some(length(&component)),
            network: Network::default(),
            credential: CredentialSpec::default(),
            limits: Limits::default(),
        };
        let component = component.into();
        Ok(Plugin { manifest, directory: PathBuf::new(), component, surface, signer: None })
    }

    /// The component's bytes.
    pub fn component(&self) -> &[u8] {
        &self.component
    }

    /// What the component imports and exports.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// The id of the trusted key that signed the plugin. `None` if no signature was required, because then none is
    /// checked, and an id that was not checked would look like a proof.
    pub fn signer(&self) -> Option<&str> {
        self.signer.as_deref()
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("manifest", &self.manifest)
            .field("directory", &self.directory)
            // Not the bytes: a derived `Debug` would print a megabyte of numbers.
            .field("component", &format_args!("{} bytes", self.component.len()))
            .finish()
    }
}

/// Loads every plugin in the folders of a directory, in the order of their names. A plugin that cannot be loaded is an
/// error in the list and does not hide the others. Files and hidden folders are skipped. Signatures are not checked.
///
/// # Errors
/// When the directory itself cannot be read.
pub fn discover(dir: &Path) -> Result<Vec<Result<Plugin, LoadError>>, LoadError> {
    let unreadable = |source| LoadError::File { path: dir.to_owned(), source };
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !hidden {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders.iter().map(|folder| Plugin::load(folder)).collect())
}

/// The path of the manifest, and the path of the component if the caller named one.
fn locate(path: &Path) -> Result<(PathBuf, Option<PathBuf>), LoadError> {
    let kind = fs::metadata(path).map_err(|source| LoadError::File { path: path.to_owned(), source })?;
    if kind.is_dir() {
        return Ok((path.join(FILE_NAME), None));
    }
    if path.file_name().is_some_and(|name| name == FILE_NAME) {
        return Ok((path.to_owned(), None));
    }
    if path.extension().is_none_or(|extension| extension != "wasm") {
        return Err(LoadError::NoPlugin { path: path.to_owned() });
    }
    Ok((path.with_file_name(FILE_NAME), Some(path.to_owned())))
}

fn read_manifest(path: &Path, directory: &Path) -> Result<Vec<u8>, LoadError> {
    let missing = || LoadError::NoManifest { path: directory.to_owned(), found: listing(directory) };
    read_if_there(path, LONGEST_TEXT)?.ok_or_else(missing)
}

fn parse_manifest(bytes: Vec<u8>, path: &Path) -> Result<Manifest, LoadError> {
    let text = String::from_utf8(bytes)
        .map_err(|_| ManifestError("it is not UTF-8 text; save it in that encoding".to_owned()));
    let manifest = text.and_then(|text| Manifest::parse(&text));
    manifest.map_err(|reason| LoadError::Manifest { path: path.to_owned(), reason })
}

fn check_identity(manifest: &Manifest, component: &[u8], path: &Path) -> Result<(), LoadError> {
    let mismatch = |manifest, component| LoadError::Mismatch { path: path.to_owned(), manifest, component };
    let size = length(component);
    // The digest alone would be enough. A wrong size is the mark of an interrupted copy, and says so in the message.
    if let Some(expected) = manifest.size.filter(|expected| *expected != size) {
        return Err(mismatch(format!("{expected} bytes"), format!("{size} bytes")));
    }
    let sha256 = digest(component);
    if sha256 != manifest.sha256 {
        return Err(mismatch(format!("SHA-256 {}", manifest.sha256), format!("SHA-256 {sha256}")));
    }
    Ok(())
}

fn check_surface(component: &[u8], path: &Path) -> Result<Surface, LoadError> {
    let path = || path.to_owned();
    let surface =
        Surface::read(component).map_err(|reason| LoadError::NotAComponent { path: path(), reason })?;
    let Some(exported) = surface.contract() else {
        return Err(LoadError::NotAProvider { path: path(), exports: surface.exports });
    };
    if exported != contract() {
        return Err(LoadError::Contract { path: path(), plugin: exported });
    }
    let imports = surface.forbidden_imports();
    if imports.is_empty() { Ok(surface) } else { Err(LoadError::Imports { path: path(), imports }) }
}

fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
