//! Why a plugin cannot be used. Each message names both sides of a mismatch and the next step.

use std::io;
use std::path::PathBuf;

use super::surface::{ALLOWED_IMPORTS, contract};
use super::trust::{KeyError, SignatureError};
use crate::private_file::PrivateFileError;

/// What is wrong in a manifest: the line or the key, and what would be right. It repeats at most a few words of the
/// manifest, which others wrote and which may be of any length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ManifestError(pub(super) String);

/// Why bytes are no component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// They are what components are made of.
    #[error("it is a core module, not a component")]
    CoreModule,
    /// They are no WebAssembly, or not all of it.
    #[error("{0}")]
    Malformed(String),
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}; check that it exists and that you may use it", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A link, a folder or a device where a file of the plugin's own belongs, or a file of absurd length.
    #[error("{0}; copy the plugin's files themselves into its folder")]
    NotAFile(PrivateFileError),
    /// A folder or component without a manifest.
    #[error(
        "{path} is no plugin: a plugin.toml is expected there, and what is there is {found}; \
         'host-test pack COMPONENT DIRECTORY' makes one", path = path.display()
    )]
    NoManifest {
        /// The folder.
        path: PathBuf,
        /// What lies in it.
        found: String,
    },
    /// Something else than a plugin was named.
    #[error(
        "{path} is no plugin; name a plugin's folder, its plugin.toml, or the component beside it",
        path = path.display()
    )]
    NoPlugin {
        /// What was named.
        path: PathBuf,
    },
    /// Only signed plugins are accepted, and this one is not, or not by a key that is trusted.
    #[error("{path}: {problem}", path = path.display())]
    Signature {
        /// The plugin's folder.
        path: PathBuf,
        /// What is wrong.
        problem: SignatureError,
    },
    /// A public key's file that others can change, or no file at all.
    #[error(transparent)]
    KeyFile(PrivateFileError),
    /// A file is no public key.
    #[error("{path}: {reason}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
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
    /// The component is another one than the manifest describes.
    #[error(
        "{path}: the manifest says {manifest}, the component is {component}; \
         the two do not belong together: install the plugin anew, or pack it again",
        path = path.display()
    )]
    Mismatch {
        /// The component.
        path: PathBuf,
        /// What the manifest says.
        manifest: String,
        /// What the component is.
        component: String,
    },
    /// The file is no component.
    #[error("{path} is no WebAssembly component: {reason}; build it for wasm32-wasip2", path = path.display())]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: SurfaceError,
    },
    /// The component is no model provider.
    #[error(
        "{path} exports {exports}, and no agent:model-provider/provider; this harness runs {harness}",
        path = path.display(), exports = listed(exports), harness = contract()
    )]
    NotAProvider {
        /// The component.
        path: PathBuf,
        /// What it exports.
        exports: Vec<String>,
    },
    /// The plugin and the harness speak different versions of the contract.
    #[error(
        "{path}: the plugin speaks {plugin}, this harness speaks {harness}; take the plugin's release for \
         {harness}, or the harness's for {plugin}",
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
        "{path} imports {imports}, and a model provider may import only {allowed} (0.2.x); \
         build it without what pulls them in",
        path = path.display(), imports = imports.join(", "), allowed = ALLOWED_IMPORTS.join(", ")
    )]
    Imports {
        /// The component.
        path: PathBuf,
        /// The imports that are refused.
        imports: Vec<String>,
    },
    /// The component's description cannot be made into a manifest.
    #[error("the component describes itself with {field} = {value:?}: {reason}")]
    Description {
        /// The field of `description`.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
