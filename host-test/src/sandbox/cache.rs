//! Compiled components, kept between runs.
//!
//! One file per component and engine: its name holds the SHA-256 of the component and a hash of the
//! engine's version and settings, its head the SHA-256 of the machine code behind. Whatever is not
//! exactly so is as good as not there: the component is compiled again. The digest finds damage; that
//! nobody else can put machine code there is for the folder's permissions, which are checked.
#![allow(unsafe_code)]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::error::CacheError;

const MAGIC: &[u8] = b"compiled component 1\n";
const DIGEST_LENGTH: usize = 32;

/// A folder of compiled components.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A folder that may not exist yet.
    pub(super) fn new(folder: PathBuf) -> Cache {
        Cache { folder }
    }

    /// The component, where its machine code is there and whole.
    pub(super) fn load(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        check_private(&self.folder).ok()?;
        let file = fs::read(self.path(engine, component)).ok()?;
        let code = verified(&file)?;
        // SAFETY: `deserialize` runs what it is given, so it must be what `Component::serialize` made.
        // The file has our head, its name says it was made of this component by an engine of this
        // version and these settings (which wasmtime checks again), its digest says that it is as it
        // was written, and only this user can have written it.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps a compiled component.
    pub(super) fn store(&self, engine: &Engine, component: &[u8], code: &[u8]) -> Result<(), CacheError> {
        make_private(&self.folder)?;
        check_private(&self.folder)?;
        let path = self.path(engine, component);
        let mut file = Vec::with_capacity(MAGIC.len() + DIGEST_LENGTH + code.len());
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&Sha256::digest(code));
        file.extend_from_slice(code);
        // Written beside and renamed: another process sees the whole file or none.
        let draft = self.folder.join(draft_name());
        fs::write(&draft, file).and_then(|()| fs::rename(&draft, &path)).map_err(|source| {
            let _ = fs::remove_file(&draft);
            CacheError::File { path, source }
        })
    }

    fn path(&self, engine: &Engine, component: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.folder.join(format!("{:x}-{:016x}.cwasm", Sha256::digest(component), hasher.finish()))
    }
}

/// The machine code of a file that is whole.
fn verified(file: &[u8]) -> Option<&[u8]> {
    let (digest, code) = file.strip_prefix(MAGIC)?.split_at_checked(DIGEST_LENGTH)?;
    (Sha256::digest(code).as_slice() == digest).then_some(code)
}

fn draft_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn make_private(folder: &Path) -> Result<(), CacheError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| CacheError::File { path: folder.to_owned(), source })
}

/// Whether only this user, or the system's administrator, can put files into the folder.
fn check_private(folder: &Path) -> Result<(), CacheError> {
    let metadata =
        fs::metadata(folder).map_err(|source| CacheError::File { path: folder.to_owned(), source })?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o022 != 0 {
        return Err(CacheError::Shared(folder.to_owned()));
    }
    let _ = metadata;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::Config;

    const COMPONENT: &str =
        "(component (core module $m (func (export \"f\"))) (core instance (instantiate $m)))";

    fn engine(stack: usize) -> Engine {
        Engine::new(Config::new().max_wasm_stack(stack)).unwrap()
    }

    /// A cache that holds the compiled component, its bytes, and the one file of the folder.
    fn filled(folder: &Path, engine: &Engine) -> (Cache, Vec<u8>, PathBuf) {
        let bytes = wat::parse_str(COMPONENT).unwrap();
        let cache = Cache::new(folder.join("cache"));
        assert!(cache.load(engine, &bytes).is_none());
        let code = Component::new(engine, &bytes).unwrap().serialize().unwrap();
        cache.store(engine, &bytes, &code).unwrap();
        let files: Vec<_> = fs::read_dir(folder.join("cache")).unwrap().map(|e| e.unwrap().path()).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        (cache, bytes, file.clone())
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(1 << 19);
        let (cache, bytes, _) = filled(dir.path(), &engine);
        assert!(cache.load(&engine, &bytes).is_some());
    }

    #[test]
    fn every_flipped_or_missing_byte_makes_the_file_worthless() {
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(1 << 19);
        let (cache, bytes, path) = filled(dir.path(), &engine);
        let whole = fs::read(&path).unwrap();
        let ends = [0, MAGIC.len(), MAGIC.len() + DIGEST_LENGTH, whole.len() / 2, whole.len() - 1];
        for at in ends {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x40;
            fs::write(&path, flipped).unwrap();
            assert!(cache.load(&engine, &bytes).is_none(), "byte {at} flipped");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(cache.load(&engine, &bytes).is_none(), "cut at {at}");
        }
        fs::write(&path, whole).unwrap();
        assert!(cache.load(&engine, &bytes).is_some(), "restored");
    }

    #[test]
    fn another_component_and_an_engine_with_other_settings_have_files_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let first = engine(1 << 19);
        let (cache, bytes, path) = filled(dir.path(), &first);
        let other = wat::parse_str("(component)").unwrap();
        assert!(cache.load(&first, &other).is_none());
        let mut config = Config::new();
        let second = Engine::new(config.epoch_interruption(true)).unwrap();
        assert_ne!(cache.path(&second, &bytes), path);
        assert!(cache.load(&second, &bytes).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let engine = engine(1 << 19);
        let (cache, bytes, path) = filled(dir.path(), &engine);
        let folder = path.parent().unwrap();
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(cache.load(&engine, &bytes).is_none());
        assert!(matches!(cache.store(&engine, &bytes, b"code"), Err(CacheError::Shared(_))));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_and_not_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let engine = engine(1 << 19);
        let cache = Cache::new(file.join("cache"));
        assert!(cache.load(&engine, b"").is_none());
        assert!(matches!(cache.store(&engine, b"", b""), Err(CacheError::File { .. })));
    }
}
