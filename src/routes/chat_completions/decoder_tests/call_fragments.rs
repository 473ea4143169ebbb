//! Tool calls in all their pieces [13].

use super::*;

/// Deltas with tool calls, and the calls they make [13].
type CallCase =
    (&'static str, &'static [&'static str], &'static [(&'static str, &'static str, &'static str)]);

const CALLS: &[CallCase] = &[
    (
        "interleaved by index",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}},{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"y\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"2}"}},{"index":0,"function":{"arguments":"1}"}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":2}")],
    ),
    (
        "no index, an id for each",
        &[
            r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}"#,
            r#"{"tool_calls":[{"function":{"arguments":":1}"}}]}"#,
            r#"{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("b", "g", "{}")],
    ),
    (
        "all with index 0 and new ids",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":":2}"}}]}"#,
        ],
        &[("a", "f", "{}"), ("b", "g", "{\"y\":2}")],
    ),
    (
        "index starting at 1, id repeated",
        &[
            r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"}"}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "late id by index, empty ids after it",
        &[
            r#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":""}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "late id without an index",
        &[
            r#"{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"id":"a","function":{"arguments":"}"}}]}"#,
        ],
        &[("a", "f", "{}")],
    ),
    (
        "no id and no index, several in one chunk",
        &[
            r#"{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("call_1_0", "f", "{}"), ("call_1_1", "g", "{}")],
    ),
    (
        "a name in pieces, a type missing",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"get_"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"name":"weather"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#,
        ],
        &[("a", "get_weather", "{}")],
    ),
    (
        "arguments as an object, as null, as nothing",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":[1, 2]}}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":null}}]}"#,
            r#"{"tool_calls":[{"index":2,"id":"c","function":{"name":"h","arguments":""}},{"index":3,"id":"d","function":{"name":"i"}}]}"#,
        ],
        &[("a", "f", "{\"x\":[1, 2]}"), ("b", "g", "{}"), ("c", "h", "{}"), ("d", "i", "{}")],
    ),
    (
        "one id for calls on two indexes, and for a third the id that was made of it",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"g","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":2,"id":"a_1","function":{"name":"h","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":":1}"}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("a_1", "g", "{}"), ("a_1_2", "h", "{}")],
    ),
    (
        "an id that is the one made up for a call without",
        &[
            r#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"call_1_0","function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("call_1_0_0", "f", "{}"), ("call_1_0", "g", "{}")],
    ),
    (
        "the whole arguments once more, as text and as an object",
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}},{"index":1,"id":"b","function":{"name":"g","arguments":{"y":[2]}}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}},{"index":1,"function":{"arguments":{"y":[2]}}}]}"#,
        ],
        &[("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":[2]}")],
    ),
    (
        "the legacy function_call",
        &[
            r#"{"function_call":{"name":"f","arguments":""}}"#,
            r#"{"function_call":{"arguments":"{\"x\""}}"#,
            r#"{"function_call":{"arguments":":1}"}}"#,
        ],
        &[("call_1_0", "f", "{\"x\":1}")],
    ),
];

#[test]
fn tool_calls_are_put_together_however_they_are_cut() {
    for (name, deltas, expected) in CALLS {
        let reading = response_of(deltas, "tool_calls");
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, name, arguments)| (id.to_string(), name.to_string(), Ok(arguments.to_string())))
            .collect();
        assert_eq!(reading.content.calls, expected, "{name}");
        assert_eq!(reading.reason(), Some(FinishReason::ToolCalls), "{name}");
    }
}

#[test]
fn fragments_with_nothing_in_them_are_no_call() {
    for fragments in [
        r#"{"content":"a","tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":""}}]}"#,
        r#"{"content":"a","tool_calls":[null,{}],"function_call":{}}"#,
    ] {
        let reading = response_of(&[fragments], "stop");
        assert_eq!(
            (reading.content.calls.len(), reading.reason()),
            (0, Some(FinishReason::Stop)),
            "{fragments}"
        );
    }
}

#[test]
fn fragments_that_only_look_like_a_repetition_are_kept() {
    for (fragments, expected) in [
        (["[", "[", "]]"], "[[]]"),
        (["{\\\"a\\\":\\\"{}", "{}", "\\\"}"], "{\"a\":\"{}{}\"}"),
        (["{}", "}", ""], "{}}"),
        (["1", "1", ""], "11"),
    ] {
        let deltas = fragments.map(|fragment| {
            std::format!(
                r#"{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f","arguments":"{fragment}"}}}}]}}"#
            )
        });
        let reading = response_of(&deltas.each_ref().map(String::as_str), "tool_calls");
        let raw = reading.content.calls[0].2.clone().unwrap_or_else(|malformed| malformed);
        assert_eq!(raw, expected, "{fragments:?}");
    }
}

#[test]
fn arguments_that_are_not_json_are_handed_out_as_malformed() {
    let reading = response_of(
        &[r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}"#],
        "length",
    );
    assert_eq!(reading.content.calls, [("a".into(), "f".into(), Err("{\"x\":".into()))]);
    assert_eq!(reading.reason(), Some(FinishReason::Length));
}
