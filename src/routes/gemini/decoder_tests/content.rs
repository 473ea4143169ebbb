use super::*;
use std::string::ToString;
use std::vec;

fn reason(reading: &Reading) -> FinishReason {
    finish(reading).reason
}

#[test]
fn a_block_begins_where_the_kind_changes() {
    let reading = stream(&[
        chunk(r#"{"text":"think","thought":true},{"text":"ing","thought":true},{"text":"Hel"}"#, ""),
        chunk(r#"{"text":"lo"},{}, {"text":""}, 7"#, STOP),
    ]);
    let found = content(&reading);
    assert_eq!((found.reasoning.as_str(), found.text.as_str()), ("thinking", "Hello"));
    assert_eq!(replays(&reading), [None, None]);
    assert_eq!(reason(&reading), FinishReason::Stop);
}

#[test]
fn a_signature_ends_the_block_of_its_part_and_says_how_much_of_it_is_signed() {
    let reading = stream(&[
        chunk(
            r#"{"text":"Hel"},{"text":"lo","thoughtSignature":"S1"},{"text":"x","thoughtSignature":"S2"}"#,
            "",
        ),
        chunk(r#"{"text":"t","thought":true,"thoughtSignature":"S3"}"#, ""),
        chunk(r#"{"text":"y"}"#, ""),
        chunk(r#"{"text":"","thoughtSignature":"S4"}"#, ""),
        chunk(r#"{"text":"", "thoughtSignature":"S5"}"#, STOP),
    ]);
    assert_eq!(content(&reading).text, "Helloxy");
    let expected = [
        r#"{"route":"gemini","signature":"S1","signed":2}"#,
        r#"{"route":"gemini","signature":"S2"}"#,
        r#"{"route":"gemini","signature":"S3"}"#,
        r#"{"route":"gemini","part":{"text":"","thoughtSignature":"S4"}}"#,
        // There is no text before it, so that a block of its own has it.
        r#"{"route":"gemini","part":{"text":"", "thoughtSignature":"S5"}}"#,
    ];
    assert_eq!(replays(&reading), expected.map(|replay| Some(replay.to_string())));
}

#[test]
fn parts_of_the_vendors_own_tools_are_kept_for_the_next_request() {
    let code = r#"{"executableCode":{"language":"PYTHON","code":"1 \u003c 2"},"thoughtSignature":"S"}"#;
    let image = r#"{"inlineData":{"mimeType":"image/png","data":"AQI="}}"#;
    let new = r#"{"someNewPart":{"a":[1]}}"#;
    let dropped = r#"{"thought":true,"inlineData":{"data":""}},{"functionResponse":{"name":"f"}}"#;
    let reading = stream(&[
        chunk(&format!(r#"{{"text":"a"}},{code}"#), ""),
        chunk(&format!(r#"{image},{new},{dropped},{{"text":"b"}}"#), STOP),
    ]);
    let found = content(&reading);
    assert_eq!((found.text.as_str(), found.reasoning.as_str()), ("ab", ""));
    let kept = |part: &str| Some(format!(r#"{{"route":"gemini","part":{part}}}"#));
    assert_eq!(replays(&reading), [None, kept(code), kept(image), kept(new), None]);
    assert_eq!(found.warnings.len(), 2, "one of each sort: {:?}", found.warnings);
}

#[test]
fn thoughts_that_the_host_does_not_want_are_kept_only_where_they_are_signed() {
    let thought = r#"{"text":"secret","thought":true,"thoughtSignature":"S"}"#;
    let stream = framed(&[
        chunk(r#"{"text":"plain","thought":true}"#, ""),
        chunk(thought, ""),
        chunk(r#"{"text":"a"}"#, STOP),
    ]);
    let head = ResponseHead::default();
    let context = ResponseContext { head, scrubber: Scrubber::default(), reasoning_text: false };
    let mut reader = ResponseReader::new((ROUTE.decoder)(context));
    let mut out = Assembler::new(1, Vec::new());
    reader.push(stream.as_bytes(), &mut out).expect("a stream");
    reader.end(&mut out).expect("an end");
    let reading = Reading { events: out.take(usize::MAX), error: None };
    assert_eq!((content(&reading).reasoning.as_str(), content(&reading).text.as_str()), ("", "a"));
    assert_eq!(replays(&reading), [Some(format!(r#"{{"route":"gemini","part":{thought}}}"#)), None]);
}

#[test]
fn only_one_candidate_is_read() {
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"candidates":[{{"index":1,"content":{{"parts":[{{"text":"{first}"}}]}}}},{{"content":{{"parts":[{{"text":"{second}"}}]}}}}]}}"#
        )
    };
    let other = r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"y"}]},"finishReason":"SAFETY"}]}"#;
    let reading = stream(&[
        chunk(r#"{"text":"a"}"#, ""),
        two("x", "b"),
        two("x", "c"),
        other.to_string(),
        chunk(r#"{"text":"d"}"#, STOP),
    ]);
    assert_eq!(content(&reading).text, "abcd");
    assert_eq!(finish(&reading).raw_reason.as_deref(), Some("STOP"));
}

#[test]
fn what_stands_beside_the_content_is_passed_on() {
    let reading = stream(&[
        chunk(r#"{"text":"a"}"#, r#","groundingMetadata":{},"citationMetadata":{"citations":[{"uri":"1"}]}"#),
        chunk(
            r#"{"text":"b"}"#,
            r#","citationMetadata":{"citationSources":[{"uri":"2"},{"uri":"3"}]},"groundingMetadata":{"g":1}"#,
        ),
        chunk("", r#","finishReason":"SAFETY","finishMessage":"m","safetyRatings":[{"category":"C"}]"#),
    ]);
    let finish = finish(&reading);
    assert_eq!(finish.reason, FinishReason::ContentFilter);
    let extra: serde_json::Value = serde_json::from_str(&finish.extra_json.expect("extras")).expect("JSON");
    assert_eq!(
        extra,
        serde_json::json!({
            "groundingMetadata":{"g":1}, "finishMessage":"m", "safetyRatings":[{"category":"C"}],
            "citationMetadata":{"citations":[{"uri":"1"},{"uri":"2"},{"uri":"3"}]},
        })
    );
    let large = format!(r#","groundingMetadata":{{"g":"{}"}}"#, "x".repeat(300 << 10));
    let reading = stream(&[chunk(r#"{"text":"b"}"#, &large), chunk("", STOP)]);
    assert_eq!((self::finish(&reading).extra_json, content(&reading).warnings.len()), (None, 1));
}

#[test]
fn the_last_usage_with_counts_is_reported() {
    let usage = |json: &str| format!(r#"{{"candidates":[],"usageMetadata":{json},"responseId":"r"}}"#);
    let counts = r#"{"promptTokenCount":10,"toolUsePromptTokenCount":5,"candidatesTokenCount":7,"thoughtsTokenCount":3,"cachedContentTokenCount":4,"totalTokenCount":25}"#;
    let with = |chunks: &[&str]| {
        let mut all = vec![chunk(r#"{"text":"a"}"#, STOP)];
        all.extend(chunks.iter().map(|json| usage(json)));
        finish(&stream(&all)).usage
    };
    let found =
        with(&[r#"{"promptTokenCount":10}"#, counts, r#"{"trafficType":"ON_DEMAND"}"#]).expect("usage");
    assert_eq!((found.input, found.output, found.total), (Some(15), Some(10), Some(25)));
    assert_eq!((found.reasoning, found.cache_read, found.cache_write), (Some(3), Some(4), None));
    assert_eq!(found.raw_json.as_deref(), Some(counts));
    // Google leaves out zeros, and an object without any count says nothing.
    let found = with(&[r#"{"promptTokenCount":10}"#]).expect("usage");
    assert_eq!((found.input, found.output, found.reasoning), (Some(10), Some(0), None));
    let found = with(&[r#"{"trafficType":"ON_DEMAND"}"#]).expect("usage");
    assert_eq!((found.input, found.output), (None, None));
    assert_eq!(with(&["7", "null", "[]"]), None);
}

#[test]
fn the_head_of_the_response_is_that_of_its_first_chunk() {
    let first = r#"{"candidates":[{"content":{}}],"responseId":"r","modelVersion":"gemini-x","createTime":"1970-01-01T00:01:00.5Z"}"#;
    let reading = stream(&[first.to_string(), chunk(r#"{"text":"a"}"#, STOP)]);
    let Some(Event::Response(info)) = reading.events.first() else { panic!("no response") };
    let found = (info.id.as_deref(), info.model.as_deref(), info.created, info.route.as_str());
    assert_eq!(found, (Some("r"), Some("gemini-x"), Some(60), "gemini"));
}
