//! `host-test conformance`: its table, its JSON, its exit codes, and what it says of plugins that lie.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{component, description, from_module, plugin};

fn packed() -> PathBuf {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    plugin
}

fn conformance(plugin: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.arg("conformance").args(arguments).arg("--plugin").arg(plugin).env_clear().stdin(Stdio::null());
    command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// A provider without imports that opens clients and starts completions, and whose `next` is `next`:
/// WebAssembly text that leaves a pointer to its result.
fn provider(next: &str) -> Vec<u8> {
    // Each result stands at a place of its own: a tag of 0 for "ok", and 8 bytes behind it the value.
    let bodies = [
        (12, "i32.const 1024"),
        // Where the configuration lies is kept, for a `next` that looks into it.
        (
            14,
            "(i32.store (i32.const 240) (local.get 0))\n\
             (i32.store (i32.const 136) (call 1 (i32.const 7))) i32.const 128",
        ),
        (16, "(i32.store (i32.const 168) (call 4 (i32.const 7))) i32.const 160"),
        (22, next),
        // Memory for arguments is handed out and never taken back.
        (
            32,
            "(global.set 0 (i32.and (i32.add (global.get 0) (i32.const 7)) (i32.const -8)))\n\
             (global.get 0) (global.set 0 (i32.add (global.get 0) (local.get 3)))",
        ),
    ];
    from_module(|module| {
        let mut module =
            module.replace("(memory (;0;) 0)", "(memory (;0;) 64) (global (mut i32) (i32.const 65536))");
        for (number, body) in bodies {
            let start = module.find(&format!("(func (;{number};) (type")).expect("a function");
            let (before, function) = module.split_at(start);
            assert!(function.contains("unreachable"), "{function}");
            module = before.to_owned() + &function.replacen("unreachable", body, 1);
        }
        module
    })
}

#[test]
fn a_plugin_that_keeps_the_contract_passes_and_is_shown_in_a_table() {
    let cases = ["--case", "imports", "at-once", "tls-expired", "drop-before-the-status", "q19-neither"];
    let output = conformance(&packed(), &cases);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
    for expected in [
        "case",
        "promises",
        "expected",
        "got",
        "result",
        "1 one export, six imports",
        "5 cases, 5 passed, 0 failed, 0 skipped",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert_eq!(shown.matches(" pass").count(), 5 + 1, "{shown}");
    assert!(output.stderr.is_empty(), "no progress bar where there is no terminal");
}

#[test]
fn json_is_one_object_with_stable_names() {
    let output = conformance(&packed(), &["--json", "--case", "abort-503", "account"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output);
    assert_eq!(report["plugin"]["id"], "cometapi");
    assert_eq!(report["promises"].as_array().map(Vec::len), Some(10));
    assert_eq!(report["totals"]["cases"], 2);
    assert_eq!((&report["totals"]["passed"], &report["totals"]["failed"]), (&2.into(), &0.into()));
    let case = &report["cases"][0];
    assert_eq!((&case["case"], &case["result"]), (&"abort-503".into(), &"pass".into()), "{case}");
    assert!(case["got"].as_str().is_some_and(|got| got.contains("3 requests")), "{case}");
    for name in ["plays", "promises", "expected", "reasons", "ms"] {
        assert!(!case[name].is_null(), "{name}");
    }
}

#[test]
fn a_plugin_that_lies_fails_with_the_reason() {
    for (what, next, expected) in [
        (
            "done without a finish",
            "(i32.store8 (i32.const 208) (i32.const 1)) i32.const 192",
            "contradicts the finish",
        ),
        ("a trap", "unreachable", "broke down"),
        (
            "an error of no words",
            "(i32.store8 (i32.const 192) (i32.const 1)) i32.const 192",
            "the error has no message",
        ),
        (
            "an error with the key in it",
            // The message is the configuration's bearer key: its address and its length.
            "(i32.store8 (i32.const 192) (i32.const 1))\n\
             (i32.store (i32.const 212) (i32.load offset=16 (i32.load (i32.const 240))))\n\
             (i32.store (i32.const 216) (i32.load offset=20 (i32.load (i32.const 240)))) i32.const 192",
            "leaked the key that it was given",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        plugin(folder.path(), &provider(next), 16, 2);
        let output =
            conformance(folder.path(), &["--json", "--case", "at-once", "exports", "imports", "account"]);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("2 of 4 cases failed"), "{what}: {}", text(&output.stderr));
        let report = json(&output);
        let result = |name: &str| {
            let cases = report["cases"].as_array().unwrap();
            cases.iter().find(|case| case["case"] == name).unwrap().clone()
        };
        assert_eq!(result("exports")["result"], "pass", "{what}");
        assert_eq!(result("account")["result"], "skip", "{what}: it says that it has no account");
        assert!(result("imports")["reasons"].to_string().contains("wasi:http/types is missing"), "{what}");
        let reasons = result("at-once")["reasons"].to_string();
        assert!(reasons.contains(expected), "{what}: {reasons}");
        let people = conformance(folder.path(), &["--case", "at-once"]);
        assert_eq!(people.status.code(), Some(1), "{what}");
        assert!(text(&people.stdout).contains("1 case, 0 passed, 1 failed"), "{}", text(&people.stdout));
    }
}

#[test]
fn a_run_in_which_nothing_was_checked_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &provider("i32.const 192"), 16, 2);
    let output = conformance(folder.path(), &["--case", "account"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("1 case, 0 passed, 0 failed, 1 skipped"));
}

#[test]
fn a_plugin_that_cannot_be_tried_is_told_from_one_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &component("(loop br 0)"), 16, 1);
    let output = conformance(folder.path(), &["--case", "imports"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("describe"), "{}", text(&output.stderr));
    assert_eq!(description().id, "dummy");
}

#[test]
fn wrong_usage_names_the_alternatives() {
    for (arguments, expected) in [
        (vec!["--case", "tls-expire"], "similar names: tls-expired"),
        (vec!["--case", "no such case"], "--list"),
        (vec!["--base-url", "http://127.0.0.1:1/v1"], "remove --base-url"),
    ] {
        let output = conformance(&packed(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_cases_can_be_listed_without_being_played() {
    let people = conformance(&packed(), &["--list"]);
    assert_eq!(people.status.code(), Some(0), "{}", text(&people.stderr));
    assert!(text(&people.stdout).contains("tls-wrong-name") && text(&people.stdout).contains("promises: 1 "));
    let listed = json(&conformance(&packed(), &["--list", "--json"]));
    assert!(listed["cases"].as_array().is_some_and(|cases| cases.len() > 300));
}
