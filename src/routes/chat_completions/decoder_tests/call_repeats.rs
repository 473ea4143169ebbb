//! Which call a fragment belongs to where index, id and name contradict each other, and calls that come more than once
//! [61]; placeholders and wrappers of arguments [62].

use super::*;

/// The deltas of a stream, and the names and arguments of its calls.
type CallCase = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const CALLS: &[CallCase] = &[
    (
        "a new id with each fragment of one index",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"B","function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":"0","id":"C","function":{"name":"","arguments":"1}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"D","function":{"name":"g","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"E","function":{"name":null,"arguments":"}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("g", "{}")],
    ),
    (
        "a new id and the name with each fragment of one index",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"B","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"C","function":{"name":"f","arguments":"1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "a new id with each fragment, and no index",
        &[
            r#"{"tool_calls":[{"id":"A","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"id":"B","function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"id":"C","function":{"arguments":"1}"}}]}"#,
            r#"{"tool_calls":[{"id":"D","function":{"name":"g","arguments":"{}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("g", "{}")],
    ),
    (
        "two calls with one index, names and ids",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"B","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("f", "{\"x\":1}")],
    ),
    (
        "two calls with one index and ids, of which only the names come at first",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":""}},{"index":0,"id":"B","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"B","function":{"arguments":"{\"x\":2}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("f", "{\"x\":2}")],
    ),
    (
        "two calls with one index and ids, without arguments",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"B","function":{"name":"f","arguments":""}}]}"#,
        ],
        &[("f", "{}"), ("f", "{}")],
    ),
    (
        "three calls with one index and without ids",
        &[
            r#"{"tool_calls":[{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":2}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":null,"function":{"name":"fg","arguments":"{\"y\":3}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("f", "{\"x\":2}"), ("fg", "{\"y\":3}")],
    ),
    (
        "three calls without index and id, in chunks of their own",
        &[
            r#"{"tool_calls":[{"function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"function":{"name":"g","arguments":""}}]}"#,
            r#"{"tool_calls":[{"function":{"arguments":"{\"y\":2}"}}]}"#,
            r#"{"tool_calls":[{"function":{"name":"g","arguments":"{\"y\":3}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("g", "{\"y\":2}"), ("g", "{\"y\":3}")],
    ),
    (
        "one call under two indexes, whole",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"L","function":{"name":"f","arguments":"{\"x\": 1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "one call under two indexes, the second one without arguments, with a placeholder, and with a part of them",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"L","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":2,"id":"L","function":{"name":"f","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":3,"id":"L","function":{"name":"f","arguments":"{\"x"}}]}"#,
            r#"{"tool_calls":[{"index":4,"id":"L","function":{"name":"f","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"index":4,"function":{"arguments":"}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "one call under two indexes, the first one with a part of the arguments",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\""}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"L","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"\"a b\","}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":":\"a"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":" b\","}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"\"y\":2}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"\"y\":2}"}}]}"#,
        ],
        &[("f", "{\"x\":\"a b\",\"y\":2}")],
    ),
    (
        "one call under two indexes, the names first",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":""}},{"index":1,"id":"L","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"x\":1}"}},{"index":0,"function":{"arguments":"{\"x\":1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "two calls under two indexes with one id and one name",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":10}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"L","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"11}"}}]}"#,
        ],
        &[("f", "{\"x\":10}"), ("f", "{\"x\":11}")],
    ),
    (
        "two calls under one index with one id, and one name or two",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":2}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"g","arguments":"{\"x\":1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}"), ("f", "{\"x\":2}"), ("g", "{\"x\":1}")],
    ),
    (
        "all of one call again and again, with its id and name",
        &[
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":1"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"L","function":{"name":"f","arguments":{"x":1}}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":{"x": 1}}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "the index missing at first, and changed later",
        &[
            r#"{"tool_calls":[{"id":"A","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"A","function":{"arguments":"1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "the call in both fields, in either order",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":"{\"x\":"}}],"function_call":{"name":"f","arguments":"{\"x\":"}}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}],"function_call":{"arguments":"1}"}}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "the call in the legacy field first",
        &[
            r#"{"function_call":{"name":"f","arguments":"{\"x\":1}"}}"#,
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "two calls in the two fields",
        &[
            r#"{"tool_calls":[{"index":0,"id":"A","function":{"name":"f","arguments":"{\"x\":1}"}}],"function_call":{"name":"g","arguments":"{\"y\":"}}"#,
            r#"{"function_call":{"arguments":"2}"}}"#,
        ],
        &[("f", "{\"x\":1}"), ("g", "{\"y\":2}")],
    ),
    (
        "the name with each fragment of the legacy field",
        &[
            r#"{"function_call":{"name":"f","arguments":"{\"x\":"}}"#,
            r#"{"function_call":{"name":"f","arguments":"1}"}}"#,
        ],
        &[("f", "{\"x\":1}")],
    ),
    (
        "one call in place of a list, and calls by number",
        &[
            r#"{"tool_calls":{"index":0,"id":"A","function":{"name":"f","arguments":"{\"x\":1}"}}}"#,
            r#"{"tool_calls":{"0":{"index":1,"id":"B","function":{"name":"g","arguments":"{}"}},"1":{"index":2,"id":"C","function":{"name":"h","arguments":"{}"}}}}"#,
        ],
        &[("f", "{\"x\":1}"), ("g", "{}"), ("h", "{}")],
    ),
];

fn calls_of(reading: &Reading) -> Vec<(String, String)> {
    let text = |arguments: &Result<String, String>| {
        arguments.clone().unwrap_or_else(|raw| "malformed: ".to_string() + &raw)
    };
    reading.content.calls.iter().map(|(_, name, arguments)| (name.clone(), text(arguments))).collect()
}

#[test]
fn a_fragment_belongs_to_one_call_and_a_call_that_comes_twice_is_one() {
    for (name, deltas, expected) in CALLS {
        let reading = response_of(deltas, "tool_calls");
        let expected: Vec<_> =
            expected.iter().map(|(name, arguments)| (name.to_string(), arguments.to_string())).collect();
        assert_eq!(calls_of(&reading), expected, "{name}");
        let mut ids: Vec<_> = reading.content.calls.iter().map(|(id, ..)| id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), expected.len(), "{name}: {ids:?}");
    }
}

/// Fragments of one call, each as the JSON of its arguments, and what they make.
#[test]
fn placeholders_and_strings_around_the_arguments_are_taken_off() {
    for (fragments, expected) in [
        (&[r#""{}""#, r#""{\"x\":""#, r#""1}""#][..], Ok(r#"{"x":1}"#)),
        (&[r#""{""#, r#""}""#, r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&["{}", r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&["{}", r#"{"x":1}"#], Ok(r#"{"x":1}"#)),
        (&["null", r#""null""#, r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&[r#""nu""#, r#""ll""#, r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&[r#"" { } ""#, r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&[r#""\"\"""#, r#""{\"x\":1}""#], Ok(r#"{"x":1}"#)),
        (&[r#""{\"x\":1}""#, "{}", r#""null""#, r#""\"{}\"""#, r#""{ }""#], Ok(r#"{"x":1}"#)),
        (&["{}", "{}", r#""null""#], Ok("{}")),
        (&[r#""{}""#], Ok("{}")),
        (&[r#""null""#], Ok("{}")),
        (&[r#"" \n\n\n\n\n\n""#], Ok("{}")),
        (&[r#""\"{}\"""#], Ok("{}")),
        // Encoded twice, whole and in pieces, after a placeholder, and three times.
        (&[r#""\"{\\\"x\\\":1}\"""#], Ok(r#"{"x":1}"#)),
        (&[r#""\"{\\""#, r#""\"x\\\":1""#, r#""}\"""#], Ok(r#"{"x":1}"#)),
        (&[r#""{}""#, r#""\"{\\\"x\\\"""#, r#"":1}\"""#], Ok(r#"{"x":1}"#)),
        (&[r#""\"{\\\"x\\\":1}\"""#, r#""\"{\\\"x\\\":1}\"""#], Ok(r#"{"x":1}"#)),
        (&[r#""\"\\\"{}\\\"\"""#], Ok("{}")),
        // The same bytes inside of the arguments are a part of them.
        (&[r#""{\"x\":\"""#, r#""{}""#, r#""null""#, r#""\"}""#], Ok(r#"{"x":"{}null"}"#)),
        (&[r#""{\"x\":[""#, r#""{}""#, r#"",""#, r#""null""#, r#""]}""#], Ok(r#"{"x":[{},null]}"#)),
        // And no arguments stay what they are.
        (&[r#""\"city\"""#], Err(r#""city""#)),
        (&[r#""\"{\\\"x\\\":""#], Err(r#""{\"x\":"#)),
        (&[r#""{}""#, r#""}""#], Err("{}}")),
    ] {
        let deltas: Vec<String> = fragments
            .iter()
            .enumerate()
            .map(|(at, json)| {
                let head = if at == 0 { r#""id":"a","# } else { "" };
                let name = if at == 0 { r#""name":"f","# } else { "" };
                std::format!(
                    r#"{{"tool_calls":[{{"index":0,{head}"function":{{{name}"arguments":{json}}}}}]}}"#
                )
            })
            .collect();
        let reading = response_of(&deltas.iter().map(String::as_str).collect::<Vec<_>>(), "tool_calls");
        let expected = expected.map(ToString::to_string).map_err(ToString::to_string);
        assert_eq!(reading.content.calls, [("a".into(), "f".into(), expected)], "{fragments:?}");
    }
}

#[test]
fn a_closed_call_that_is_named_in_every_fragment_is_searched_once() {
    let head = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\""}}]}"#;
    let scanned = |count: usize| {
        let fragment =
            delta(r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"aaaaaaaa"}}]}"#);
        let mut lines = std::vec![delta(head)];
        lines.extend(std::iter::repeat_n(fragment, count));
        let body = stream(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        crate::scanned::count(|| drop(decode(&[body.as_bytes()]))) as f64 / body.len() as f64
    };
    let (one, ten) = (scanned(1_000), scanned(10_000));
    assert!((ten / one - 1.0).abs() < 0.02, "{one} and {ten} passes over each byte");
}
