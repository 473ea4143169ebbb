//! The output and the files of the program, run as a user runs it. Backtraces and trace logs are enabled, since they
//! print values that no message contains.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use stand_in::StandIn;

use super::traps::files;
use super::{CANARY, holds_key, text_holds_no_key};
use crate::bench::plugin_folder;

/// Commands, each with its exit code.
const COMMANDS: &[(&[&str], Option<i32>)] = &[
    (&["chat", "hello"], Some(0)),
    (&["chat", "--json", "hello"], Some(0)),
    (&["chat", "-m", "openai-tool-call", "--json", "hello"], Some(0)),
    (&["chat", "-m", "q24-key-echoed", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed", "--json", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-in-stream", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-in-stream", "--json", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-in-answer", "--reasoning", "low", "hello"], Some(0)),
    (&["chat", "-m", "q24-key-echoed-in-answer", "--json", "hello"], Some(0)),
    (&["chat", "-m", "q24-key-echoed-as-text", "--json", "hello"], Some(1)),
    (&["models", "--limit", "5"], Some(0)),
    (&["models", "--json"], Some(0)),
    (&["account"], Some(0)),
    (&["account", "--json"], Some(0)),
    (&["describe", "--json"], Some(0)),
    (&["inspect"], Some(0)),
    (&["chat", "--reasoning"], Some(2)),
];

/// The command line of the program, with the program itself.
pub fn line(mode: &str, arguments: &[&str]) -> Vec<String> {
    let plugin = plugin_folder().canonicalize().expect("a packed plugin").display().to_string();
    let program = [env!("CARGO_BIN_EXE_host-test"), "--key-mode", mode, "--plugin", &plugin];
    program.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect()
}

/// A program without the machine's environment, whose files all go below `folder`, where the test searches them.
pub fn command(folder: &Path, stand_in: &StandIn, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    for name in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, folder);
    }
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOST_TEST_CACHE_DIR", folder.join("cache"))
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LOG", "trace")
        .env("COMETAPI_BASE_URL", stand_in.base_url())
        .env("COMETAPI_KEY", stand_in.key());
    command
}

pub fn run(folder: &Path, stand_in: &StandIn, mode: &str, arguments: &[&str]) -> Output {
    let line = line(mode, arguments);
    let (program, rest) = line.split_first().expect("a program");
    command(folder, stand_in, program).args(rest).output().expect("the program")
}

fn bytes_hold_no_key(what: &str, bytes: &[u8], key: &str) {
    text_holds_no_key(what, &String::from_utf8_lossy(bytes), key);
}

/// Searches every file below a folder, and its name, for the key. Returns the number of files.
pub fn folder_holds_no_key(folder: &Path, key: &str) -> usize {
    let (with_key, clean) = search(folder, key);
    assert!(with_key.is_empty(), "the content or the name of these files contains the key: {with_key:?}");
    clean.len()
}

/// The files with the key in their content or name, and the other files.
fn search(folder: &Path, key: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
    files(folder).into_iter().partition(|file| {
        let bytes = std::fs::read(file).expect("a file");
        holds_key(&String::from_utf8_lossy(&bytes), key) || holds_key(&file.to_string_lossy(), key)
    })
}

#[test]
fn the_search_in_a_folder_finds_a_key_in_contents_and_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("cache/deeper");
    std::fs::create_dir_all(&below).expect("a folder in it");
    let named = below.join(format!("of {CANARY}"));
    for (file, bytes) in [
        (&below.join("clean"), b"\xff\x00nothing to see".to_vec()),
        (&below.join("with key"), [b"\xff\x00", CANARY.as_bytes()].concat()),
        (&named, Vec::new()),
    ] {
        std::fs::write(file, bytes).expect("a file");
    }
    let (mut with_key, clean) = search(folder.path(), CANARY);
    with_key.sort();
    assert_eq!((with_key, clean), (vec![named, below.join("with key")], vec![below.join("clean")]));
}

/// Runs every command in one mode. Returns how many of them printed a redacted key.
fn run_all(folder: &Path, stand_in: &StandIn, mode: &str) -> usize {
    let mut redacted = 0;
    for (arguments, status) in COMMANDS {
        let what = format!("{arguments:?}, {mode}");
        let output = run(folder, stand_in, mode, arguments);
        assert_eq!(output.status.code(), *status, "{what}: {}", String::from_utf8_lossy(&output.stderr));
        bytes_hold_no_key(&what, &output.stdout, stand_in.key());
        bytes_hold_no_key(&what, &output.stderr, stand_in.key());
        let shown = [output.stdout, output.stderr].concat();
        redacted += usize::from(String::from_utf8_lossy(&shown).contains("[redacted]"));
    }
    redacted
}

#[tokio::test]
async fn no_command_prints_or_writes_the_key() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let folder = tempfile::tempdir().expect("a folder");
    let redacted: usize = thread::scope(|scope| {
        let (folder, stand_in) = (folder.path(), &stand_in);
        let run = |mode| scope.spawn(move || run_all(folder, stand_in, mode));
        let threads = ["injected", "bearer"].map(run);
        threads.into_iter().map(|thread| thread.join().expect("all commands")).sum()
    });
    // Without an echo there is nothing to redact, and the checks above would pass for that reason.
    assert!(redacted >= 10, "the server echoes nothing: {redacted}");
    assert!(folder_holds_no_key(folder.path(), stand_in.key()) > 0, "the cache of compiled code is there");
    assert!(folder_holds_no_key(&plugin_folder(), stand_in.key()) > 1, "the packed plugin");
    assert_eq!(stand_in.key_leaks(), 0);
}
