//! What proves a finish [64].

use super::*;

#[test]
fn what_only_fills_the_field_finishes_nothing() {
    for value in
        [r#""null""#, r#""None""#, r#""NULL""#, r#"" ""#, "0", "1", "false", "true", "[]", "{}", r#""0""#]
    {
        let chunk = |text: &str| {
            std::format!(
                r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":{value}}}]}}"#
            )
        };
        let cut = decode_stream(&[&chunk("Hel"), &chunk("lo")]);
        assert_eq!(cut.kind(), Some(ErrorKind::IncompleteStream), "{value}");
        let whole = decode_stream(&[&chunk("Hel"), &finish("stop"), &chunk("")]);
        assert_eq!(whole.reason(), Some(FinishReason::Stop), "{value} after a finish reason");
        let marked = decode_stream(&[&chunk("Hel"), "[DONE]"]);
        assert_eq!(marked.content.finish, Some((FinishReason::Other("unknown".into()), None)), "{value}");
    }
}

#[test]
fn an_end_marker_after_a_text_that_is_no_chunk_is_no_end() {
    let text = delta(r#"{"content":"a"}"#);
    let failed = "error: engine died";
    for (data, kind) in [
        (&[&text, failed, "[DONE]"][..], Some(ErrorKind::IncompleteStream)),
        (&[&text, failed, r#"{"choices":[]}"#, "", "[DONE]"], Some(ErrorKind::IncompleteStream)),
        (&[&text, failed], Some(ErrorKind::IncompleteStream)),
        // The model went on after it, or has finished before it.
        (&[&text, failed, &text, "[DONE]"], None),
        (&[&text, &finish("stop"), failed, "[DONE]"], None),
        (&[&text, failed, &finish("stop"), "[DONE]"], None),
    ] {
        let found = decode_stream(data).kind();
        // The text may have an error kind of its own, if it is recognised as an error.
        assert_eq!(found.is_some(), kind.is_some(), "{data:?}: {found:?}");
    }
}

fn progress_after(chunks: &[&str]) -> Progress {
    let mut answer = ResponseReader::new(Box::new(ChatDecoder::new(context(true))));
    let mut out = Assembler::default();
    answer.push(stream(chunks).as_bytes(), &mut out).expect("chunks");
    answer.progress()
}

fn with_finish(delta: &str, reason: &str) -> String {
    std::format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":"{reason}"}}]}}"#)
}

#[test]
fn a_finish_reason_is_final_if_it_stands_alone_and_agrees_with_the_content() {
    let text = delta(r#"{"content":"a"}"#);
    let thought = delta(r#"{"reasoning":"r"}"#);
    let call = delta(r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#);
    let (stop, length, tools) = (finish("stop"), finish("length"), finish("tool_calls"));
    for (chunks, expected) in [
        (&[&*text, &*stop][..], Progress::Finished),
        (&[&thought, &text, &stop], Progress::Finished),
        (&[&call, &tools], Progress::Finished),
        (&[&call, &stop], Progress::Finished),
        (&[&thought, &length], Progress::Finished),
        (&[&text, &stop, r#"{"choices":[],"usage":{"total_tokens":1}}"#], Progress::Finished),
        (&[&text, &stop, &delta(r#"{"content":""}"#)], Progress::Finished),
        // Beside content: the vendor may write a reason into every chunk.
        (&[&with_finish(r#"{"content":"a"}"#, "stop")], Progress::Finishing),
        (
            &[&with_finish(r#"{"content":"a"}"#, "STOP"), &with_finish(r#"{"content":"b"}"#, "STOP")],
            Progress::Finishing,
        ),
        // Nothing but reasoning, or nothing that the reason names.
        (&[&thought, &stop], Progress::Premature),
        (&[&with_finish(r#"{"reasoning":"r"}"#, "stop")], Progress::Premature),
        (&[&text, &tools], Progress::Premature),
        (&[&stop], Progress::Premature),
        // Content after it.
        (&[&text, &stop, &text], Progress::Premature),
        (&[&text, &stop, &text, &text], Progress::Premature),
        (&[&text, &stop, &call], Progress::Premature),
        (&[&text, &stop, &text, &stop], Progress::Finished),
        (&[&text], Progress::Open),
    ] {
        assert_eq!(progress_after(chunks), expected, "{chunks:?}");
    }
}

#[test]
fn a_break_after_a_premature_finish_reason_is_an_error_and_the_end_of_the_body_is_none() {
    let thought = delta(r#"{"reasoning":"r"}"#);
    let late = r#"{"error":{"message":"late"}}"#;
    for (chunks, error) in [
        (&[&*thought, &*finish("stop")][..], false),
        (&[&thought, &finish("stop"), "[DONE]"], false),
        (&[&thought, &finish("stop"), late], true),
        (&[&thought, &finish("stop"), &delta(r#"{"content":"a"}"#), late], true),
        (&[&with_finish(r#"{"content":"a"}"#, "stop"), late], false),
    ] {
        let reading = decode_stream(chunks);
        assert_eq!(reading.error.is_some(), error, "{chunks:?}");
        assert_eq!(reading.content.finish.is_some(), !error, "{chunks:?}");
    }
}
