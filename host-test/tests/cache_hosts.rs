//! Hosts that share a folder of compiled components, and that are killed in the midst of writing there.
//!
//! The hosts are the real program, as processes of their own. The component is small to compile and large to
//! write, so that there is a midst.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use provider_host::plugin::Plugin;
use provider_host::sandbox::{CacheDir, Host, Preparation};

/// Bytes of data in the component, and so in its machine code.
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

    fn good_run(&self, when: &str) {
        let output = self.host().wait_with_output().unwrap();
        assert!(output.status.success(), "{when}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{when}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether the next host finds it compiled.
    fn is_cached(&self) -> bool {
        let host = Host::new(CacheDir::from(self.cache.clone())).unwrap();
        let mut from_cache = false;
        let plugin = Plugin::load(&self.plugin).unwrap();
        host.prepare(&plugin, &mut |step| from_cache |= matches!(step, Preparation::FromCache)).unwrap();
        from_cache
    }

    /// The files of the cache with this ending.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.cache).into_iter().flatten().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == ending)).collect()
    }

    fn forget(&self) {
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
    // SIGKILL: nothing of the host's own runs any more.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn hosts_that_compile_at_once_do_not_disturb_each_other() {
    let bench = Bench::new();
    for round in 0..4 {
        bench.forget();
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
fn a_host_that_is_killed_at_any_moment_leaves_the_cache_usable() {
    let bench = Bench::new();
    bench.good_run("first of all");
    bench.forget();
    let begun = Instant::now();
    bench.good_run("to know how long one takes");
    let whole = begun.elapsed();
    let runs: u32 = 24;
    let mut left = 0;
    for run in 0..runs {
        bench.forget();
        let host = bench.host();
        // Moments over the whole run, none of them twice.
        std::thread::sleep(whole * run / runs);
        kill(host);
        left += bench.files("part").len();
    }
    println!("{runs} hosts killed within {whole:?}: {left} drafts seen");
    bench.good_run("after the last of them");
    assert!(bench.is_cached());
}

#[test]
fn a_host_that_is_killed_while_it_writes_leaves_a_draft_that_the_next_one_sweeps() {
    let bench = Bench::new();
    let mut caught = 0;
    for _ in 0..20 {
        bench.forget();
        let mut host = bench.host();
        // Killed as soon as there is a draft: in the midst of writing, or before its name is the right one.
        while bench.files("part").is_empty() && host.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        kill(host);
        if bench.files("cwasm").is_empty() {
            assert!(!bench.is_whole_draft_taken());
            caught += 1;
        }
        if caught == 3 {
            break;
        }
    }
    assert!(caught > 0, "no host was caught while it wrote");
    println!("{caught} hosts killed while they wrote");
    bench.good_run("after them");
    assert!(bench.files("part").is_empty(), "{:?}", bench.files("part"));
    assert!(bench.is_cached());
}

impl Bench {
    /// Whether a draft, however much of it was written, passes for the entry that it was to become.
    fn is_whole_draft_taken(&self) -> bool {
        let drafts = self.files("part");
        let [draft] = drafts.as_slice() else { panic!("one draft: {drafts:?}") };
        let length = fs::metadata(draft).unwrap().len();
        assert!(length as usize <= DATA * 2, "{length}");
        // A whole draft is a right entry that was not named yet; half of one must not be taken under its name.
        let mut half = fs::read(draft).unwrap();
        half.truncate(half.len() / 2);
        let name = draft.file_stem().and_then(|stem| Path::new(stem).file_stem()).unwrap();
        let entry = self.cache.join(name).with_extension("cwasm");
        fs::write(&entry, half).unwrap();
        let host = Host::new(CacheDir::from(self.cache.clone())).unwrap();
        let mut taken = false;
        let mut progress = |step: Preparation| taken |= matches!(step, Preparation::FromCache);
        let component = Plugin::load(&self.plugin).unwrap();
        host.prepare(&component, &mut progress).unwrap();
        taken
    }
}

#[test]
fn a_spoiled_entry_is_compiled_anew_by_the_program_and_not_run() {
    let bench = Bench::new();
    bench.good_run("first");
    let [entry] = bench.files("cwasm").try_into().unwrap();
    let right = fs::read(&entry).unwrap();
    let damaged: [(&str, Vec<u8>); 4] = [
        ("empty", Vec::new()),
        ("cut", right[..right.len() / 3].to_vec()),
        (
            "flipped",
            right.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == right.len() / 2)).collect(),
        ),
        ("garbage", vec![0xcc; 4096]),
    ];
    for (how, bytes) in damaged {
        fs::write(&entry, bytes).unwrap();
        bench.good_run(how);
        assert_eq!(fs::read(&entry).unwrap().len(), right.len(), "{how}: made again");
        assert!(bench.is_cached(), "{how}");
    }
}

#[cfg(unix)]
#[test]
fn an_unsafe_cache_is_reported_once_and_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.good_run("first");
    fs::set_permissions(&bench.cache, fs::Permissions::from_mode(0o777)).unwrap();
    let output = bench.host().wait_with_output().unwrap();
    assert!(output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(message.matches("not kept").count(), 1, "{message}");
    assert!(message.contains("chmod go-w"), "{message}");
    fs::set_permissions(&bench.cache, fs::Permissions::from_mode(0o700)).unwrap();
    bench.good_run("repaired");
    let started = Instant::now();
    bench.good_run("from the cache");
    assert!(started.elapsed() < Duration::from_secs(60));
}
