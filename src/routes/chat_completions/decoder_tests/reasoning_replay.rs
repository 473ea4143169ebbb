//! Where a block of reasoning begins and ends, and what of it goes back [15].

use super::*;

/// The replays of the blocks of reasoning, without what all of them begin with.
fn replays(reading: &Reading) -> Vec<String> {
    let ends = reading.events.iter().filter_map(|event| match event {
        Event::BlockEnd(end) => end.replay.as_deref(),
        _ => None,
    });
    ends.map(|replay| replay.replace(r#"{"route":"chat-completions","#, "{")).collect()
}

#[test]
fn tags_are_text_where_reasoning_has_a_field_of_its_own() {
    for (deltas, reasoning, text) in [
        (&[r#"{"reasoning":"a"}"#, r#"{"content":"<think>b</think>c"}"#][..], "a", "<think>b</think>c"),
        (
            &[r#"{"thinking_blocks":[{"thinking":"a"}]}"#, r#"{"content":"<think>b</think>c"}"#],
            "a",
            "<think>b</think>c",
        ),
        (&[r#"{"reasoning":"a"}"#, r#"{"content":" <thi"}"#, r#"{"content":"nk>"}"#], "a", " <think>"),
        // What was held back before stays in its place.
        (&[r#"{"content":"<thi"}"#, r#"{"reasoning":"a"}"#, r#"{"content":"s"}"#], "a", "<this"),
        (&[r#"{"content":"<think>a"}"#, r#"{"content":"b</think>c"}"#], "ab", "c"),
    ] {
        let answer = response_of(deltas, "stop").content;
        assert_eq!((answer.reasoning.as_str(), answer.text.as_str()), (reasoning, text), "{deltas:?}");
    }
}

#[test]
fn a_block_goes_back_in_the_field_that_it_began_in_with_its_signatures() {
    for (deltas, reasoning, expected) in [
        (
            &[r#"{"reasoning":"a"}"#, r#"{"reasoning_content":"b"}"#][..],
            "ab",
            &[r#"{"field":"reasoning"}"#][..],
        ),
        // Blocks that repeat a plain field add their signature and no text.
        (
            &[r#"{"reasoning":"a"}"#, r#"{"thinking_blocks":[{"thinking":"a","signature":"S"}]}"#],
            "a",
            &[r#"{"field":"reasoning","signature":"S"}"#],
        ),
        (
            &[r#"{"reasoning":"a","thinking_blocks":[{"thinking":"a","signature":"S"}]}"#],
            "a",
            &[r#"{"field":"reasoning","signature":"S"}"#],
        ),
        (
            &[r#"{"thinking_blocks":[{"thinking":"a"}]}"#, r#"{"thinking_blocks":[{"thinking":"b"}]}"#],
            "ab",
            &[r#"{"field":"reasoning_content"}"#],
        ),
        (
            &[
                r#"{"thinking_blocks":[{"thinking":"a","signature":"S"}]}"#,
                r#"{"thinking_blocks":[{"thinking":"","signature":"T"}]}"#,
            ],
            "a",
            &[r#"{"field":"reasoning_content","signature":"ST"}"#],
        ),
        (
            &[r#"{"reasoning":"a","signature":"S"}"#, r#"{"signature":"S"}"#],
            "a",
            &[r#"{"field":"reasoning","signature":"S"}"#],
        ),
        (&[r#"{"content":"c"}"#, r#"{"signature":"S"}"#], "", &[r#"{"signature":"S"}"#]),
        (
            &[r#"{"content":"c"}"#, r#"{"reasoning_details":[{"data":1}]}"#],
            "",
            &[r#"{"details":[{"data":1}]}"#],
        ),
        (&[r#"{"content":"c"}"#], "", &[]),
    ] {
        let reading = response_of(deltas, "stop");
        assert_eq!(reading.content.reasoning, reasoning, "{deltas:?}");
        assert_eq!(replays(&reading), expected, "{deltas:?}");
    }
}

#[test]
fn no_reasoning_is_shown_where_it_is_not_wanted() {
    for (deltas, expected) in [
        (
            &[r#"{"reasoning":"a"}"#, r#"{"reasoning_content":"b"}"#][..],
            r#"{"field":"reasoning","text":"ab"}"#,
        ),
        (&[r#"{"reasoning_details":[{"text":"a"}]}"#], r#"{"details":[{"text":"a"}]}"#),
    ] {
        let chunks: Vec<String> = deltas.iter().map(|json| delta(json)).chain([finish("stop")]).collect();
        let body = stream(&chunks.iter().map(String::as_str).collect::<Vec<_>>());
        let reading = decode_with(&[body.as_bytes()], false);
        assert_eq!(reading.content.reasoning, "");
        assert_eq!(replays(&reading), [expected], "{deltas:?}");
    }
}

#[test]
fn what_is_kept_to_be_sent_back_has_a_cap() {
    for (beyond, kind) in [(0, None), (1, Some(ErrorKind::Protocol))] {
        let mut body = String::new();
        // A line has its own cap.
        for size in
            [1 << 20; 9].map(|size| size / 9 * 8).into_iter().chain([(8 << 20) - 9 * ((1 << 20) / 9 * 8)])
        {
            let piece = "x".repeat(size);
            body += &stream(&[&delta(&std::format!(r#"{{"signature":"{piece}"}}"#))]);
        }
        body +=
            &stream(&[&delta(&std::format!(r#"{{"signature":"{}"}}"#, "x".repeat(beyond))), &finish("stop")]);
        assert_eq!(decode(&[body.as_bytes()]).kind(), kind, "{beyond} bytes beyond");
    }
}
