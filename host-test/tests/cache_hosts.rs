//! Hosts that share a folder of compiled components, or are killed while they write to it. A damaged entry that is
//! loaded would run as native code, outside of the sandbox.
//!
//! The hosts are processes of the real program. The component compiles fast and has much data, so that writing it takes
//! long enough to be interrupted.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use provider_host::plugin::Plugin;
use provider_host::sandbox::{CacheDir, Host, Preparation};

/// The size of the data in the component, and so in its compiled form, in bytes.
const DATA: usize = 6 << 20;

struct Bench {
    _dir: tempfile::TempDir,
    plugin: PathBuf,
    cache: PathBuf,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let (plugin, cache) = (dir.path().join("plugin"), dir.path().join("cache"));
        support::plugin(&plugin, &large_component(), 256, 10);
        Bench { plugin, cache, _dir: dir }
    }

    /// `host-test inspect`, which compiles the component or takes it from the cache, and sends nothing.
    fn host(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        command.args(["inspect", "--json", "--plugin"]).arg(&self.plugin);
        command.env_clear().env("HOST_TEST_CACHE_DIR", &self.cache);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run_without_messages(&self, when: &str) {
        let output = self.host().wait_with_output().unwrap();
        assert!(output.status.success(), "{when}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{when}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether the next host loads the component from the cache.
    fn is_cached(&self) -> bool {
        let host = Host::new(CacheDir::from(self.cache.clone())).unwrap();
        let mut from_cache = false;
        let plugin = Plugin::load(&self.plugin).unwrap();
        host.prepare(&plugin, &mut |step| from_cache |= matches!(step, Preparation::FromCache)).unwrap();
        from_cache
    }

    /// The files in the cache with this extension: `cwasm` for entries, `part` for unfinished ones.
    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.cache).into_iter().flatten().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    }

    fn remove_entries(&self) {
        for file in self.files("cwasm") {
            fs::remove_file(file).unwrap();
        }
    }
}

fn large_component() -> Vec<u8> {
    support::from_module(|module| {
        let end = module.rfind(')').unwrap();
        let memory = "(memory (;0;) 0)";
        assert!(module.contains(memory), "the dummy has an empty memory");
        let pages = DATA / 65_536 + 1;
        let data = format!("(data (i32.const 0) \"{}\")", "x".repeat(DATA));
        format!("{}{data}{}", &module[..end], &module[end..])
            .replace(memory, &format!("(memory (;0;) {pages})"))
    })
}

fn kill(mut child: Child) {
    // SIGKILL, so that no code of the host can clean up.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn hosts_that_compile_at_the_same_time_do_not_disturb_each_other() {
    let bench = Bench::new();
    for round in 0..4 {
        bench.remove_entries();
        if round % 2 == 0 {
            let _ = fs::remove_file(CacheDir::from(bench.cache.clone()).key_file);
        }
        let hosts: Vec<Child> = (0..4).map(|_| bench.host()).collect();
        for host in hosts {
            let output = host.wait_with_output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
        assert_eq!(bench.files("cwasm").len(), 1, "round {round}");
        assert!(bench.files("part").is_empty(), "round {round}");
        assert!(bench.is_cached(), "round {round}");
    }
}

#[test]
fn a_host_killed_at_any_time_leaves_the_cache_usable() {
    let bench = Bench::new();
    bench.run_without_messages("first");
    bench.remove_entries();
    let begun = Instant::now();
    bench.run_without_messages("to measure the time of a run");
    let whole = begun.elapsed();
    let runs: u32 = 24;
    let mut left = 0;
    for run in 0..runs {
        bench.remove_entries();
        let host = bench.host();
        // The delays are spread over the time of a whole run.
        std::thread::sleep(whole * run / runs);
        kill(host);
        left += bench.files("part").len();
    }
    println!("{runs} hosts killed within {whole:?}: {left} unfinished files");
    bench.run_without_messages("after the last of them");
    assert!(bench.is_cached());
}

#[test]
fn a_host_killed_while_it_writes_leaves_an_unfinished_file_that_the_next_host_removes() {
    let bench = Bench::new();
    let mut interrupted = 0;
    for _ in 0..20 {
        bench.remove_entries();
        let mut host = bench.host();
        // The host is killed as soon as there is an unfinished file, so while it writes, or before it renames the file.
        while bench.files("part").is_empty() && host.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        kill(host);
        if bench.files("cwasm").is_empty() {
            assert!(!bench.loads_half_an_entry());
            interrupted += 1;
        }
        if interrupted == 3 {
            break;
        }
    }
    assert!(interrupted > 0, "no host was interrupted while it wrote");
    println!("{interrupted} hosts killed while they wrote");
    bench.run_without_messages("after them");
    assert!(bench.files("part").is_empty(), "{:?}", bench.files("part"));
    assert!(bench.is_cached());
}

impl Bench {
    /// Whether the host loads half of the unfinished file under the name of the entry.
    fn loads_half_an_entry(&self) -> bool {
        let unfinished = self.files("part");
        let [file] = unfinished.as_slice() else { panic!("not one unfinished file: {unfinished:?}") };
        let length = fs::metadata(file).unwrap().len();
        assert!(length as usize <= DATA * 2, "{length}");
        // The host may have written all bytes and not renamed the file yet. Half of them is damaged in any case.
        let mut half = fs::read(file).unwrap();
        half.truncate(half.len() / 2);
        let name = file.file_stem().and_then(|stem| Path::new(stem).file_stem()).unwrap();
        let entry = self.cache.join(name).with_extension("cwasm");
        fs::write(&entry, half).unwrap();
        let host = Host::new(CacheDir::from(self.cache.clone())).unwrap();
        let mut loaded = false;
        let mut progress = |step: Preparation| loaded |= matches!(step, Preparation::FromCache);
        let component = Plugin::load(&self.plugin).unwrap();
        host.prepare(&component, &mut progress).unwrap();
        loaded
    }
}

#[test]
fn a_damaged_entry_is_compiled_again_and_not_run() {
    let bench = Bench::new();
    bench.run_without_messages("first");
    let [entry] = bench.files("cwasm").try_into().unwrap();
    let original = fs::read(&entry).unwrap();
    let flipped =
        original.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == original.len() / 2)).collect();
    let damaged: [(&str, Vec<u8>); 4] = [
        ("empty", Vec::new()),
        ("cut", original[..original.len() / 3].to_vec()),
        ("flipped", flipped),
        ("garbage", vec![0xcc; 4096]),
    ];
    for (damage, bytes) in damaged {
        fs::write(&entry, bytes).unwrap();
        bench.run_without_messages(damage);
        assert_eq!(fs::read(&entry).unwrap().len(), original.len(), "{damage}: written again");
        assert!(bench.is_cached(), "{damage}");
    }
}

#[cfg(unix)]
#[test]
fn an_unsafe_cache_is_reported_once_and_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.run_without_messages("first");
    fs::set_permissions(&bench.cache, fs::Permissions::from_mode(0o777)).unwrap();
    let output = bench.host().wait_with_output().unwrap();
    assert!(output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(message.matches("not kept").count(), 1, "{message}");
    assert!(message.contains("chmod go-w"), "{message}");
    fs::set_permissions(&bench.cache, fs::Permissions::from_mode(0o700)).unwrap();
    bench.run_without_messages("repaired");
    assert!(bench.is_cached());
}
