//! Making a plugin from a component and the description that the component exports.

use std::fs;
use std::path::Path;

use semver::Version;
use url::Url;

use super::files::write;
use super::manifest::{CredentialKind, CredentialSpec, FILE_NAME, Limits, Manifest, Network};
use super::{LoadError, Origin, Plugin, SIGNATURE_FILE, check_surface, contract, digest, length, slim};
use crate::contract::Description;

/// Writes a component and its manifest into the folder `out`, creates the folder if necessary, and loads the plugin
/// from there. The names in the component, which only debuggers read, are left out.
///
/// A signature in the folder is removed if the manifest changes: it would no longer match, and a missing signature
/// gives a clearer error than a wrong one.
///
/// # Errors
/// When the component does not export this version of the contract, when its description cannot be made into a
/// manifest, or when the folder cannot be written.
pub fn pack(component: &[u8], description: &Description, out: &Path) -> Result<Plugin, LoadError> {
    check_surface(component, Path::new("the component"))?;
    // Before the manifest is made, since the manifest contains the digest of what is written.
    let component = &slim::without_names(component);
    let manifest = manifest(component, description)?;
    let manifest_path = out.join(FILE_NAME);
    let text =
        manifest.to_toml().map_err(|reason| LoadError::Manifest { path: manifest_path.clone(), reason })?;
    fs::create_dir_all(out).map_err(|source| LoadError::File { path: out.to_owned(), source })?;
    let signature = out.join(SIGNATURE_FILE);
    if fs::read(&manifest_path).is_ok_and(|old| old != text.as_bytes()) && signature.exists() {
        fs::remove_file(&signature).map_err(|source| LoadError::File { path: signature, source })?;
    }
    // The manifest comes last. A folder without one is not a plugin, so an interrupted run leaves nothing that loads.
    write(&out.join(&manifest.component), component)?;
    write(&manifest_path, text.as_bytes())?;
    Plugin::load(out)
}

fn manifest(component: &[u8], description: &Description) -> Result<Manifest, LoadError> {
    let version = Version::parse(&description.version)
        .map_err(|error| wrong("version", &description.version, error.to_string()))?;
    let base_url = Url::parse(&description.default_base_url)
        .map_err(|error| wrong("default-base-url", &description.default_base_url, error.to_string()))?;
    let origins = description
        .origins
        .iter()
        .map(|text| text.parse::<Origin>().map_err(|error| wrong("origins", text, error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Manifest {
        id: description.id.clone(),
        name: description.name.clone(),
        version,
        contract: contract(),
        component: format!("{}.wasm", description.id),
        sha256: digest(component),
        size: Some(length(component)),
        // Every component accepts another base URL, since the contract lets a host pass any to `client.open`. An author
        // who does not want that sets it to false in the manifest.
        network: Network { origins, base_url: Some(base_url), custom_base_url: true },
        credential: CredentialSpec {
            kind: CredentialKind::Bearer,
            env_vars: description.auth.env_vars.clone(),
            ..CredentialSpec::default()
        },
        limits: Limits::default(),
    })
}

/// An error that names the field of the description, which is where the author has to correct it.
fn wrong(field: &'static str, value: &str, reason: String) -> LoadError {
    LoadError::Description { field, value: value.to_owned(), reason }
}
