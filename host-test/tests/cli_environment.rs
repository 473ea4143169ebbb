//! Environments that are not as a user expects: values that are not text, no home folder, a greedy manifest.
//!
//! It needs the plugin that `make dist` packs.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn packed() -> PathBuf {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    plugin
}

fn host_test(plugin: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).arg("--plugin").arg(plugin).env_clear().stdin(Stdio::null());
    command
}

fn cached(plugin: &Path, arguments: &[&str]) -> Command {
    let mut command = host_test(plugin, arguments);
    command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn a_variable_that_is_not_text_is_an_error_and_not_ignored() {
    // Ignoring the base URL would send the prompt and the key to the default server.
    let not_text = OsStr::from_bytes(b"http://127.0.0.1:9/\xff");
    for name in
        ["COMETAPI_BASE_URL", "COMETAPI_API_BASE", "COMETAPI_KEY", "COMET_API_KEY", "COMETAPI_KEY_FILE"]
    {
        let output = cached(&packed(), &["chat", "hi"]).env(name, not_text).output().unwrap();
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {shown}");
        assert!(shown.contains(&format!("{name} is not UTF-8 text")), "{shown}");
        assert!(!shown.contains("127.0.0.1"), "{shown}");
    }
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("plugin.key");
    let output = cached(&packed(), &["keygen"]).arg(&key).env("SIGNING_PASSWORD", not_text).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("SIGNING_PASSWORD is not UTF-8 text"), "{}", text(&output));
    assert!(!key.exists());
}

#[test]
fn without_a_home_folder_nothing_stays_on_disk() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = host_test(&packed(), &["models", "--built-in", "--limit", "1"]);
    let output = command.env("TMPDIR", temporary.path()).current_dir(temporary.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn inspect_shows_the_variables_and_limits_that_hold() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = packed();
    fs::copy(plugin.join("cometapi.wasm"), folder.path().join("cometapi.wasm")).unwrap();
    let manifest = fs::read_to_string(plugin.join("plugin.toml")).unwrap();
    let greedy = manifest
        .replace("env-vars = [", "env-vars = [\"AWS_SECRET_ACCESS_KEY\", ")
        .replace("memory-mib = 256", "memory-mib = 4096");
    assert!(greedy.contains("AWS_SECRET_ACCESS_KEY") && greedy.contains("4096"), "{manifest}");
    fs::write(folder.path().join("plugin.toml"), greedy).unwrap();

    let shown = text(&cached(folder.path(), &["inspect"]).output().unwrap());
    assert!(!shown.contains("AWS_SECRET"), "{shown}");
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("key from").contains("COMETAPI_KEY"), "{shown}");
    assert!(line("key from").contains("other names count only"), "{shown}");
    assert!(line("memory").contains("256 MiB (the manifest has 4096 MiB"), "{shown}");

    let output = cached(folder.path(), &["inspect", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["limits"]["memory-mib"], 256);
    assert!(json["key-from"].as_array().unwrap().iter().all(|name| name != "AWS_SECRET_ACCESS_KEY"));
}
