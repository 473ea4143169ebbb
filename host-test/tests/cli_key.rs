//! The sources of the API key, and that the program never prints it. A key in the arguments is visible to every user of
//! the machine, so the program refuses it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use stand_in::StandIn;

const KEY: &str = "sk-canary-0123456789abcdef";

/// The program with the packed plugin and without the machine's environment.
fn host_test(arguments: &[&str]) -> Command {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins/cometapi");
    assert!(plugin.join("plugin.toml").is_file(), "there is no packed plugin; run 'make dist'");
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(arguments).env_clear().stdin(Stdio::null()).arg("--plugin").arg(plugin);
    command.env("HOST_TEST_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command
}

fn output_text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(format!("key{mode:o}"));
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    path
}

#[tokio::test]
async fn a_key_from_a_file_is_accepted_by_option_and_by_variable() {
    let dir = tempfile::tempdir().unwrap();
    let stand_in = StandIn::start(0).await.unwrap();
    let path = file(dir.path(), &format!("{}\n", stand_in.key()), 0o600);
    for mode in ["injected", "bearer"] {
        let mut by_option = host_test(&["account", "--key-mode", mode]);
        by_option.env("COMETAPI_BASE_URL", stand_in.base_url()).arg("--key-file").arg(&path);
        let mut by_variable = host_test(&["account", "--key-mode", mode]);
        by_variable.env("COMETAPI_API_BASE", stand_in.base_url()).env("COMETAPI_KEY_FILE", &path);
        for mut command in [by_option, by_variable] {
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", output_text(&output));
            assert!(output_text(&output).contains("the key is accepted"), "{}", output_text(&output));
        }
    }
}

#[tokio::test]
async fn a_rejected_key_is_reported_with_its_source_and_a_missing_key_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let stand_in = StandIn::start(0).await.unwrap();
    let path = file(dir.path(), KEY, 0o600);
    let run = |command: &mut Command| {
        let output = command.env("COMETAPI_BASE_URL", stand_in.base_url()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", output_text(&output));
        let text = output_text(&output);
        assert!(!text.contains("canary"), "{text}");
        assert!(
            !text.contains("'host-test account' checks it"),
            "the advice is the command that failed: {text}"
        );
        text
    };
    for command in ["account", "chat"] {
        let arguments: &[&str] = if command == "chat" { &["chat", "hi"] } else { &["account"] };
        let text = run(host_test(arguments).env("COMETAPI_KEY", KEY));
        assert!(text.contains("the key came from COMETAPI_KEY"), "{text}");
        let text = run(host_test(arguments).arg("--key-file").arg(&path));
        assert!(text.contains(&format!("the key came from --key-file {}", path.display())), "{text}");
        let text = run(&mut host_test(arguments));
        assert!(text.contains("no key was sent") && text.contains("COMETAPI_KEY"), "{text}");
    }
}

#[test]
fn an_invalid_key_is_wrong_usage_in_both_modes_and_is_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let open = file(dir.path(), KEY, 0o644);
    for mode in ["injected", "bearer"] {
        let with = |name: &str, value: &str| {
            let output = host_test(&["account", "--key-mode", mode]).env(name, value).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{mode}: {}", output_text(&output));
            assert!(output.stdout.is_empty());
            output_text(&output)
        };
        let cases = [
            (with("COMETAPI_KEY", "sk-canary 0123456789"), "the key of COMETAPI_KEY has blanks"),
            (with("COMETAPI_KEY", "sk-canary\n0123456789"), "line breaks"),
            (with("COMETAPI_KEY_FILE", "/nowhere/key"), "/nowhere/key"),
            #[cfg(unix)]
            (with("COMETAPI_KEY_FILE", open.to_str().unwrap()), "chmod 600"),
        ];
        for (text, expected) in cases {
            assert!(text.contains(expected) && !text.contains("canary"), "{mode}, {expected}: {text}");
        }
    }
}

#[test]
fn a_key_in_the_arguments_is_refused_before_it_is_sent_or_printed() {
    let inline = format!("--key={KEY}");
    let base_url = format!("--base-url={KEY}");
    let cases: [&[&str]; 7] = [
        &[KEY],
        &["chat", KEY],
        &["chat", "hello", KEY],
        &["chat", "--key", KEY, "hello"],
        &["chat", &inline, "hello"],
        &["account", &base_url],
        &["stand-in", "--port", KEY],
    ];
    for arguments in cases {
        let output = host_test(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output_text(&output).contains("canary"),
            "{}",
            output_text(&output)
        );
        assert!(output_text(&output).contains("COMETAPI_KEY"), "{}", output_text(&output));
    }
    // No option takes a key, so texts that do not look like one are refused as well.
    for arguments in [["account", "--key=hunter2-canary"], ["account", "--api-key=hunter2-canary"]] {
        let output = host_test(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!output_text(&output).contains("canary"), "{}", output_text(&output));
    }
}

#[test]
fn the_help_names_every_source_and_no_option_for_the_key_itself() {
    let output = host_test(&["--help"]).output().unwrap();
    let text = output_text(&output);
    for part in ["COMETAPI_KEY_FILE", "COMETAPI_API_BASE", "--key-file <FILE>", "--trusted-key"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("--key ") && !text.contains("--api-key"), "{text}");
}
