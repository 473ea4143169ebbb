//! Content in forms that nobody documents [66]: each is read, or a warning says that it was left out.

use super::*;

/// A choice with these fields, and the text, the reasoning, and the number of warnings.
#[test]
fn objects_in_place_of_texts_and_lists_are_read_or_warned_about() {
    for (choice, text, reasoning, warnings) in [
        (r#""delta":{"content":{"type":"text","text":"a"}}"#, "a", "", 0),
        (r#""delta":{"content":{"text":"a"}}"#, "a", "", 0),
        (r#""delta":{"content":{"content":"a"}}"#, "a", "", 0),
        (r#""delta":{"content":{"type":"text","text":{"value":"a","annotations":[]}}}"#, "a", "", 0),
        (r#""delta":{"content":{"type":"thinking","thinking":"r"}}"#, "", "r", 0),
        (r#""delta":{"content":["a",{"text":"b"},"c"]}"#, "abc", "", 0),
        (r#""delta":{"content":[{"type":"thinking","thinking":["r",{"text":"s"}]}]}"#, "", "rs", 0),
        (r#""delta":{"content":{"data":"a"}}"#, "", "", 1),
        (r#""delta":{"content":{"type":"image","text":"a"}}"#, "", "", 1),
        (r#""delta":{"content":5}"#, "", "", 1),
        (r#""delta":{"content":[5,true]}"#, "", "", 1),
        (r#""delta":{"content":false}"#, "", "", 0),
        (r#""delta":{"content":{}}"#, "", "", 0),
        (r#""delta":{"content":[null,{},"",{"type":"text"}]}"#, "", "", 0),
        (r#""delta":{"reasoning":{"text":"r"}}"#, "", "r", 0),
        (r#""delta":{"reasoning":{"summary":"r"}}"#, "", "r", 0),
        (r#""delta":{"reasoning_content":{"content":"r"}}"#, "", "r", 0),
        (r#""delta":{"reasoning_text":["r",{"type":"text","text":"s"}]}"#, "", "rs", 0),
        (r#""delta":{"reasoning":{"text":"r"},"reasoning_content":"r"}"#, "", "r", 0),
        (r#""delta":{"reasoning":{"text":"r"},"reasoning_details":[{"text":"r"}]}"#, "", "r", 0),
        (r#""delta":{"reasoning":{"effort":3}}"#, "", "", 1),
        (r#""delta":{"reasoning":7}"#, "", "", 1),
        (r#""delta":{"reasoning":{},"reasoning_content":null,"reasoning_text":false}"#, "", "", 0),
        (r#""delta":{"tool_calls":"none"}"#, "", "", 1),
        (r#""delta":{"tool_calls":5}"#, "", "", 1),
        (r#""delta":{"tool_calls":{}}"#, "", "", 0),
        (r#""delta":{"tool_calls":false}"#, "", "", 0),
        (r#""text":"a""#, "a", "", 0),
        (r#""text":"a","delta":{}"#, "a", "", 0),
        (r#""text":"a","delta":{"content":""},"message":null"#, "a", "", 0),
        (r#""text":"a","delta":{"content":"a"}"#, "a", "", 0),
        (r#""text":"a","message":{"content":"a"}"#, "a", "", 0),
        (r#""text":"<think>r</think>a""#, "a", "r", 0),
        (r#""text":null"#, "", "", 0),
    ] {
        // In a stream, twice so that a warning is given once, and as a whole response.
        let chunk = std::format!(r#"{{"choices":[{{"index":0,{choice}}}]}}"#);
        let once = decode_stream(&[&chunk, &finish("stop"), "[DONE]"]);
        let whole = std::format!(r#"{{"choices":[{{"index":0,{choice},"finish_reason":"stop"}}]}}"#);
        for reading in [&once, &decode(&[whole.as_bytes()])] {
            assert_eq!(
                (reading.content.text.as_str(), reading.content.reasoning.as_str()),
                (text, reasoning),
                "{choice}"
            );
            assert_eq!((reading.content.warnings.len(), &reading.error), (warnings, &None), "{choice}");
        }
        let twice = decode_stream(&[&chunk, &chunk, &finish("stop"), "[DONE]"]);
        assert_eq!(twice.content.warnings.len(), warnings, "{choice}");
    }
}

#[test]
fn texts_of_text_completions_make_a_response() {
    let piece =
        |text: &str| std::format!(r#"{{"choices":[{{"index":0,"text":"{text}","finish_reason":null}}]}}"#);
    let done = r#"{"choices":[{"index":0,"text":"","finish_reason":"stop"}]}"#;
    let reading = decode_stream(&[&piece("Hel"), &piece("lo"), done]);
    assert_eq!((reading.content.text.as_str(), reading.reason()), ("Hello", Some(FinishReason::Stop)));
    // A server that writes both repeats itself.
    let both = |text: &str| {
        std::format!(r#"{{"choices":[{{"index":0,"text":"{text}","delta":{{"content":"{text}"}}}}]}}"#)
    };
    let reading = decode_stream(&[&both("Hel"), &both("lo"), &piece("!"), done]);
    assert_eq!(reading.content.text, "Hello");
}

#[test]
fn more_calls_in_one_chunk_than_a_response_may_have_are_refused() {
    let calls = |count: usize| {
        let call = |at| std::format!(r#"{{"index":{at},"function":{{"name":"f"}}}}"#);
        let list = (0..count).map(call).collect::<Vec<_>>().join(",");
        decode(
            &[stream(&[&delta(&std::format!(r#"{{"tool_calls":[{list}]}}"#)), &finish("stop")]).as_bytes()],
        )
    };
    assert_eq!(calls(1024).content.calls.len(), 1024);
    assert_eq!(calls(1025).kind(), Some(ErrorKind::Protocol));
    assert_eq!(calls(100_000).kind(), Some(ErrorKind::Protocol));
}
