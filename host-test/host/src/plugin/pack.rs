//! Making a plugin out of a component and what it says about itself.

use std::fs;
use std::path::Path;

use semver::Version;
use url::Url;

use super::files::write;
use super::manifest::{CredentialKind, CredentialSpec, FILE_NAME, Limits, Manifest, Network};
use super::{LoadError, Origin, Plugin, SIGNATURE_FILE, check_surface, contract, digest, length, slim};
use crate::contract::Description;

/// Writes a component, without the names that only debuggers read, and its manifest into the folder `out`,
/// which is made where it is missing, and loads the plugin from there. A signature that lies there stays
/// only where it is one of the very same manifest.
///
/// # Errors
/// When the component is no provider of this harness's contract, when its description cannot be made
/// into a manifest, or when the folder cannot be written.
pub fn pack(component: &[u8], description: &Description, out: &Path) -> Result<Plugin, LoadError> {
    check_surface(component, Path::new("the component"))?;
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
    // The manifest comes last: until it is there, the folder is no plugin.
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
        // The contract lets a host hand any base URL to `client.open`.
        network: Network { origins, base_url: Some(base_url), custom_base_url: true },
        credential: CredentialSpec {
            kind: CredentialKind::Bearer,
            env_vars: description.auth.env_vars.clone(),
            ..CredentialSpec::default()
        },
        limits: Limits::default(),
    })
}

fn wrong(field: &'static str, value: &str, reason: String) -> LoadError {
    LoadError::Description { field, value: value.to_owned(), reason }
}
