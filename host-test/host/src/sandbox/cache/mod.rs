//! Compiled components, kept between runs.
//!
//! There is one file per component and engine, named by the SHA-256 of the component, the engine's settings and a hash of
//! its version and settings. A file contains machine code that this process executes, so it is used only if this user
//! wrote it: the folder and the file belong to this user alone, and the file carries an HMAC of its name and content, made
//! with a key that is stored elsewhere. An attacker who can write to the folder, or a person who copies one from another machine,
//! cannot make such an HMAC, nor pass off one component's file as another's. Every file that fails a check is treated
//! as missing: the component is compiled again.
//!
//! A host may be killed at any moment, and several may write at once. Files are therefore written beside their place
//! and renamed, and the next host that writes removes the drafts of killed ones. It also removes the oldest entries, so
//! that the folder does not grow for ever.
#![allow(unsafe_code)]

mod entry;
mod folder;
mod key;

#[cfg(feature = "compile")]
use std::collections::hash_map::DefaultHasher;
#[cfg(feature = "compile")]
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::Settings;
use super::error::CacheError;
use crate::private_file::{check_own_folder, create_own_folder, read_own};

/// The longest file that is read, in bytes: far more than the machine code of any component.
const LONGEST: u64 = 1 << 30;

/// Where compiled components are kept. Neither path has to exist. No other user may be able to write to them.
///
/// ```
/// use std::path::PathBuf;
/// use provider_host::sandbox::CacheDir;
///
/// let dir = CacheDir::from(PathBuf::from("cache/compiled"));
/// assert_eq!(dir.key_file, PathBuf::from("cache/compiled.key"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheDir {
    /// The folder of compiled components.
    pub folder: PathBuf,
    /// The file with the key of the HMAC: 32 random bytes, created if it is missing. It lies outside of the folder, so
    /// that write access to the folder is not enough to forge an entry.
    pub key_file: PathBuf,
}

impl From<PathBuf> for CacheDir {
    /// A cache in this folder, with the key in a file beside it: the key of `compiled` is `compiled.key`.
    fn from(folder: PathBuf) -> CacheDir {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".key");
        CacheDir { key_file: folder.with_file_name(name), folder }
    }
}

/// A folder of compiled components, or none.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    dir: Option<CacheDir>,
    /// Those of the engine that the components are compiled for.
    settings: Settings,
}

impl Cache {
    /// A cache in a folder that may not exist yet. Nothing is created before there is an entry to store.
    pub(super) fn new(dir: CacheDir, settings: Settings) -> Cache {
        Cache { dir: Some(dir), settings }
    }

    /// A cache that keeps nothing.
    pub(super) fn none() -> Cache {
        Cache { dir: None, settings: Settings::default() }
    }

    /// The compiled component, or `None` if there is no valid entry. The reason is not reported, because the remedy is
    /// the same for each one: compile it again.
    pub(super) fn load(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        let dir = self.dir.as_ref()?;
        check_own_folder(&dir.folder).ok()?;
        let key = key::load(&dir.key_file).ok()??;
        let load = |name: &String| {
            let file = read_own(&dir.folder.join(name), LONGEST).ok()?;
            let code = entry::open(&key, name, &file)?;
            // SAFETY: `deserialize` trusts its input, so the bytes must come from `Component::serialize`. The file
            // belongs to this user, and its HMAC can only be made with a key that nobody else has. So a host of this
            // user wrote exactly these bytes under this name, and the name says that they were made from this component.
            // wasmtime checks that an engine of this version and these settings made them.
            unsafe { Component::deserialize(engine, code) }.ok()
        };
        names(dir, engine, self.settings, component).iter().find_map(load)
    }

    /// Stores a compiled component, and removes the drafts of killed hosts and the oldest entries.
    pub(super) fn store(&self, engine: &Engine, component: &[u8], code: &[u8]) -> Result<(), CacheError> {
        let Some(dir) = &self.dir else { return Ok(()) };
        create_own_folder(&dir.folder)?;
        // `create_own_folder` leaves an existing folder as it is, so its owner and mode are checked here.
        check_own_folder(&dir.folder)?;
        let lock = folder::lock(&dir.folder)?;
        folder::sweep(&dir.folder, &lock);
        let key = key::load_or_make(&dir.key_file)?;
        let name = name(engine, self.settings, component);
        folder::replace(&dir.folder.join(&name), &entry::seal(&key, &name, code))?;
        folder::prune(&dir.folder, &lock);
        Ok(())
    }
}

/// The names that a component's file may have.
#[cfg(feature = "compile")]
fn names(_: &CacheDir, engine: &Engine, settings: Settings, component: &[u8]) -> Vec<String> {
    vec![name(engine, settings, component)]
}

/// Only a compiler knows the hash of its version, so all files with these settings are tried. Usually there is one.
#[cfg(not(feature = "compile"))]
fn names(dir: &CacheDir, _: &Engine, settings: Settings, component: &[u8]) -> Vec<String> {
    let prefix = prefix(settings, component);
    let entries = std::fs::read_dir(&dir.folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with(&prefix) && name.ends_with(folder::ENTRY)).collect()
}

/// The name of a component's file. It depends on everything that decides whether the machine code can be used, so an
/// update of wasmtime or another setting leads to another file and never to code that does not fit.
#[cfg(feature = "compile")]
fn name(engine: &Engine, settings: Settings, component: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}{:016x}.{}", prefix(settings, component), hasher.finish(), folder::ENTRY)
}

/// A program without the compiler stores what its compiler process made. One file for each component and
/// settings is enough.
#[cfg(not(feature = "compile"))]
fn name(_: &Engine, settings: Settings, component: &[u8]) -> String {
    format!("{}{:016x}.{}", prefix(settings, component), 0, folder::ENTRY)
}

/// What the names of a component's files begin with.
fn prefix(settings: Settings, component: &[u8]) -> String {
    format!("{:x}-{}-", Sha256::digest(component), settings.label())
}

#[cfg(test)]
mod tests;
