//! Conversations in a terminal, which the program `script` provides and records. The interactive mode has its own line
//! editor and its own output, so the tests of the other commands say nothing about it.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use stand_in::StandIn;

use super::terminal::{command, folder_holds_no_key, line, run};
use super::text_holds_no_key;

const MODELS: [&str; 3] = ["at-once", "q24-key-echoed", "q24-key-echoed-in-answer"];

/// The lines that a person types, each at a prompt: for a message, or for the result of a tool call.
const TYPED: [&str; 2] = ["hello\r", "hello again\r"];

/// Ctrl-D, which ends every prompt.
const END: &str = "\u{4}";

/// The text in the last line of the screen. The editor writes a line, returns to its start, and moves the cursor from
/// there, so the last written piece of the line counts.
fn last_line(shown: &str) -> String {
    let line = shown.rsplit('\n').next().unwrap_or_default();
    let mut written = line.split('\r').map(plain).filter(|piece| !piece.trim().is_empty());
    written.next_back().unwrap_or_default()
}

/// The text without control sequences, which move the cursor or set colours.
fn plain(shown: &str) -> String {
    let mut plain = String::new();
    let mut rest = shown.chars();
    while let Some(character) = rest.next() {
        match character {
            // A control sequence consists of "[", parameters and a final letter.
            '\u{1b}' => {
                rest.by_ref().skip(1).find(char::is_ascii_alphabetic);
            }
            _ => plain.push(character),
        }
    }
    plain
}

/// Runs a conversation, and returns everything that the terminal showed.
fn converse(folder: &Path, stand_in: &StandIn, command_line: &[String], recording: &str) -> String {
    let quoted = command_line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    // `env` is named by its path: a program that is looked up in a changed PATH is started with fork, and fork fails
    // while other tests have reserved address space for hundreds of component memories.
    let mut script = command(folder, stand_in, "/usr/bin/env");
    script.args(["timeout", "60", "script", "-qefc", &quoted, recording]);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a terminal");
    let mut keyboard = child.stdin.take().expect("its keyboard");
    let mut screen = child.stdout.take().expect("its screen");
    let (mut shown, mut typed_at, mut buffer) = (Vec::new(), 0, [0; 4096]);
    let mut typed = TYPED.iter();
    // Reading from a closed terminal is an error or the end, depending on the system.
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        shown.extend(buffer.iter().take(count));
        let text = String::from_utf8_lossy(&shown);
        let since = text.get(typed_at..).unwrap_or_default();
        if since.contains('\n') && [">", "result>"].contains(&last_line(&text).trim()) {
            typed_at = text.len();
            let line = typed.next().unwrap_or(&END);
            keyboard.write_all(line.as_bytes()).expect("a program that reads");
        }
    }
    child.wait().expect("the end");
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert_eq!(typed.count(), 0, "{command_line:?} ended before it read all lines: {shown}");
    shown
}

#[tokio::test]
async fn no_conversation_shows_or_records_the_key() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: the program 'script' is missing, which provides the terminal");
        return;
    }
    let stand_in = StandIn::start(0).await.expect("a stand-in");
    let folder = tempfile::tempdir().expect("a folder");
    // This fills the cache, so that the conversations below do not compile the plugin six times.
    assert!(run(folder.path(), &stand_in, "injected", &["describe"]).status.success());
    thread::scope(|scope| {
        for (mode, model) in ["injected", "bearer"].iter().flat_map(|mode| MODELS.map(|model| (*mode, model)))
        {
            let (folder, stand_in) = (folder.path(), &stand_in);
            scope.spawn(move || {
                let recording = format!("{mode}-{model}.typescript");
                let shown = converse(folder, stand_in, &line(mode, &["chat", "-m", model]), &recording);
                text_holds_no_key(&format!("a conversation with {model}, {mode}"), &shown, stand_in.key());
                let echoed = model.contains("key-echoed");
                assert_eq!(shown.contains("[redacted]"), echoed, "{mode}, {model}: {shown}");
                assert!(folder.join(recording).is_file());
            });
        }
    });
    let requests =
        stand_in.requests().iter().filter(|request| request.path.ends_with("/chat/completions")).count();
    assert!(requests >= 12, "two messages in each of six conversations, but {requests} requests");
    assert!(folder_holds_no_key(folder.path(), stand_in.key()) > 6, "recordings, and compiled code");
}
