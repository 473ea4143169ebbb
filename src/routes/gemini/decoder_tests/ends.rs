use super::*;
use std::string::ToString;

fn text(text: &str, more: &str) -> String {
    chunk(&format!(r#"{{"text":"{text}"}}"#), more)
}

const ERROR: &str = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is overloaded.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}";

#[test]
fn the_last_finish_reason_counts_and_the_body_is_read_to_its_end() {
    for (chunks, expected, reason) in [
        // Older models write it into each chunk, others into empty ones before the text [47].
        ([text("a", STOP), text("b", STOP)].to_vec(), "ab", "STOP"),
        ([chunk("", STOP), text("a", ""), text("b", STOP)].to_vec(), "ab", "STOP"),
        ([text("a", STOP), text("b", "")].to_vec(), "ab", "STOP"),
        ([text("a", STOP), text("b", r#","finishReason":"MAX_TOKENS""#)].to_vec(), "ab", "MAX_TOKENS"),
        ([text("a", r#","finishReason":null"#), text("b", STOP), "[DONE]".into()].to_vec(), "ab", "STOP"),
    ] {
        let reading = stream(&chunks);
        assert_eq!(content(&reading).text, expected, "{chunks:?}");
        assert_eq!(finish(&reading).raw_reason.as_deref(), Some(reason), "{chunks:?}");
    }
}

#[test]
fn a_stream_without_a_reason_is_not_whole() {
    for chunks in [
        [text("a", "")].to_vec(),
        [text("a", ""), "[DONE]".into()].to_vec(),
        [text("a", r#","finishReason":"""#)].to_vec(),
        [r#"{"candidates":[{"content":{},"index":0}]}"#.to_string()].to_vec(),
        ["[DONE]".to_string()].to_vec(),
        ["".to_string()].to_vec(),
    ] {
        assert_eq!(kind(&stream(&chunks)), Some(ErrorKind::IncompleteStream), "{chunks:?}");
    }
}

#[test]
fn a_last_event_without_its_blank_line_counts_if_it_is_whole() {
    let last = text("b", STOP);
    for end in ["\n", "\r", ""] {
        let reading = body(&format!("data: {}\n\ndata: {last}{end}", text("a", "")));
        assert_eq!(content(&reading).text, "ab");
    }
    let half = &last[..last.len() - 5];
    let reading = body(&format!("data: {}\n\ndata: {half}", text("a", "")));
    assert_eq!((content(&reading).text.as_str(), kind(&reading)), ("a", Some(ErrorKind::IncompleteStream)));
}

#[test]
fn a_bare_error_between_the_events_wins_even_behind_a_finish_reason() {
    let before = format!("data: {}\n\n", text("a", STOP));
    let after = format!("\n\ndata: {}\n\n", text("b", STOP));
    let minified = r#"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#;
    let windows = ERROR.replace('\n', "\r\n");
    let list = format!("[{ERROR}\n]");
    let large = ERROR.replace("The model", &format!("{} The model", "trace ".repeat(5_000)));
    for error in [
        ERROR,
        minified,
        &windows,
        &list,
        &large,
        &format!("data: {minified}"),
        &format!("event: error\ndata: {minified}"),
        &format!("junk\n{minified}"),
    ] {
        for end in ["", "\n", &after] {
            let reading = body(&format!("{before}{error}{end}"));
            assert_eq!(kind(&reading), Some(ErrorKind::Overloaded), "{error:.200}{end}");
            assert_eq!(content(&reading).text, "a");
        }
        // Without a response before it, nothing is handed out, so that the request may be sent again.
        let reading = body(&format!(": ping\n\n{error}\n\n"));
        assert_eq!((kind(&reading), reading.events.len()), (Some(ErrorKind::Overloaded), 0), "{error:.200}");
    }
    let half = &text("b", "")[..40];
    let glued = body(&format!("{before}data: {half}{minified}\n\n"));
    assert_eq!(kind(&glued), Some(ErrorKind::Overloaded));
}

#[test]
fn a_broken_connection_behind_a_finish_reason_is_none() {
    let decode = |chunks: &[String]| {
        let context = ResponseContext {
            head: ResponseHead::default(),
            scrubber: Scrubber::default(),
            reasoning_text: true,
        };
        let mut reader = ResponseReader::new((ROUTE.decoder)(context));
        let mut out = Assembler::new(1, Vec::new());
        reader.push(framed(chunks).as_bytes(), &mut out).expect("a stream");
        let error = reader.cut_off(crate::errors::network("https://h", "reset", true), &mut out).err();
        Reading { events: out.take(usize::MAX), error }
    };
    let reading = decode(&[text("a", ""), text("b", STOP)]);
    assert_eq!(finish(&reading).reason, FinishReason::Stop);
    assert_eq!(content(&reading).warnings.len(), 1);
    for chunks in
        [[text("a", ""), text("b", "")], [chunk("", STOP), chunk("", "")], [text("a", STOP), text("b", "")]]
    {
        assert_eq!(kind(&decode(&chunks)), Some(ErrorKind::Network), "{chunks:?}");
    }
}

#[test]
fn a_blocked_prompt_is_a_finish_without_blocks() {
    let blocked =
        r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9}}"#;
    for reading in [stream(&[blocked.to_string()]), body(blocked), body(&format!("[{blocked}]"))] {
        let finish = finish(&reading);
        assert_eq!(finish.reason, FinishReason::ContentFilter);
        assert_eq!(finish.raw_reason.as_deref(), Some("PROHIBITED_CONTENT"));
        assert_eq!(finish.usage.and_then(|usage| usage.input), Some(9));
        assert!(ends(&reading).is_empty());
    }
    let beside = r#"{"candidates":[{}],"promptFeedback":{"blockReason":"NEW_REASON"}}"#;
    assert_eq!(finish(&stream(&[beside.to_string()])).reason, FinishReason::ContentFilter);
    let feedback = r#"{"promptFeedback":{"safetyRatings":[]}}"#;
    assert_eq!(kind(&stream(&[feedback.to_string()])), Some(ErrorKind::IncompleteStream));
}

#[test]
fn an_empty_stop_is_a_finish_with_a_warning() {
    for chunks in [[chunk("", STOP)].to_vec(), [chunk(r#"{"text":""}"#, ""), chunk("", STOP)].to_vec()] {
        let reading = stream(&chunks);
        assert_eq!(finish(&reading).reason, FinishReason::Stop);
        assert!(content(&reading).warnings[0].contains("empty"), "{:?}", content(&reading).warnings);
    }
    let limit = stream(&[chunk("", r#","finishReason":"MAX_TOKENS""#)]);
    assert_eq!((finish(&limit).reason, content(&limit).warnings.len()), (FinishReason::Length, 0));
}

#[test]
fn a_list_is_read_as_its_chunks() {
    let [first, second] = [text("a", ""), text("b", STOP)];
    for list in [format!("[{first},{second}]"), format!("[{first}\n,\r\n{second}\n]\n")] {
        let reading = body(&list);
        assert_eq!(content(&reading).text, "ab");
        assert_eq!(finish(&reading).reason, FinishReason::Stop);
    }
    for (list, expected, kind_of_error) in [
        (format!("[{first},{second}"), "ab", ErrorKind::IncompleteStream),
        (format!("[{first},{}", &second[..20]), "a", ErrorKind::IncompleteStream),
        (format!("[{first},{ERROR}]"), "a", ErrorKind::Overloaded),
        (format!("[{first},{second},{ERROR}]"), "ab", ErrorKind::Overloaded),
        (format!("[{first},{second}]\n{ERROR}"), "ab", ErrorKind::Overloaded),
        (format!("[{ERROR}]"), "", ErrorKind::Overloaded),
        ("[]".into(), "", ErrorKind::Protocol),
        ("[1,null]".into(), "", ErrorKind::Protocol),
        (r#"{"choices":[]}"#.into(), "", ErrorKind::Protocol),
        ("{\"a\":".into(), "", ErrorKind::IncompleteStream),
        ("{a}".into(), "", ErrorKind::Protocol),
        (ERROR.into(), "", ErrorKind::Overloaded),
        (r#"{"code":401,"msg":"invalid api key"}"#.into(), "", ErrorKind::Authentication),
    ] {
        let reading = body(&list);
        assert_eq!(kind(&reading), Some(kind_of_error), "{list}");
        assert_eq!(content(&reading).text, expected, "{list}");
    }
    assert_eq!(content(&body(&text("a", STOP))).text, "a");
}

#[test]
fn data_that_is_no_chunk_is_skipped_and_too_much_of_it_ends_the_response() {
    let few =
        stream(&["ping".into(), "5".into(), text("a", ""), r#"{"type":"ping"}"#.into(), text("b", STOP)]);
    assert_eq!((content(&few).text.as_str(), kind(&few)), ("ab", None));
    let mut many = std::vec!["ping".to_string(); 17];
    many.push(text("a", STOP));
    assert_eq!(kind(&stream(&many)), Some(ErrorKind::Protocol));
}
