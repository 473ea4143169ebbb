//! Signed plugins, from the creation of a key pair to each reason for refusing a plugin. The tests run the program, so
//! that its options, messages and exit codes are covered as well.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a plugin in `plugin/`, in which the program runs.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        support::plugin(&dir.path().join("plugin"), &support::component(""), 64, 10);
        Bench(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        command.args(line.split_whitespace()).env_clear().stdin(Stdio::null()).current_dir(self.0.path());
        command.env("HOST_TEST_CACHE_DIR", self.path("cache"));
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs a command that has to succeed, and returns its stdout.
    fn good(&self, line: &str) -> String {
        checked_output(self.run(line), 0, line).0
    }

    /// Runs a command that has to be refused as wrong usage, and returns its stderr.
    fn refused(&self, line: &str) -> String {
        let (stdout, stderr) = checked_output(self.run(line), 2, line);
        assert!(stdout.is_empty(), "{line}: {stdout}");
        stderr
    }
}

fn checked_output(output: Output, code: i32, what: &str) -> (String, String) {
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(code), "{what}: {stdout}{stderr}");
    (stdout, stderr)
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// A command that accepts the plugin only with a signature of `mine.key`.
const CHECKED: &str = "inspect --plugin plugin --trusted-key mine.pub";

#[test]
fn a_plugin_is_accepted_only_with_a_signature_of_the_trusted_key() {
    let bench = Bench::new();
    bench.good("keygen mine.key --unlocked");
    let unsigned = bench.refused(CHECKED);
    assert!(unsigned.contains("there is no plugin.toml.minisig"), "{unsigned}");
    let signed = bench.good("sign plugin --signing-key mine.key");
    assert!(signed.contains("plugin.toml.minisig by key "), "{signed}");
    let inspected = bench.good(CHECKED);
    assert!(
        inspected.lines().any(|line| line.starts_with("signed by") && line.contains(" key ")),
        "{inspected}"
    );
    let key = fs::read_to_string(bench.path("mine.pub")).unwrap();
    let key = key.lines().nth(1).unwrap();
    bench.good(&format!("inspect --plugin plugin --trusted-key {key}"));
    assert!(bench.good("inspect --plugin plugin").contains("not checked"));
    let json: serde_json::Value = serde_json::from_str(&bench.good(&format!("{CHECKED} --json"))).unwrap();
    assert!(json["signed-by"].as_str().unwrap().starts_with("key "), "{json}");
}

#[test]
fn each_reason_for_refusing_a_plugin_has_its_own_message() {
    let bench = Bench::new();
    for name in ["mine", "theirs"] {
        bench.good(&format!("keygen {name}.key --unlocked"));
    }
    bench.good("sign plugin --signing-key theirs.key");
    let stranger = bench.refused(CHECKED);
    assert!(
        stranger.contains("it is signed by key ") && stranger.contains("a plugin that is signed by key ")
    );
    bench.good("inspect --plugin plugin --trusted-key mine.pub --trusted-key theirs.pub");

    bench.good("sign plugin --signing-key mine.key");
    edit(&bench.path("plugin/plugin.toml"), "provider.example", "evil.example");
    let changed = bench.refused(CHECKED);
    assert!(changed.contains("plugin.toml does not match the signature of key "), "{changed}");
    edit(&bench.path("plugin/plugin.toml"), "evil.example", "provider.example");
    bench.good(CHECKED);

    let component = bench.path("plugin/dummy.wasm");
    let mut bytes = fs::read(&component).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&component, bytes).unwrap();
    let swapped = bench.refused(CHECKED);
    assert!(swapped.contains("the manifest says SHA-256") && swapped.contains("the component is SHA-256"));

    fs::write(bench.path("plugin/plugin.toml.minisig"), "nonsense").unwrap();
    let nonsense = bench.refused(CHECKED);
    assert!(nonsense.contains("is not a minisign signature"), "{nonsense}");
}

#[test]
fn the_environment_can_require_signatures_and_an_invalid_value_refuses_every_plugin() {
    let bench = Bench::new();
    bench.good("keygen mine.key --unlocked");
    let run = |value: &str| {
        bench.command("inspect --plugin plugin").env("HOST_TEST_TRUSTED_KEY", value).output().unwrap()
    };
    assert!(checked_output(run("mine.pub"), 2, "unsigned").1.contains("there is no plugin.toml.minisig"));
    for value in ["", "nowhere.pub", "RWnonsense"] {
        assert!(checked_output(run(value), 2, value).1.contains("trusted key"), "{value}");
    }
    bench.good("sign plugin --signing-key mine.key");
    checked_output(run("mine.pub"), 0, "signed");
}

#[test]
fn a_password_is_required_and_comes_from_the_environment() {
    let bench = Bench::new();
    let refused = bench.refused("keygen mine.key");
    assert!(refused.contains("SIGNING_PASSWORD"), "{refused}");
    assert!(!bench.path("mine.key").exists() && !bench.path("mine.pub").exists());
    let with =
        |line: &str, password: &str| bench.command(line).env("SIGNING_PASSWORD", password).output().unwrap();
    assert!(checked_output(with("keygen mine.key", ""), 2, "empty").1.contains("--unlocked"));
    checked_output(with("keygen mine.key", "canary-right"), 0, "keygen");
    let sign = "sign plugin --signing-key mine.key";
    assert!(bench.refused(sign).contains("SIGNING_PASSWORD"));
    let (_, wrong) = checked_output(with(sign, "canary-wrong"), 2, "wrong");
    assert!(wrong.to_lowercase().contains("password") && !wrong.contains("canary"), "{wrong}");
    let (stdout, stderr) = checked_output(with(sign, "canary-right"), 0, "right");
    assert!(!stdout.contains("canary") && stderr.is_empty(), "{stdout}{stderr}");
    bench.good(CHECKED);
}

#[cfg(unix)]
#[test]
fn a_signing_key_that_other_users_can_read_is_not_used() {
    let bench = Bench::new();
    bench.good("keygen mine.key --unlocked");
    let path = bench.path("mine.key");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let refused = bench.refused("sign plugin --signing-key mine.key");
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[test]
fn a_path_that_is_not_a_plugin_is_named_in_the_message() {
    let bench = Bench::new();
    fs::write(bench.path("Cargo.toml"), "").unwrap();
    let cases = [
        ("describe --plugin Cargo.toml", "Cargo.toml is not a plugin; name a plugin's folder"),
        ("describe --plugin cache.wasm", "cache.wasm"),
        ("describe --plugin .", ". is not a plugin: there is no plugin.toml, it contains Cargo.toml"),
        ("describe --plugin plugin.toml", "plugin.toml"),
    ];
    for (line, expected) in cases {
        let message = bench.refused(line);
        assert!(message.contains(expected), "{line}: {message}");
    }
}
