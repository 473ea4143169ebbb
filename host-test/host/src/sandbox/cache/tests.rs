//! A cache in which everything that can be wrong is made wrong.

use std::fs;
use std::path::Path;

use wasmtime::Config;

use super::entry::{MAGIC, TAG_LENGTH};
use super::*;
use crate::private_file::PrivateFileError;

const COMPONENT: &str = "(component (core module $m (func (export \"f\"))) (core instance (instantiate $m)))";

fn engine(stack: usize) -> Engine {
    Engine::new(Config::new().max_wasm_stack(stack)).unwrap()
}

struct Filled {
    dir: tempfile::TempDir,
    engine: Engine,
    cache: Cache,
    component: Vec<u8>,
    code: Vec<u8>,
    /// The component's file.
    path: PathBuf,
}

impl Filled {
    fn new() -> Filled {
        let dir = tempfile::tempdir().unwrap();
        let (engine, component) = (engine(1 << 19), wat::parse_str(COMPONENT).unwrap());
        let cache = Cache::new(dir.path().join("cache").into(), Settings::default());
        assert!(cache.load(&engine, &component).is_none());
        let code = Component::new(&engine, &component).unwrap().serialize().unwrap();
        cache.store(&engine, &component, &code).unwrap();
        let path = dir.path().join("cache").join(name(&engine, Settings::default(), &component));
        Filled { dir, engine, cache, component, code, path }
    }

    fn loads(&self) -> bool {
        self.cache.load(&self.engine, &self.component).is_some()
    }

    fn store(&self) -> Result<(), CacheError> {
        self.cache.store(&self.engine, &self.component, &self.code)
    }

    /// What was rejected is made again.
    fn is_made_again(&self, what: &str) {
        assert!(!self.loads(), "{what} was taken");
        self.store().unwrap_or_else(|why| panic!("{what}: {why}"));
        assert!(self.loads(), "{what} was not replaced");
    }

