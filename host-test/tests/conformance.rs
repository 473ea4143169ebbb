//! `host-test conformance`: its table, its JSON, its exit codes, and its findings for plugins that break the contract.
//! Without such plugins nothing would show that a case can fail.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{component, description, from_module, plugin};

fn packed_plugin() -> PathBuf {
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

/// A provider without imports that opens clients and starts completions. `next` is the body of its function `next`:
/// WebAssembly text that leaves a pointer to its result on the stack.
fn provider(next: &str) -> Vec<u8> {
    // Each function returns its result at a different address: a tag, 0 for "ok", and 8 bytes later the value.
    let bodies = [
        (12, "i32.const 1024"),
        // Stores the address of the configuration, for a `next` that reads it.
        (
            14,
            "(i32.store (i32.const 240) (local.get 0))\n\
             (i32.store (i32.const 136) (call 1 (i32.const 7))) i32.const 128",
        ),
        (16, "(i32.store (i32.const 168) (call 4 (i32.const 7))) i32.const 160"),
        (22, next),
        // The allocator never frees.
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
fn a_plugin_that_keeps_the_contract_passes_and_the_table_shows_it() {
    let cases = ["--case", "imports", "at-once", "tls-expired", "drop-before-the-status", "q19-neither"];
    let output = conformance(&packed_plugin(), &cases);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", text(&output.stderr));
    for expected in [
        "case",
        "promises",
        "expected",
        "got",
        "result",
        "1 one export, six imports",
        "5 cases, 5 passed, 0 failed, 0 skipped",
    ] {
        assert!(table.contains(expected), "{expected}: {table}");
    }
    assert_eq!(table.matches(" pass").count(), 5 + 1, "{table}");
    assert!(output.stderr.is_empty(), "no progress bar where there is no terminal");
}

/// Every case that concerns the contract, in a host in which the component waits. The sandbox, in which it does not, has
/// its run in `tests/component`.
#[cfg(feature = "stock-host")]
#[test]
fn every_case_passes_in_the_stock_host_or_is_marked_as_not_for_it() {
    let output = conformance(&packed_plugin(), &["--host", "stock", "--json"]);
    let report = json(&output);
    let listed = json(&conformance(&packed_plugin(), &["--list", "--json"]));
    let of = |report: &Value| report["cases"].as_array().cloned().unwrap_or_default();
    let (cases, listed) = (of(&report), of(&listed));
    assert!(cases.len() > 600 && cases.len() == listed.len(), "{} of {}", cases.len(), listed.len());
    let mut wrong = Vec::new();
    for (case, listed) in cases.iter().zip(&listed) {
        assert_eq!(case["case"], listed["case"]);
        // Only what the table marks is left out, and always with the reason.
        let expected = if listed["needs"].is_null() { "pass" } else { "not-for-this-host" };
        if case["result"] != expected || case["got"] == "" && expected != "pass" {
            wrong.push(format!("{}: {} {}", case["case"], case["result"], case["reasons"]));
        }
    }
    let left_out = listed.iter().filter(|case| !case["needs"].is_null()).count();
    println!("{} cases, {left_out} of them not for the stock host", cases.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(left_out * 10 < cases.len(), "{left_out} of {} cases are left out", cases.len());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[cfg(feature = "stock-host")]
#[test]
fn the_stock_host_runs_the_cases_of_the_contract_and_reports_the_others_as_not_for_it() {
    let output = conformance(
        &packed_plugin(),
        &[
            "--host",
            "stock",
            "--json",
            "--case",
            "at-once",
            "tls-expired",
            "the-key-never-enters-the-sandbox",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output);
    let result = |name: &str| {
        let cases = report["cases"].as_array().unwrap();
        cases.iter().find(|case| case["case"] == name).unwrap().clone()
    };
    assert_eq!(result("at-once")["result"], "pass");
    for (name, reason) in
        [("tls-expired", "root certificates"), ("the-key-never-enters-the-sandbox", "memory")]
    {
        assert_eq!(result(name)["result"], "not-for-this-host", "{name}");
        assert!(result(name)["got"].as_str().is_some_and(|got| got.contains(reason)), "{}", result(name));
    }
    assert_eq!(report["totals"]["not-for-this-host"], 2);
    let table = conformance(&packed_plugin(), &["--host", "stock", "--case", "at-once", "tls"]);
    let table = text(&table.stdout);
    assert!(table.contains("2 cases, 1 passed, 0 failed, 0 skipped, 1 not for this host"), "{table}");
}

#[test]
fn json_output_is_one_object_with_stable_names() {
    let output = conformance(&packed_plugin(), &["--json", "--case", "abort-503", "account"]);
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
fn a_plugin_that_breaks_the_contract_fails_with_the_reason() {
    for (what, next, expected) in [
        (
            "done without a finish",
            "(i32.store8 (i32.const 208) (i32.const 1)) i32.const 192",
            "contradicts the finish",
        ),
        ("a trap", "unreachable", "broke down"),
        (
            "an error without a message",
            "(i32.store8 (i32.const 192) (i32.const 1)) i32.const 192",
            "the error has no message",
        ),
        (
            "an error with the key in it",
            // The message is the bearer key of the configuration: its address and its length.
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
        assert_eq!(result("account")["result"], "skip", "{what}: it declares no account");
        assert!(result("imports")["reasons"].to_string().contains("wasi:http/types is missing"), "{what}");
        let reasons = result("at-once")["reasons"].to_string();
        assert!(reasons.contains(expected), "{what}: {reasons}");
        let plain = conformance(folder.path(), &["--case", "at-once"]);
        assert_eq!(plain.status.code(), Some(1), "{what}");
        assert!(text(&plain.stdout).contains("1 case, 0 passed, 1 failed"), "{}", text(&plain.stdout));
    }
}

#[test]
fn a_run_that_only_skips_cases_fails() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &provider("i32.const 192"), 16, 2);
    let output = conformance(folder.path(), &["--case", "account"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("1 case, 0 passed, 0 failed, 1 skipped"));
}

#[test]
fn a_plugin_that_cannot_be_run_is_an_error_that_names_the_call() {
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
        let output = conformance(&packed_plugin(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_cases_can_be_listed_without_being_run() {
    let plain = conformance(&packed_plugin(), &["--list"]);
    assert_eq!(plain.status.code(), Some(0), "{}", text(&plain.stderr));
    assert!(text(&plain.stdout).contains("tls-wrong-name") && text(&plain.stdout).contains("promises: 1 "));
    let listed = json(&conformance(&packed_plugin(), &["--list", "--json"]));
    assert!(listed["cases"].as_array().is_some_and(|cases| cases.len() > 300));
}
