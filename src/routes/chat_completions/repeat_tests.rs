use super::*;
use crate::json::{Object, read};

const FIRST: &str = r#"{"id":"x","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"one"},"finish_reason":null}],"usage":null}"#;

/// What is remembered of a chunk.
fn learned(json: &str) -> Repeat {
    let mut repeat = Repeat::default();
    let mut chunk = Object::<Chunk<'_>>::default();
    read(json, &mut chunk).expect(json);
    let chunk = chunk.0.expect(json);
    repeat.learn(json, &chunk, chunk.choices.get().expect(json));
    repeat
}

#[test]
fn a_chunk_that_repeats_all_but_its_text_is_known() {
    let repeat = learned(FIRST);
    for text in ["two", "", "a \\\"quoted\\\" \\ud83d", "{\\\"content\\\":", "é"] {
        let json = FIRST.replace("one", text);
        let (leaf, piece) = repeat.piece(&json).expect(text);
        assert_eq!((leaf, piece.get()), (Leaf::Content, &*std::format!("\"{text}\"")));
    }
    for (field, leaf) in [("reasoning_content", Leaf::ReasoningContent), ("reasoning", Leaf::Reasoning)] {
        let json = FIRST.replace("content", field);
        let known = learned(&json).piece(&json).map(|(leaf, piece)| (leaf, piece.get() == "\"one\""));
        assert_eq!(known, Some((leaf, true)), "{field}");
    }
}

#[test]
fn what_differs_in_anything_else_is_not() {
    let repeat = learned(FIRST);
    for (of, to) in [
        ("\"x\"", "\"y\""),
        ("null}],", "\"stop\"}],"),
        ("\"usage\":null", "\"usage\":{}"),
        ("\"one\"", "null"),
        ("\"one\"", "[\"one\"]"),
        ("\"one\"", "\"one\",\"refusal\":\"no\""),
        ("\"one\"", "\"one"),
        ("\"one\"", "one\""),
        ("\"one\"", "\"a\u{1}b\""),
        ("\"one\"", "\"a\\x\""),
        ("\"one\"", "\"a\\\""),
        ("\"one\"", " \"one\""),
        ("}]", "}] "),
    ] {
        assert!(repeat.piece(&FIRST.replace(of, to)).is_none(), "{of} {to}");
    }
    assert!(repeat.piece("").is_none() && repeat.piece(&FIRST[1..]).is_none());
}

#[test]
fn a_chunk_with_more_to_tell_is_not_remembered() {
    for (of, to) in [
        ("finish_reason\":null", "finish_reason\":\"stop\""),
        ("\"content\":\"one\"", "\"content\":\"\""),
        ("\"content\":\"one\"", "\"content\":[{\"type\":\"text\",\"text\":\"one\"}]"),
        ("\"content\":\"one\"", "\"content\":\"one\",\"reasoning\":\"why\""),
        ("\"content\":\"one\"", "\"content\":\"one\",\"refusal\":\"no\""),
        ("\"content\":\"one\"", "\"content\":\"one\",\"tool_calls\":[{\"index\":0}]"),
        ("\"content\":\"one\"", "\"content\":\"one\",\"reasoning_details\":[{}]"),
        ("\"delta\"", "\"message\":{},\"delta\""),
        ("\"delta\"", "\"error\":{\"message\":\"m\"},\"delta\""),
        ("\"usage\":null", "\"error\":{\"message\":\"m\"}"),
        ("\"model\":\"m\"", &std::format!("\"model\":\"{}\"", "m".repeat(MAX_AROUND))),
    ] {
        let json = FIRST.replace(of, to);
        assert!(learned(&json).piece(&json).is_none(), "{json}");
    }
}
