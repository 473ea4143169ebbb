use super::*;
use std::string::ToString;

fn call(json: &str) -> String {
    format!(r#"{{"functionCall":{json}}}"#)
}

fn pieces(json: &str, continues: bool) -> String {
    let more = if continues { r#","willContinue":true"# } else { "" };
    chunk(&call(&format!(r#"{{"partialArgs":[{json}]{more}}}"#)), "")
}

fn calls(reading: &Reading) -> Vec<(String, Result<String, String>)> {
    content(reading).calls.into_iter().map(|(_, name, arguments)| (name, arguments)).collect()
}

fn ok(name: &str, arguments: &str) -> (String, Result<String, String>) {
    (name.to_string(), Ok(arguments.to_string()))
}

#[test]
fn calls_are_whole_and_get_ids_where_the_wire_has_none() {
    let reading = stream(&[
        chunk(
            &format!(
                r#"{{"text":"x"}},{{"functionCall":{{"name":"f","args":{{"a":1.50}}}},"thoughtSignature":"S"}},{}"#,
                call(r#"{"name":"f","args":{}}"#)
            ),
            "",
        ),
        chunk(
            &[call(r#"{"name":"g","id":"w1"}"#), call(r#"{"name":"h","args":"{\"b\":2}"}"#)].join(","),
            STOP,
        ),
    ]);
    assert_eq!(
        calls(&reading),
        [ok("f", r#"{"a":1.50}"#), ok("f", "{}"), ok("g", "{}"), ok("h", r#"{"b":2}"#)]
    );
    assert_eq!(finish(&reading).reason, FinishReason::ToolCalls);
    let found = content(&reading);
    let ids: std::collections::BTreeSet<_> = found.calls.iter().map(|call| call.0.as_str()).collect();
    assert!(ids.len() == 4 && ids.contains("w1") && !ids.contains(""), "{ids:?}");
    let expected = [
        None,
        Some(r#"{"route":"gemini","signature":"S"}"#),
        None,
        Some(r#"{"route":"gemini","id":"w1"}"#),
        None,
    ];
    assert_eq!(replays(&reading), expected.map(|replay| replay.map(ToString::to_string)));
}

#[test]
fn a_call_ends_with_its_part_and_not_with_the_response() {
    let reading = stream(&[
        chunk(&call(r#"{"name":"f","args":{"a":1}}"#), ""),
        chunk(r#"{"text":"and"}"#, ""),
        chunk(&call(r#"{"name":"g","args":{}}"#), STOP),
    ]);
    let indexes: Vec<_> = ends(&reading).iter().map(|end| end.index).collect();
    assert_eq!(indexes, [0, 1, 2]);
    let open =
        reading.events.iter().position(|event| matches!(event, Event::BlockStart(start) if start.index == 1));
    let end = reading.events.iter().position(|event| matches!(event, Event::BlockEnd(end) if end.index == 0));
    assert!(end < open);
}

#[test]
fn arguments_in_pieces_become_one_object() {
    let begin = chunk(r#"{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"S"}"#, "");
    let end = chunk(&call("{}"), "");
    let bos = pieces(r#"{"jsonPath":"$.a","stringValue":"Bos","willContinue":true}"#, true);
    let ton = pieces(r#"{"jsonPath":"$.a","stringValue":"ton"},{"jsonPath":"$.b[0]","numberValue":2}"#, true);
    let whole = [ok("f", r#"{"a":"Boston","b":[2]}"#)];
    let stop = chunk("", STOP);
    for chunks in [
        [begin.clone(), bos.clone(), ton.clone(), end.clone(), stop.clone()].to_vec(),
        // Without its end; and with the last piece as the end.
        [begin.clone(), bos.clone(), ton.clone(), stop.clone()].to_vec(),
        [begin.clone(), bos.clone(), ton.replace(r#"],"willContinue":true"#, "]"), stop.clone()].to_vec(),
        [begin.clone(), bos.clone(), ton.clone(), chunk(r#"{"text":"x"}"#, ""), stop.clone()].to_vec(),
    ] {
        let reading = stream(&chunks);
        assert_eq!(calls(&reading), whole);
        assert_eq!(replays(&reading)[0].as_deref(), Some(r#"{"route":"gemini","signature":"S"}"#));
    }
    let two = stream(&[begin.clone(), bos.clone(), begin.clone(), ton.clone(), end.clone(), stop.clone()]);
    assert_eq!(calls(&two), [ok("f", r#"{"a":"Bos"}"#), ok("f", r#"{"a":"ton","b":[2]}"#)]);
    let begun = chunk(&call(r#"{"name":"f","args":{"z":1},"willContinue":true}"#), "");
    assert_eq!(calls(&stream(&[begun, bos, end.clone(), stop.clone()])), [ok("f", r#"{"z":1,"a":"Bos"}"#)]);
    assert_eq!(calls(&stream(&[end, stop])), []);
}

#[test]
fn arguments_that_are_not_whole_must_not_run() {
    let begin = chunk(&call(r#"{"name":"f","willContinue":true}"#), "");
    let piece = pieces(r#"{"jsonPath":"$.a","stringValue":"Bos","willContinue":true}"#, true);
    let lost = pieces(r#"{"jsonPath":"nowhere","stringValue":"x"}"#, false);
    for (chunks, arguments, warnings) in [
        (
            [begin.clone(), piece.clone(), chunk("", r#","finishReason":"MAX_TOKENS""#)].to_vec(),
            r#"{"a":"Bos""#,
            0,
        ),
        ([begin.clone(), chunk("", r#","finishReason":"MAX_TOKENS""#)].to_vec(), "{", 0),
        ([begin.clone(), piece, lost, chunk("", STOP)].to_vec(), r#"{"a":"Bos""#, 1),
    ] {
        let reading = stream(&chunks);
        assert_eq!(calls(&reading), [("f".to_string(), Err(arguments.to_string()))]);
        assert_eq!(content(&reading).warnings.len(), warnings);
    }
    let reading = stream(&[chunk(&call(r#"{"name":"f","args":[1]}"#), STOP)]);
    assert_eq!(calls(&reading), [("f".to_string(), Err("[1]".to_string()))]);
    let nameless = stream(&[chunk(&call(r#"{"args":{"a":1}}"#), STOP)]);
    assert_eq!(calls(&nameless), [(String::new(), Err(r#"{"a":1}"#.to_string()))]);
}

#[test]
fn neither_calls_nor_their_size_are_without_a_bound() {
    let many = chunk(&[r#"{"functionCall":{"name":"f","args":{}}}"#; 1100].join(","), STOP);
    assert_eq!(kind(&decode(&ROUTE, framed(&[many]).as_bytes(), usize::MAX)), Some(ErrorKind::Protocol));
    let begin = chunk(&call(r#"{"name":"f","willContinue":true}"#), "");
    let text = "x".repeat(900_000);
    let piece = pieces(&format!(r#"{{"jsonPath":"$.a","stringValue":"{text}","willContinue":true}}"#), true);
    let mut chunks = std::vec![begin];
    chunks.extend(std::iter::repeat_n(piece, 20));
    let error = kind(&decode(&ROUTE, framed(&chunks).as_bytes(), usize::MAX));
    assert_eq!(error, Some(ErrorKind::Protocol));
}
