//! Fields of a response beside its blocks [11].

use super::*;

/// What goes with `finish`, as JSON.
fn extra_json(reading: &Reading) -> Option<String> {
    reading.events.iter().find_map(|event| match event {
        Event::Finish(finish) => finish.extra_json.clone(),
        _ => None,
    })
}

#[test]
fn the_last_value_of_each_field_beside_the_blocks_goes_with_the_finish() {
    let done = finish("stop");
    for (chunks, expected) in [
        (&[r#"{"choices":[]}"#][..], None),
        (&[r#"{"citations":[],"service_tier":"","system_fingerprint":null,"choices":[]}"#], None),
        (&[r#"{"citations":["a"],"choices":[]}"#], Some(r#"{"citations":["a"]}"#)),
        (
            &[r#"{"service_tier":"x","system_fingerprint":"f","choices":[]}"#],
            Some(r#"{"service_tier":"x","system_fingerprint":"f"}"#),
        ),
        (&[r#"{"citations":["a"]}"#, r#"{"citations":["a"]}"#], Some(r#"{"citations":["a"]}"#)),
        (&[r#"{"citations":["a"]}"#, r#"{"citations":["b"]}"#], Some(r#"{"citations":["b"]}"#)),
        (&[r#"{"citations":["a"]}"#, r#"{"citations":[]}"#], Some(r#"{"citations":["a"]}"#)),
        (
            &[r#"{"service_tier":"x"}"#, r#"{"system_fingerprint":"x"}"#, r#"{"service_tier":"y"}"#],
            Some(r#"{"service_tier":"y","system_fingerprint":"x"}"#),
        ),
        (
            &[r#"{"choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation"}]}}]}"#],
            Some(r#"{"annotations":[{"type":"url_citation"}]}"#),
        ),
    ] {
        let data: Vec<&str> = chunks.iter().copied().chain([done.as_str()]).collect();
        let reading = decode_stream(&data);
        assert_eq!((reading.error.as_ref(), &reading.content.warnings), (None, &Vec::new()), "{chunks:?}");
        assert_eq!(extra_json(&reading).as_deref(), expected, "{chunks:?}");
    }
}

#[test]
fn images_and_audio_are_warned_about_once() {
    let found =
        "the response contains images or audio, which this provider does not pass on; they were left out";
    for (deltas, warnings) in [
        (&[r#"{"content":"a"}"#][..], 0),
        (&[r#"{"images":[],"audio":null}"#], 0),
        (&[r#"{"images":[{"url":"u"}]}"#], 1),
        (&[r#"{"audio":{"data":"AA=="}}"#], 1),
        (&[r#"{"images":[{"url":"u"}]}"#, r#"{"audio":{"data":"AA=="}}"#, r#"{"images":[{}]}"#], 1),
    ] {
        let warned = response_of(deltas, "stop").content.warnings;
        assert_eq!(warned, std::vec![found.to_string(); warnings], "{deltas:?}");
    }
}

#[test]
fn a_value_at_the_cap_is_passed_on_and_a_larger_one_is_warned_about_once() {
    for (length, warnings) in [(256 << 10, 0), ((256 << 10) + 1, 1)] {
        let value = std::format!("\"{}\"", "x".repeat(length - 2));
        // Twice, and after the last delta.
        let chunk = std::format!(r#"{{"citations":{value},"choices":[]}}"#);
        let body = stream(&[&finish("stop"), &chunk, &chunk, "[DONE]"]);
        let reading = decode(&[body.as_bytes()]);
        let warned = &reading.content.warnings;
        assert_eq!(warned.len(), warnings, "{warned:?}");
        assert!(warned.iter().all(|warning| warning.contains("more than 256 KiB")), "{warned:?}");
        let handed_on = extra_json(&reading).map(|json| json.len());
        assert_eq!(handed_on, (warnings == 0).then_some(length + r#"{"citations":}"#.len()));
    }
}
