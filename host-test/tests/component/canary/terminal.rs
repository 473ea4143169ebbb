//! What the program prints and writes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use host_test::stand_in::StandIn;

use super::text_holds_no_key;
use super::traps::files;
use crate::support::plugin_folder;

/// Commands, with whether they go to the end.
const COMMANDS: &[(&[&str], Option<i32>)] = &[
    (&["chat", "hello"], Some(0)),
    (&["chat", "--json", "hello"], Some(0)),
    (&["chat", "-m", "openai-tool-call", "--json", "hello"], Some(0)),
    (&["chat", "-m", "q24-key-echoed", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed", "--json", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-in-stream", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-in-stream", "--json", "hello"], Some(1)),
    (&["chat", "-m", "q24-key-echoed-as-text", "--json", "hello"], Some(1)),
    (&["models", "--limit", "5"], Some(0)),
    (&["models", "--json"], Some(0)),
    (&["account"], Some(0)),
    (&["account", "--json"], Some(0)),
    (&["describe", "--json"], Some(0)),
    (&["inspect"], Some(0)),
    (&["chat", "--reasoning"], Some(2)),
];

/// The program with nothing of the machine's own configuration, in a folder where all that it writes lands.
fn program(folder: &Path, stand_in: &StandIn, mode: &str, arguments: &[&str]) -> Vec<String> {
    let program = [env!("CARGO_BIN_EXE_host-test"), "--key-mode", mode, "--plugin"].map(str::to_owned);
    let plugin = plugin_folder().canonicalize().expect("a packed plugin").display().to_string();
    assert!(folder.is_dir() && stand_in.address().port() > 0);
    program
        .into_iter()
        .chain([plugin])
        .chain(arguments.iter().map(|argument| (*argument).to_owned()))
        .collect()
}

fn run(folder: &Path, stand_in: &StandIn, line: &[String]) -> Output {
    let (program, arguments) = line.split_first().expect("a program");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    for name in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, folder);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("HOST_TEST_CACHE_DIR", folder.join("cache"))
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LOG", "trace");
    command.env("COMETAPI_BASE_URL", stand_in.base_url()).env("COMETAPI_KEY", stand_in.key());
    command.output().expect("the program")
}

fn bytes_hold_no_key(what: &str, bytes: &[u8], key: &str) {
    text_holds_no_key(what, &String::from_utf8_lossy(bytes), key);
}

fn folder_holds_no_key(folder: &Path, key: &str) -> usize {
    let found = files(folder);
    for file in &found {
        bytes_hold_no_key(&file.display().to_string(), &std::fs::read(file).expect("a file"), key);
        text_holds_no_key("a file's name", &file.display().to_string(), key);
    }
    found.len()
}

#[tokio::test]
async fn no_command_prints_or_writes_the_key() {
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let folder = tempfile::tempdir().expect("a folder");
    let mut redacted = 0;
    for mode in ["injected", "bearer"] {
        for (arguments, status) in COMMANDS {
            let what = format!("{arguments:?}, {mode}");
            let output = run(folder.path(), &stand_in, &program(folder.path(), &stand_in, mode, arguments));
            assert_eq!(output.status.code(), *status, "{what}: {}", String::from_utf8_lossy(&output.stderr));
            bytes_hold_no_key(&what, &output.stdout, stand_in.key());
            bytes_hold_no_key(&what, &output.stderr, stand_in.key());
            let shown = [output.stdout, output.stderr].concat();
            redacted += usize::from(String::from_utf8_lossy(&shown).contains("[redacted]"));
        }
    }
    assert!(redacted >= 10, "the server repeats nothing: {redacted}");
    assert!(folder_holds_no_key(folder.path(), stand_in.key()) > 0, "the program keeps compiled code there");
    folder_holds_no_key(&plugin_folder(), stand_in.key());
    assert_eq!(stand_in.key_leaks(), 0);
}

/// On a terminal of its own, which `script` makes.
#[tokio::test]
async fn no_conversation_shows_or_records_the_key() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: a conversation needs a terminal, and there is no 'script' to make one");
        return;
    }
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let folder = tempfile::tempdir().expect("a folder");
    for mode in ["injected", "bearer"] {
        for model in ["gpt-5.4-mini", "q24-key-echoed", "q24-key-echoed-in-stream"] {
            let line = program(folder.path(), &stand_in, mode, &["chat", "-m", model]);
            let quoted = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
            // A person types when there is a prompt; what is typed before that is thrown away.
            let typed = "for turn in 1 2 3; do sleep 0.7; printf 'hello\\r'; done; \
                         while sleep 0.3; do printf '/quit\\r' || exit; done";
            let typed = format!("({typed}) 2>/dev/null | timeout 60 script -qefc \"{quoted}\" typescript");
            let output = run(folder.path(), &stand_in, &["sh".to_owned(), "-c".to_owned(), typed]);
            let shown = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(shown.contains("/help lists the commands"), "{mode}, {model}: {shown}");
            text_holds_no_key(&format!("a conversation with {model}, {mode}"), &shown, stand_in.key());
        }
    }
    let asked =
        stand_in.requests().iter().filter(|request| request.path.ends_with("/chat/completions")).count();
    assert!(asked >= 6, "nobody spoke: {asked} requests");
    assert!(folder_holds_no_key(folder.path(), stand_in.key()) > 0);
}
