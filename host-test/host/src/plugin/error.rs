//! Why a plugin cannot be used. Each message names both sides of a mismatch and the next step.
//!
//! The texts are written for the person who installs a plugin, not for its author: that person can only install
//! another file, pick another release, or ask the author, so the next step is one of these where possible.

use std::io;
use std::path::PathBuf;

use super::surface::{ALLOWED_IMPORTS, contract};
use super::trust::{KeyError, SignatureError};
use crate::private_file::PrivateFileError;

/// What is wrong in a manifest: the line or the key, and what would be right. It repeats at most 60 characters of a
/// value, because the manifest is written by somebody else and a value in it may be of any length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ManifestError(pub(super) String);

/// Why bytes are not a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// They are a core module, which compilers produce for a target other than `wasm32-wasip2`. This has a variant of
    /// its own because it is the most common mistake.
    #[error("it is a core module, not a component")]
    CoreModule,
    /// They are not WebAssembly, or they are cut off. Contains the parser's message.
    #[error("{0}")]
    Malformed(String),
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}; check that it exists and that you have permission to use it", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A link, a folder or a device in the place of a file of the plugin, or a file that is too long.
    #[error("{0}; copy the plugin's own files into its folder")]
    NotAFile(PrivateFileError),
    /// A folder or component without a manifest.
    #[error(
        "{path} is not a plugin: there is no plugin.toml, it contains {found}; \
         run 'host-test pack COMPONENT DIRECTORY' to make a plugin", path = path.display()
    )]
    NoManifest {
        /// The folder.
        path: PathBuf,
        /// The names of some files in it.
        found: String,
    },
    /// The path is neither a folder, nor a manifest, nor a component.
    #[error(
        "{path} is not a plugin; name a plugin's folder, its plugin.toml, or the component beside it",
        path = path.display()
    )]
    NoPlugin {
        /// The path as it was given.
        path: PathBuf,
    },
    /// Only signed plugins are accepted, and this one has no signature of a trusted key.
    #[error("{path}: {problem}", path = path.display())]
    Signature {
        /// The plugin's folder.
        path: PathBuf,
        /// What is wrong with the signature.
        problem: SignatureError,
    },
    /// The file of a public key can be changed by other users, or is not a regular file. A signature proves nothing
    /// if somebody else can choose the key that it is checked with.
    #[error(transparent)]
    KeyFile(PrivateFileError),
    /// A file does not contain a public key.
    #[error("{path}: {reason}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        reason: KeyError,
    },
    /// The manifest cannot be understood.
    #[error("{path}: {reason}", path = path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, and what would be right.
        reason: ManifestError,
    },
    /// The component is not the one that the manifest describes.
    #[error(
        "{path}: the manifest says {manifest}, the component is {component}; \
         install the plugin again, or pack it again",
        path = path.display()
    )]
    Mismatch {
        /// The component.
        path: PathBuf,
        /// The property as the manifest states it: a name, a size, a digest or a contract.
        manifest: String,
        /// The same property of the component.
        component: String,
    },
    /// The file is not a component.
    #[error("{path} is not a WebAssembly component: {reason}; build it for wasm32-wasip2", path = path.display())]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What the file is instead.
        reason: SurfaceError,
    },
    /// The component is not a model provider.
    #[error(
        "{path} exports {exports}, but not agent:model-provider/provider; \
         name a plugin that is built for {harness}",
        path = path.display(), exports = listed(exports), harness = contract()
    )]
    NotAProvider {
        /// The component.
        path: PathBuf,
        /// What it exports.
        exports: Vec<String>,
    },
    /// The plugin and the harness implement different versions of the contract. The message names both, since either can
    /// be the one that is out of date.
    #[error(
        "{path}: the plugin speaks {plugin}, this harness speaks {harness}; install the plugin's release for \
         {harness}, or a host for {plugin}",
        path = path.display(), harness = contract()
    )]
    Contract {
        /// The component.
        path: PathBuf,
        /// `package@version` of the plugin.
        plugin: String,
    },
    /// The component imports more than a provider may have.
    #[error(
        "{path} imports {imports}, but a model provider may import only {allowed} (0.2.x); \
         build it without the code that needs the other imports",
        path = path.display(), imports = imports.join(", "), allowed = ALLOWED_IMPORTS.join(", ")
    )]
    Imports {
        /// The component.
        path: PathBuf,
        /// The imports that are refused.
        imports: Vec<String>,
    },
    /// The component's description cannot be made into a manifest.
    #[error("the component's description has {field} = {value:?}: {reason}; correct it in the component")]
    Description {
        /// The field of `description`.
        field: &'static str,
        /// The field's value.
        value: String,
        /// What is wrong with the value.
        reason: String,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
