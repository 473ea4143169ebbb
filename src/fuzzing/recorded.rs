//! The targets over public recorded texts, in each place where such a text may stand.

use std::path::Path;

use super::{TARGETS, Target};
use crate::corpora;

fn target(name: &str) -> Target {
    TARGETS.iter().find(|(known, _)| *known == name).expect("a target").1
}

fn run(name: &str, input: &[u8], from: &Path) {
    let run = std::panic::catch_unwind(|| target(name)(input));
    assert!(run.is_ok(), "{} breaks a promise of {name}; see above", from.display());
}

/// Each file below a folder of the corpora, and how many there were.
fn each_file(folder: &Path, visit: &mut dyn FnMut(&Path, &[u8])) -> usize {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = 0;
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files += each_file(&path, visit);
        } else {
            visit(&path, &std::fs::read(&path).expect("a file"));
            files += 1;
        }
    }
    files
}

/// As a whole body, as the data of an event, and as the arguments of a tool, as text and as they are.
fn as_responses(text: &[u8]) -> [Vec<u8>; 4] {
    let choice = |arguments: &[u8]| {
        let call =
            br#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"#;
        [b"\x01\x07data: ", &call[..], arguments, b"}}]},\"finish_reason\":\"stop\"}]}\n\n"].concat()
    };
    let quoted = serde_json::to_vec(&String::from_utf8_lossy(text)).expect("a string");
    [[b"\x00", text].concat(), [b"\x01\x03data: ", text, b"\n\n"].concat(), choice(text), choice(&quoted)]
}

#[test]
fn texts_of_the_json_test_suite_break_no_promise_wherever_they_stand() {
    let Some(root) = corpora::root() else { return };
    let mut files = 0;
    for folder in ["test_parsing", "test_transform"] {
        files += each_file(&root.join("json").join(folder), &mut |path, text| {
            // The longest are nothing but brackets; the tests of depth have their like.
            let text = &text[..text.len().min(20_000)];
            run("json_reader", text, path);
            as_responses(text).iter().for_each(|body| run("response_events", body, path));
            let row = [b"{\"data\":[{\"id\":\"a\",\"pricing\":", text, b"},{\"id\":\"b\"}]}"].concat();
            for list in ["key_list", "public_list"] {
                run(list, text, path);
                run(list, &row, path);
            }
            let error = [b"\x90\x01\x00\x00\n{\"error\":", text, b",\"message\":\"\x01\"}"].concat();
            run("error_body", &error, path);
            run("error_body", &[b"\xf4\x01\x00\x00\n", text].concat(), path);
        });
    }
    assert!(files >= 340, "{files}");
}

#[test]
fn recorded_streams_give_the_same_events_in_any_reads() {
    let Some(root) = corpora::root() else { return };
    let files = each_file(&root.join("streams"), &mut |path, body| {
        for sizes in [&[0][..], &[1, 1], &[3, 1, 250, 2]] {
            let input = [sizes, body].concat();
            run("response_events", &input, path);
            run("sse_split", &input, path);
        }
    });
    assert!(files >= 20, "{files}");
}
