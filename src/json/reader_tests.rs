//! Against `serde_json`, which knows the grammar as well.

use super::*;
use crate::corpora;
use crate::json::{Object, Raw, is_plain, items, parse, read, structure};
use std::string::String;

#[derive(Debug, Default)]
struct Probe<'a> {
    a: Raw<'a>,
    inner: Object<Deeper<'a>>,
}

#[derive(Debug, Default)]
struct Deeper<'a> {
    b: Raw<'a>,
}

structure!(Probe { "a" => a, "inner" => inner });
structure!(Deeper { "b" => b });

/// Whether the reader takes a text: skipped whole, filled in, and item by item must agree.
fn takes(text: &str) -> bool {
    let skipped = parse(text);
    let mut probe = Object::<Probe<'_>>::default();
    assert_eq!(read(text, &mut probe).is_some(), skipped.is_ok(), "{text:?}");
    if let Ok(raw) = skipped {
        let mut same = true;
        items(raw, &mut |item| same &= takes(item.get()));
        assert!(same, "{text:?}");
    }
    skipped.is_ok()
}

fn serde_takes(text: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

#[test]
fn the_recorded_texts_are_taken_and_refused_as_recorded() {
    let Some(root) = corpora::root() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("json/test_parsing")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // What is no UTF-8 is made so before anything is parsed.
        let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
        match name.as_bytes().first() {
            Some(b'y') => assert!(takes(&text), "{name}"),
            Some(b'n') => assert!(!takes(&text), "{name}"),
            _ => assert_eq!(takes(&text), serde_takes(&text), "{name}"),
        }
        seen += 1;
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn of_texts_made_of_pieces_the_same_are_taken() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"inner\"",
        "\"b\"",
        "\"\\u00e9\\n\"",
        "\"\\ud83d\"",
        "\"\\x\"",
        "1",
        "-0.5e+3",
        "01",
        "1.",
        "-",
        "true",
        "null",
        "nul",
        " ",
        "\n",
        "\"é",
        "\u{1}",
        "{\"a\":",
        "[1,",
        "{\"inner\":{\"b\":[1,{}]}}",
        "\\",
    ];
    let mut seed = 7_u64;
    let mut taken = 0;
    for _ in 0..60_000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            let expected = serde_takes(&text);
            assert_eq!(takes(&text), expected, "{text:?}");
            taken += usize::from(expected);
        }
    }
    assert!(taken > 1000, "{taken}");
}

#[test]
fn a_flaw_is_where_the_text_stops_to_be_json() {
    for (text, line, column, at_end) in [
        ("", 1, 0, true),
        ("{\"a\":1", 1, 6, true),
        ("{} x", 1, 4, false),
        ("[1,\n2,\n x]", 3, 2, false),
        ("\"a\nb\"", 2, 0, false),
        ("nul", 1, 3, true),
        ("[1,]", 1, 4, false),
    ] {
        assert_eq!(parse(text).err(), Some(Flaw { line, column, at_end }), "{text:?}");
    }
}

#[test]
fn depth_and_length_cost_linear_time_and_no_stack() {
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    assert!(parse(&deep).is_ok());
    let objects = "{\"a\":".repeat(200_000) + "1" + &"}".repeat(200_000);
    let mut probe = Object::<Probe<'_>>::default();
    read(&objects, &mut probe).unwrap();
    assert!(probe.0.unwrap().a.is_some());
    let long = "\"".to_owned() + &"\\\\a".repeat(500_000) + "\"";
    assert!(parse(&long).is_ok());
}

#[test]
fn values_are_borrowed_and_not_copied() {
    let mut probe = Object::<Probe<'_>>::default();
    read(" { \"a\" : [ 1 , 2 ] , \"inner\" : { \"b\" : \"x\" } , \"c\" : { } } ", &mut probe).unwrap();
    let probe = probe.0.unwrap();
    assert_eq!(probe.a.map(RawValue::get), Some("[ 1 , 2 ]"));
    assert_eq!(probe.inner.0.unwrap().b.map(RawValue::get), Some("\"x\""));
}

#[test]
fn a_run_of_plain_text_ends_at_the_first_byte_that_may_not_stand_in_a_string() {
    for end in [b'"', b'\\', 0, 1, 0x1F] {
        for at in 0..20 {
            for other in [b' ', b'!', b'#', b'[', b']', 0x7F, 0x80, 0xFF] {
                let mut bytes = [other; 24];
                assert!(is_plain(&bytes));
                bytes[at..].fill(end);
                assert_eq!(plain(&bytes), at, "{end} after {other}");
                bytes[at + 1..].fill(other);
                assert_eq!(plain(&bytes), at, "{end} between {other}");
            }
        }
    }
}
