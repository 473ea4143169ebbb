//! Wrong usage of the command line, and its messages. No test here needs a plugin.

use std::process::{Command, Output, Stdio};

fn host_test(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).env_clear().stdin(Stdio::null()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn help_shows_examples_the_environment_and_the_exit_codes() {
    let help = host_test(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for part in ["Examples:", "COMETAPI_KEY", "Exit codes:", "stand-in", "inspect"] {
        assert!(text(&help.stdout).contains(part), "{part}");
    }
    assert!(text(&host_test(&["chat", "--help"]).stdout).contains("--request <FILE>"));
}

#[test]
fn wrong_usage_exits_with_2_names_the_cause_and_prints_nothing_to_stdout() {
    let cases: [(&[&str], &str); 12] = [
        (&["chatt"], "chat"),
        (&["chat"], "there is no prompt"),
        (&["chat", "--json"], "there is no prompt"),
        (&["chat", "-"], "stdin is empty"),
        (&["chat", "--image", "/nowhere/cat.png", "hi"], "/nowhere/cat.png"),
        (&["chat", "--tools", "/nowhere/tools.json", "hi"], "/nowhere/tools.json"),
        (&["chat", "--request", "/nowhere/request.json"], "/nowhere/request.json"),
        (&["embed", "-m", "m"], "<TEXT|--input"),
        (&["embed", "-m", "m", "--input", "/nowhere/texts"], "/nowhere/texts"),
        (&["describe", "--plugin", "/nowhere/plugin", "--json"], "/nowhere/plugin"),
        (&["pack", "/nowhere/c.wasm", "out"], "/nowhere/c.wasm"),
        (&["models", "--live", "--built-in"], "--built-in"),
    ];
    for (arguments, expected) in cases {
        let output = host_test(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_file_that_is_not_a_component_is_not_packed() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-component.wasm");
    std::fs::write(&path, b"\0asm nonsense").unwrap();
    let output = host_test(&["pack", path.to_str().unwrap(), "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-component.wasm"), "{}", text(&output.stderr));
}
