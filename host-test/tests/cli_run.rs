//! The command line with the packed plugin, and a stand-in whose requests the tests inspect.
//!
//! `make dist` packs the plugin. Without it the tests fail with that advice, since a skip would look like a pass.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use stand_in::{Outcome, StandIn};

/// The program without the machine's environment.
fn host_test(arguments: &[&str]) -> Command {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.arg("--plugin").arg(plugin);
    command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command
}

/// The program with the base URL and the key of this stand-in.
fn with_stand_in(stand_in: &StandIn, arguments: &[&str]) -> Command {
    let mut command = host_test(arguments);
    command.env("COMETAPI_BASE_URL", stand_in.base_url()).env("COMETAPI_KEY", stand_in.key());
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn without_a_key_the_program_uses_a_stand_in_and_reports_that() {
    let output = host_test(&["chat", "Good morning"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Good morning") && text(&output.stdout).ends_with('\n'));
    assert!(text(&output.stderr).contains("stand-in") && text(&output.stderr).contains("first token"));
}

#[tokio::test]
async fn json_output_has_one_event_in_each_line_and_ends_with_the_finish() {
    let stand_in = StandIn::start(0).await.unwrap();
    let output = with_stand_in(&stand_in, &["chat", "--json", "hi"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = lines(&output);
    assert_eq!(lines.first().unwrap()["event"], "response");
    assert_eq!(
        (&lines.last().unwrap()["event"], &lines.last().unwrap()["reason"]),
        (&"finish".into(), &"stop".into())
    );
    let received: String = lines
        .iter()
        .filter(|line| line["event"] == "block-delta")
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert!(received.contains("hi"), "{received}");
}

#[tokio::test]
async fn a_failed_stream_ends_with_its_error_and_exit_code_1() {
    let stand_in = StandIn::start(0).await.unwrap();
    let cases = [
        ("q19-neither", "incomplete-stream", true),
        ("q18-error-with-text-code", "", true),
        ("payment-required", "billing", false),
        ("no-such-model", "model-not-found", false),
    ];
    for (scenario, kind, partial) in cases {
        let output = with_stand_in(&stand_in, &["chat", "--json", "-m", scenario, "hi"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{scenario}");
        let lines = lines(&output);
        let last = lines.last().unwrap();
        assert_eq!(
            (&last["event"], &last["error"]["partial"]),
            (&"error".into(), &partial.into()),
            "{scenario}: {last}"
        );
        assert!(kind.is_empty() || last["error"]["kind"] == kind, "{scenario}: {last}");
        let plain = with_stand_in(&stand_in, &["chat", "-m", scenario, "hi"]).output().unwrap();
        assert_eq!(plain.status.code(), Some(1));
        assert!(text(&plain.stderr).contains(&format!("error: {kind}")), "{}", text(&plain.stderr));
    }
}

#[tokio::test]
async fn the_key_is_never_printed_in_either_mode() {
    let stand_in = StandIn::start(0).await.unwrap();
    for mode in ["injected", "bearer"] {
        for arguments in [["account", "--json"], ["chat", "hi"]] {
            let output = with_stand_in(&stand_in, &arguments).args(["--key-mode", mode]).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{mode}: {}", text(&output.stderr));
        }
        let refused = with_stand_in(&stand_in, &["chat", "-m", "q24-key-echoed", "hi", "--key-mode", mode])
            .output()
            .unwrap();
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("authentication"), "{}", text(&refused.stderr));
        let shown = [refused.stdout, refused.stderr].concat();
        assert!(!text(&shown).contains(stand_in.key()), "{mode}");
    }
    assert_eq!(stand_in.key_leaks(), 0);
}

#[tokio::test]
async fn control_characters_in_a_response_are_escaped() {
    let stand_in = StandIn::start(0).await.unwrap();
    let hostile = "\u{1b}[2J\u{9b}1m\u{202e}";
    let output = with_stand_in(&stand_in, &["chat", hostile]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(r"\x1b[2J\x9b1m\u{202e}"), "{}", text(&output.stdout));
    let json = with_stand_in(&stand_in, &["chat", "--json", hostile]).output().unwrap();
    assert!(text(&json.stdout).contains(r"\u001b[2J\u009b1m\u202e"));
    for shown in [output.stdout, output.stderr, json.stdout, json.stderr] {
        assert!(!text(&shown).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
    }
}

#[tokio::test]
async fn flags_and_a_request_file_reach_the_server() {
    let stand_in = StandIn::start(0).await.unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("request.json");
    let request = r#"{"messages":[{"role":"user","content":"from a file"}],"temperature":0.5}"#;
    std::fs::write(&file, request).unwrap();
    let flags =
        with_stand_in(&stand_in, &["chat", "-s", "be brief", "--max-tokens", "9", "-m", "gpt-4o", "hi"])
            .output();
    let from_file =
        with_stand_in(&stand_in, &["chat", "-m", "gpt-4o", "--request", file.to_str().unwrap()]).output();
    assert!([flags, from_file].iter().all(|output| output.as_ref().unwrap().status.success()));
    let requests = stand_in.requests();
    let bodies: Vec<Value> = requests
        .iter()
        .filter(|request| request.path.ends_with("/chat/completions"))
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(bodies[0]["messages"][0]["content"], "be brief");
    assert_eq!((&bodies[0]["model"], &bodies[0]["max_tokens"]), (&"gpt-4o".into(), &9.into()));
    assert_eq!(bodies[1]["messages"][0]["content"], "from a file");
    assert_eq!(bodies[1]["temperature"], 0.5);
}

#[tokio::test]
async fn models_and_account_are_printed_as_one_object() {
    let stand_in = StandIn::start(0).await.unwrap();
    let output =
        with_stand_in(&stand_in, &["models", "--json", "--kind", "chat", "--limit", "3"]).output().unwrap();
    let list = &lines(&output)[0];
    assert_eq!((list["models"].as_array().unwrap().len(), &list["origin"]), (3, &"live".into()));
    assert!(list["models"].as_array().unwrap().iter().all(|model| model["kind"] == "chat"));
    let account = with_stand_in(&stand_in, &["account", "--json"]).output().unwrap();
    assert_eq!(lines(&account)[0]["unlimited"], false);
    let refused = with_stand_in(&stand_in, &["account", "--json"])
        .env("COMETAPI_KEY", "sk-0000000000")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(lines(&refused)[0]["error"]["kind"], "authentication");
}

/// `host-test models | head` closes the pipe before the program has printed everything.
#[test]
fn a_reader_that_closes_the_pipe_causes_no_error() {
    let mut child = host_test(&["models", "--kind", "all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!text(&output.stderr).contains("panicked") && !text(&output.stderr).contains("error"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_closes_the_connection_and_ends_with_130() {
    let stand_in = StandIn::start(0).await.unwrap();
    let mut command = with_stand_in(&stand_in, &["chat", "--json", "-m", "q25-never-ends", "hi"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains("\"response\""), "{first}");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["error"]["kind-other"]), (&"error".into(), &"cancelled".into()));
    let outcome = tokio::time::timeout(Duration::from_secs(60), stand_in.ended(0)).await.unwrap();
    assert_eq!(outcome, Outcome::Aborted);
}

#[test]
fn inspect_describe_and_built_in_models_need_no_server() {
    let output = host_test(&["inspect", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let inspection = &lines(&output)[0];
    assert_eq!(inspection["imports"].as_array().unwrap().len(), 6);
    let output = host_test(&["describe", "--json"]).output().unwrap();
    assert_eq!(lines(&output)[0]["id"], inspection["manifest"]["id"]);
    let output = host_test(&["models", "--built-in", "--json"]).output().unwrap();
    assert_eq!(lines(&output)[0]["origin"], "built-in");
    assert!(!text(&output.stderr).contains("stand-in"));
}
