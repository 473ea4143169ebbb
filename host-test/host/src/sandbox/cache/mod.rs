//! Compiled components, kept between runs.
//!
//! One file per component and engine, named by the SHA-256 of the component and a hash of the engine's
//! version and settings. It is machine code that this process will run, so it counts only where this
//! user wrote it: the folder and the file are his alone, and the file carries a code made of its name and
//! its content with a key that lies elsewhere. Who can write to the folder, or brings one from another
//! machine, cannot make such a code, nor pass one component's file off as another's. Whatever is not
//! exactly so is as good as not there: the component is compiled again.
//!
//! A host may be killed at any moment, and several may write at once: files are written beside their
//! place and renamed, and what a killed host left behind is swept by the next one that writes. It also removes
//! the oldest entries, so that the folder does not grow for ever.
#![allow(unsafe_code)]

mod entry;
mod folder;
mod key;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::error::CacheError;
use crate::private_file::{check_own_folder, create_own_folder, read_own};

/// Far more than the machine code of any component, in bytes.
const LONGEST: u64 = 1 << 30;

/// Where compiled components are kept. Neither place need exist; nobody else may be able to write to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheDir {
    /// The folder of compiled components.
    pub folder: PathBuf,
    /// The file with the key that they are vouched for with: 32 random bytes, made where it is missing.
    /// It lies outside of the folder, where whoever can write to the folder cannot.
    pub key_file: PathBuf,
}

impl From<PathBuf> for CacheDir {
    /// With the key in a file beside the folder: `compiled` has `compiled.key`.
    fn from(folder: PathBuf) -> CacheDir {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".key");
        CacheDir { key_file: folder.with_file_name(name), folder }
    }
}

/// A folder of compiled components.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    dir: CacheDir,
}

impl Cache {
    /// A folder that may not exist yet.
    pub(super) fn new(dir: CacheDir) -> Cache {
        Cache { dir }
    }

    /// The component, where its machine code is there and whole.
    pub(super) fn load(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        check_own_folder(&self.dir.folder).ok()?;
        let name = name(engine, component);
        let file = read_own(&self.dir.folder.join(&name), LONGEST).ok()?;
        let key = key::load(&self.dir.key_file).ok()??;
        let code = entry::open(&key, &name, &file)?;
        // SAFETY: `deserialize` runs what it is given, so it must be what `Component::serialize` made.
        // The file is this user's own, and its code can only be made with a key that nobody else has: so
        // a host of this user wrote exactly these bytes, under this name, which says that they were made
        // of this component by an engine of this version and these settings (wasmtime checks that again).
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps a compiled component, and sweeps what killed hosts have left.
    pub(super) fn store(&self, engine: &Engine, component: &[u8], code: &[u8]) -> Result<(), CacheError> {
        create_own_folder(&self.dir.folder)?;
        check_own_folder(&self.dir.folder)?;
        let lock = folder::lock(&self.dir.folder)?;
        folder::sweep(&self.dir.folder, &lock);
        let key = key::load_or_make(&self.dir.key_file)?;
        let name = name(engine, component);
        folder::replace(&self.dir.folder.join(&name), &entry::seal(&key, &name, code))?;
        folder::prune(&self.dir.folder, &lock);
        Ok(())
    }
}

/// The name of a component's file: all that decides whether its machine code can be used.
fn name(engine: &Engine, component: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:x}-{:016x}.{}", Sha256::digest(component), hasher.finish(), folder::ENTRY)
}

#[cfg(test)]
mod tests;