    fn names(&self) -> Vec<String> {
        names(&self.dir.path().join("cache"))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_stored_component_is_loaded_and_no_other_file_is_left() {
    let filled = Filled::new();
    assert!(filled.loads());
    let own = filled.path.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(filled.names(), [own, "lock".to_owned()]);
    assert_eq!(names(filled.dir.path()), ["cache", "cache.key"]);
}

#[test]
fn a_file_with_a_changed_or_missing_byte_is_not_used_and_is_written_again() {
    let filled = Filled::new();
    let whole = fs::read(&filled.path).unwrap();
    let head = MAGIC.len() + TAG_LENGTH;
    for at in [0, MAGIC.len() - 1, MAGIC.len(), head - 1, head, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x40;
        fs::write(&filled.path, flipped).unwrap();
        filled.is_made_again(&format!("byte {at} flipped"));
        fs::write(&filled.path, &whole[..at]).unwrap();
        filled.is_made_again(&format!("cut at {at}"));
    }
    fs::write(&filled.path, [whole.as_slice(), b"\0"].concat()).unwrap();
    filled.is_made_again("one byte more");
}

#[test]
fn machine_code_signed_with_another_key_is_not_run() {
    let (filled, theirs) = (Filled::new(), Filled::new());
    // The same component, made right, by another user with a key of his own.
    fs::copy(&theirs.path, &filled.path).unwrap();
    filled.is_made_again("a file from another machine");
    // A digest that anybody can make, as an older harness did.
    let digest = Sha256::digest(&filled.code);
    let plain = [b"compiled component 1\n".as_slice(), &digest, &filled.code].concat();
    fs::write(&filled.path, plain).unwrap();
    filled.is_made_again("a file of the format before");
    let plain = [MAGIC, &digest, &filled.code].concat();
    fs::write(&filled.path, plain).unwrap();
    filled.is_made_again("a digest in the code's place");
}

#[test]
fn a_file_cannot_be_passed_off_as_that_of_another_component() {
    let filled = Filled::new();
    let other = wat::parse_str("(component)").unwrap();
    let code = Component::new(&filled.engine, &other).unwrap().serialize().unwrap();
    filled.cache.store(&filled.engine, &other, &code).unwrap();
    assert!(filled.cache.load(&filled.engine, &other).is_some());
    fs::copy(filled.path.with_file_name(name(&filled.engine, Settings::default(), &other)), &filled.path)
        .unwrap();
    filled.is_made_again("another component's file");
}

#[test]
fn without_the_key_no_entry_is_used() {
    let filled = Filled::new();
    let key = filled.dir.path().join("cache.key");
    fs::remove_file(&key).unwrap();
    filled.is_made_again("a file whose key is gone");
    fs::write(&key, [0; 5]).unwrap();
    filled.is_made_again("a file whose key was cut short");
}

#[test]
fn each_component_and_each_set_of_engine_settings_has_its_own_file() {
    let filled = Filled::new();
    assert!(filled.cache.load(&filled.engine, &wat::parse_str("(component)").unwrap()).is_none());
    let mut config = Config::new();
    let second = Engine::new(config.epoch_interruption(true)).unwrap();
    assert_ne!(
        name(&second, Settings::default(), &filled.component),
        name(&filled.engine, Settings::default(), &filled.component)
    );
    assert!(filled.cache.load(&second, &filled.component).is_none());
    // A host without the compiler finds its file by the settings.
    let counting = Settings { count_fuel: true, ..Settings::default() };
    let readable = Settings { readable_memory: true, ..Settings::default() };
    let names =
        [Settings::default(), counting, readable].map(|one| name(&filled.engine, one, &filled.component));
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
}

#[test]
fn the_next_host_that_writes_removes_the_drafts_of_killed_hosts() {
    let filled = Filled::new();
    let folder = filled.dir.path().join("cache");
    let own = format!("x.{}.part", std::process::id());
    for name in ["0-1.part", "abc.4711.part", &own] {
        fs::write(folder.join(name), "half of it").unwrap();
    }
    fs::write(folder.join("lock"), "").unwrap();
    assert!(filled.loads(), "nobody minds them");
    filled.store().unwrap();
    assert!(filled.names().iter().all(|name| !name.ends_with(".part")), "{:?}", filled.names());
}

#[test]
fn the_oldest_entries_are_removed_and_the_newest_are_kept() {
    let filled = Filled::new();
    let folder = filled.dir.path().join("cache");
    let begun = std::time::SystemTime::now();
    for age in 1..=40_u64 {
        let file = fs::File::create(folder.join(format!("{age:02}.cwasm"))).unwrap();
        file.set_modified(begun - std::time::Duration::from_secs(age * 60)).unwrap();
    }
    filled.store().unwrap();
    assert!(filled.loads());
    let names = filled.names();
    let entries = names.iter().filter(|name| name.ends_with(".cwasm")).count();
    assert_eq!(entries, folder::KEPT);
    assert!(names.contains(&"31.cwasm".to_owned()) && !names.contains(&"32.cwasm".to_owned()), "{names:?}");
}

#[test]
fn a_folder_that_cannot_be_created_is_an_error_and_not_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let engine = engine(1 << 19);
    for folder in [file.join("cache"), file] {
        let cache = Cache::new(folder.into(), Settings::default());
        assert!(cache.load(&engine, b"").is_none());
        assert!(matches!(cache.store(&engine, b"", b""), Err(CacheError::NotPrivate(_))));
    }
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let filled = Filled::new();
        let folder = filled.dir.path().join("cache");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for mode in [0o777, 0o770, 0o702] {
            set_mode(&folder, mode);
            assert!(!filled.loads());
            let error = filled.store().unwrap_err();
            assert!(matches!(error, CacheError::NotPrivate(PrivateFileError::Shared { .. })), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_can_write_or_that_is_a_link_is_not_used_and_is_written_again() {
        let filled = Filled::new();
        set_mode(&filled.path, 0o666);
        filled.is_made_again("a file that others can write to");
        let elsewhere = filled.dir.path().join("elsewhere");
        fs::rename(&filled.path, &elsewhere).unwrap();
        symlink(&elsewhere, &filled.path).unwrap();
        let before = fs::read(&elsewhere).unwrap();
        filled.is_made_again("a link");
        assert!(!fs::symlink_metadata(&filled.path).unwrap().is_symlink(), "the link itself was replaced");
        assert_eq!(fs::read(&elsewhere).unwrap(), before, "and nothing was written through it");
    }

    #[test]
    fn nothing_is_stored_with_a_key_that_others_can_read() {
        let filled = Filled::new();
        set_mode(&filled.dir.path().join("cache.key"), 0o644);
        assert!(!filled.loads());
        let error = filled.store().unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_key_of_another_user_is_not_used() {
        let filled = Filled::new();
        if std::os::unix::fs::chown(filled.dir.path().join("cache.key"), Some(12_345), None).is_err() {
            println!("skipped: only the administrator can give a file away");
            return;
        }
        assert!(!filled.loads());
        let error = filled.store().unwrap_err();
        assert!(matches!(error, CacheError::NotPrivate(PrivateFileError::Foreign { .. })), "{error}");
    }

    #[test]
    fn a_lock_that_is_not_a_regular_file_is_refused_at_once() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let filled = Filled::new();
        let lock = filled.path.with_file_name("lock");
        let target = filled.dir.path().join("target");
        fs::write(&target, "").unwrap();
        let make: [(&str, &dyn Fn()); 4] = [
            ("pipe", &|| mknodat(CWD, &lock, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap()),
            ("link", &|| symlink(&target, &lock).unwrap()),
            ("link to nothing", &|| symlink(filled.dir.path().join("none"), &lock).unwrap()),
            ("file that others can write to", &|| {
                fs::write(&lock, "").unwrap();
                set_mode(&lock, 0o666);
            }),
        ];
        for (what, make) in make {
            fs::remove_file(&lock).unwrap();
            make();
            let begun = std::time::Instant::now();
            let error = filled.store().expect_err(what);
            assert!(matches!(error, CacheError::NotPrivate(_)), "{what}: {error}");
            assert!(error.to_string().contains("lock"), "{what}: {error}");
            assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{what} was waited for");
        }
        assert!(!filled.dir.path().join("none").exists(), "nothing is made through a link");
    }

    #[test]
    fn a_host_that_is_suspended_while_it_writes_does_not_stop_the_others() {
        let filled = Filled::new();
        let lock = folder::lock(&filled.dir.path().join("cache")).unwrap();
        assert!(matches!(filled.store(), Err(CacheError::Busy(_))));
        assert!(filled.loads(), "who reads does not wait");
        drop(lock);
        filled.store().unwrap();
    }
}
