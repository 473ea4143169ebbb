use super::*;
use crate::json::fields;
use std::string::{String, ToString};
use std::{format, vec};

/// An event of OpenAI's Responses: what differs is a number, a text and padding after it.
fn event(number: &str, text: &str, padding: &str) -> String {
    format!(
        r#"{{"type":"delta","sequence_number":{number},"output_index":0,"delta":{text},"obfuscation":{padding}}}"#
    )
}

fn noted(json: &str) -> Template {
    let [number, delta, padding] =
        fields(parse(json).expect("JSON"), ["sequence_number", "delta", "obfuscation"]).expect("an object");
    let mut template = Template::default();
    let others = [number.expect("a number").get(), padding.expect("a text").get()];
    template.note(json, delta.expect("a text"), &others, None);
    template
}

fn read(template: &mut Template, json: &str) -> Option<String> {
    template.read(json.as_bytes()).map(|found| found.text.into_string_lossy().into_owned())
}

#[test]
fn values_may_differ_and_nothing_else() {
    let mut template = noted(&event("9", "\"Hel\"", "\"x\""));
    for (number, text, padding, expected) in [
        ("10", "\"lo\"", "\"\"", Some("lo")),
        ("1234567", "\"a \\\"b\\\" \\u00e9\"", "\"a\\\"b\\\\\"", Some("a \"b\" é")),
        ("0", "\"é好\"", "\"} \"", Some("é好")),
        // An empty text is no progress.
        ("10", "\"\"", "\"x\"", None),
        ("-1", "\"a\"", "\"x\"", None),
        ("", "\"a\"", "\"x\"", None),
        ("1.5", "\"a\"", "\"x\"", None),
        ("1", "null", "\"x\"", None),
        ("1", "\"a\"", "null", None),
        ("1", "\"a\",\"b\":\"c\"", "\"x\"", None),
        ("1", "\"a\\", "\"x\"", None),
        ("1", "\"a\nb\"", "\"x\"", None),
    ] {
        let json = event(number, text, padding);
        assert_eq!(read(&mut template, &json).as_deref(), expected, "{json}");
    }
    for other in [
        "",
        "{}",
        r#"{"type":"delta","sequence_number":9,"output_index":1,"delta":"a","obfuscation":"x"}"#,
        r#"{"type":"delta","sequence_number":9,"output_index":0,"delta":"a","obfuscation":"x","more":1}"#,
        r#"{"type":"delta","sequence_number":9,"output_index":0,"delta":"a","obfuscation":"x"#,
    ] {
        assert_eq!(read(&mut template, other), None, "{other}");
    }
    template.forget();
    assert_eq!(read(&mut template, &event("9", "\"Hel\"", "\"x\"")), None);
}

/// A chunk of Gemini: the counts differ, and are needed.
fn chunk(text: &str, output: &str, before: bool) -> String {
    let usage = format!(r#""usage":{{"in":12,"out":{output},"by":[{{"n":{output}}}]}}"#);
    match before {
        true => format!(r#"{{{usage},"text":"{text}","v":"g"}}"#),
        false => format!(r#"{{"v":"g","text":"{text}",{usage}}}"#),
    }
}

#[test]
fn a_part_is_found_before_and_after_the_text() {
    for before in [true, false] {
        let json = chunk("a", "7", before);
        let [usage, text] = fields(parse(&json).expect("JSON"), ["usage", "text"]).expect("an object");
        let mut template = Template::default();
        template.note(&json, text.expect("a text"), &digits(usage.expect("counts")), usage);
        for (text, output) in [("b", "8"), ("longer text", "12345"), ("c", "1")] {
            let json = chunk(text, output, before);
            let found = template.read(json.as_bytes()).expect("a repetition");
            let expected = format!(r#"{{"in":12,"out":{output},"by":[{{"n":{output}}}]}}"#);
            assert_eq!(core::str::from_utf8(found.part), Ok(expected.as_str()));
            assert_eq!(found.text.into_string_lossy(), text);
        }
        assert!(template.read(chunk("d", "x", before).as_bytes()).is_none());
    }
}

#[test]
fn a_part_without_values_is_found_too() {
    let json = r#"{"text":"a","part":[true],"end":1}"#;
    let [text, part] = fields(parse(json).expect("JSON"), ["text", "part"]).expect("an object");
    let mut template = Template::default();
    template.note(json, text.expect("a text"), &[], part);
    let found = template.read(br#"{"text":"longer","part":[true],"end":1}"#).expect("a repetition");
    assert_eq!(found.part, b"[true]");
}

#[test]
fn digits_are_found_wherever_they_stand() {
    let value = parse(r#"{"a":12,"b3":[4,-5.6],"c":"7"}"#).expect("JSON");
    assert_eq!(digits(value), vec!["12", "3", "4", "5", "6", "7"]);
    assert_eq!(digits(parse("89").expect("JSON")), vec!["89"]);
    assert_eq!(digits(parse("{}").expect("JSON")), Vec::<&str>::new());
}

#[test]
fn values_that_overlap_or_are_too_many_are_not_kept() {
    let json = r#"{"text":"a 1","n":1}"#;
    let [text, number] = fields(parse(json).expect("JSON"), ["text", "n"]).expect("an object");
    let (text, number) = (text.expect("a text"), number.expect("a number"));
    let mut template = Template::default();
    template.note(json, text, &[&text.get()[3..4], number.get()], None);
    assert_eq!(read(&mut template, json), None);
    template.note(json, text, &[number.get(); MAX_OTHERS + 1], None);
    assert_eq!(read(&mut template, json), None);
    template.note(json, text, &["elsewhere"], None);
    assert_eq!(read(&mut template, json), None);
    template.note(json, text, &[number.get()], None);
    assert_eq!(read(&mut template, json), Some("a 1".to_string()));
}

#[test]
fn a_server_that_repeats_nothing_is_given_up() {
    let mut template = Template::default();
    let texts: Vec<String> = (0..40).map(|at| format!(r#"{{"n{at}":1,"text":"a"}}"#)).collect();
    for (at, json) in texts.iter().enumerate() {
        let [text] = fields(parse(json).expect("JSON"), ["text"]).expect("an object");
        template.note(json, text.expect("a text"), &[], None);
        assert!(read(&mut template, json).is_some(), "a repetition starts the count anew: {at}");
    }
    for json in &texts {
        let [text] = fields(parse(json).expect("JSON"), ["text"]).expect("an object");
        template.note(json, text.expect("a text"), &[], None);
    }
    assert_eq!(read(&mut template, &texts[39]), None);
}
